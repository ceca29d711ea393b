import type { Language } from '../../events/plan.ts';

const PROGRAM = /blob:null\/[0-9a-f-]{36}/g;
const OUR_FRAME = /\n\s+at [^\n]*(?:ext:[\w/]+|\/deno\/[\w-]+\.mjs)[^\n]*/g;
/** What V8 says of its own inside when its heap is full. */
const STACK_OF_C = /\n==== C stack trace =+\n[\s\S]*$/;

/** What Deno itself says of a program, under the program's name and without frames of ours. */
export function trimReport(stderr: string, language: Language): string {
  if (language === 'python') return stderr;
  const name = language === 'typescript' ? 'program.mts' : 'program.mjs';
  return stderr.replace(PROGRAM, name).replace(OUR_FRAME, '').replace(STACK_OF_C, '\n');
}
