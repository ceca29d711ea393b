/** Node's own report of an uncaught error begins with a place in Node's sources. */
const NODE_PLACE = /^node:[\w/]+:\d+\n[^\n]*\n\s*\^\n\n?/gm;
/** A triggerUncaughtException header has one line more. */
const RAISED = /^node:[\w/]+:\d+\n\s*triggerUncaughtException\(\n\s*\^\n\n?/gm;
const FOREIGN_FRAME = /\n\s+at [^\n]*(?:\bnode:[\w/]+:\d|\/\[eval1\]:)[^\n]*/g;
const VERSION = /\nNode\.js v[\d.]+\n*$/;

/**
 * Error output of a JavaScript program without the frames of Node and of our runner, so that the
 * first place it names is the user's own. Text that has none of them comes back as it is.
 */
export function trimTrace(stderr: string): string {
  return stderr
    .replace(RAISED, '')
    .replace(NODE_PLACE, '')
    .replace(FOREIGN_FRAME, (frame) => (frame.endsWith(' {') ? ' {' : ''))
    .replace(VERSION, '\n');
}
