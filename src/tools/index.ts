import type { Tool } from '../ports/tool.ts';
import { arithmeticTools } from './arithmetic.ts';
import { boardTools } from './board.ts';
import { chartRender } from './chart-render.ts';
import { codeExecute } from './code-execute.ts';
import { codeSolve } from './code-solve.ts';
import { dataQuery } from './data-query.ts';
import { digestFetch } from './digest-fetch.ts';
import { fileDelete } from './file-delete.ts';
import { fileList } from './file-list.ts';
import { fileRead } from './file-read.ts';
import { fileWrite } from './file-write.ts';
import { httpRequest } from './http-request.ts';
import { pipInstall } from './pip-install.ts';
import { repoFact } from './repo-fact.ts';
import { shellTools } from './shell.ts';
import { creationTools } from './tools-create.ts';
import { webSearch } from './web-search.ts';

/** The tools that come with the program, in the order in which prompts list them. */
export const builtinTools: readonly Tool[] = [
  codeExecute,
  codeSolve,
  ...shellTools,
  pipInstall,
  fileRead,
  fileWrite,
  fileList,
  fileDelete,
  ...arithmeticTools,
  dataQuery,
  chartRender,
  httpRequest,
  webSearch,
  repoFact,
  ...boardTools,
  digestFetch,
  ...creationTools,
];
