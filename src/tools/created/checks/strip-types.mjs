/**
 * Takes the types out of a program: reads it as JSON text on standard input, prints `{code}` or
 * `{problem}`. In a process of its own, since a program that nests too deep breaks whatever strips it
 * for all that come after.
 */
import { stripTypeScriptTypes } from 'node:module';

let text = '';
process.stdin.setEncoding('utf8');
for await (const part of process.stdin) text += part;
process.stdout.write(`${JSON.stringify(answerTo(JSON.parse(text)))}\n`);

function answerTo(source) {
  try {
    return { code: stripTypeScriptTypes(source, { mode: 'strip' }) };
  } catch (error) {
    if (error?.code === 'ERR_INTERNAL_ASSERTION') {
      return { problem: 'too many parts are in each other' };
    }
    return { problem: String(error?.message ?? error).slice(0, 500), ...placeOf(error) };
  }
}

/** The stack of such an error begins with the line, what stands there, and marks below it. */
function placeOf(error) {
  const [head, ...shown] = String(error?.stack).split('\n\nSyntaxError')[0].split('\n');
  const line = Number(/^:(\d+)$/.exec(head)?.[1]);
  if (!(line > 0)) return {};
  const marks = shown.find((text) => /^\s*\^+$/.test(text));
  return { line, ...(marks && { column: marks.indexOf('^') + 1 }) };
}
