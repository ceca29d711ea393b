import type { Tool } from '../ports/tool.ts';
import { arithmeticTools } from './arithmetic.ts';
import { codeExecute } from './code-execute.ts';
import { fileList } from './file-list.ts';
import { fileRead } from './file-read.ts';
import { fileWrite } from './file-write.ts';

/** The tools that come with the program, in the order in which prompts list them. */
export const builtinTools: readonly Tool[] = [
  codeExecute,
  fileRead,
  fileWrite,
  fileList,
  ...arithmeticTools,
];
