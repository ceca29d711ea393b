/** Where and why a program could not be read (spec, capabilities 2.2). */
export interface SyntaxProblem {
  /** From 1. */
  line?: number;
  /** From 1, as the language marked it. */
  col?: number;
  /** The error in one line. */
  msg: string;
  /** The line as it stands in the program. */
  offending_line?: string;
  /** What to look for. */
  hint: string;
}

const SYNTAX_ERROR = /^(?:Uncaught )?(?:SyntaxError|IndentationError|TabError)\b/;
/** Frames of Python that raise such an error while a program runs. */
const PYTHON_READS_CODE = /\b(?:literal_eval|eval|exec|compile)\(/;
/** A frame of Node that is not of its loader: the program was running. */
const NODE_FRAME = /^\s+at (?!.*node:)/m;
const PYTHON_PLACE = /^\s*File .*, line (\d+)\n([^\n]*)\n([ \t]*)\^/gm;
const PYTHON_LINE = /^\s*File .*, line (\d+)/gm;
/** Of TypeScript, lines before it may be shown as well. */
const NODE_PLACE =
  /^(?!node:|\s*at )[^\n]*:(\d+)(?::\d+)?[ \t]*\n(?:[^\n]*\n){0,3}?([^\n]*)\n([ \t]*)\^/m;
const NODE_LINE = /^(?!node:|\s*at ).*:(\d+)(?::\d+)?\s*$/m;

const HINTS: readonly [RegExp, string][] = [
  [/was never closed|unexpected EOF|Unexpected end of input/, 'close every bracket that is opened'],
  [
    /unterminated|EOL while scanning|Invalid or unexpected token/,
    'close the text in the line in which it begins; one over several lines needs """ or `',
  ],
  [/IndentationError|TabError|indent/, 'indent a block by four spaces, always the same'],
  [/already been declared/, 'give the second one another name, or leave its let or const out'],
  [
    /does not provide an export named/,
    'the module has no such export: import it as a whole and look at what it has',
  ],
  [/ERR_UNSUPPORTED_TYPESCRIPT|strip-only/, 'types are only stripped: no enum, no namespace'],
  [/await is only valid|'await' outside/, 'await is only allowed in an async function here'],
];
const LOOK_AROUND = 'look at this line and at the end of the one before it';

/** Set when a program was never started; data that cannot be parsed raises the same errors. */
export function syntaxProblem(
  stderr: string,
  message: string,
  code: string,
): SyntaxProblem | undefined {
  if (!SYNTAX_ERROR.test(message)) return undefined;
  if (NODE_FRAME.test(stderr) || PYTHON_READS_CODE.test(stderr)) return undefined;
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1] ?? LOOK_AROUND;
  const place = [...stderr.matchAll(PYTHON_PLACE)].at(-1) ?? NODE_PLACE.exec(stderr);
  const bare = place ?? [...stderr.matchAll(PYTHON_LINE)].at(-1) ?? NODE_LINE.exec(stderr);
  if (!bare) return { msg: message, hint };
  const line = Number(bare[1]);
  const text = code.split(/\r\n|\r|\n/)[line - 1];
  if (text === undefined) return { line, msg: message, hint };
  const col = place && column(text, place[2] ?? '', place[3] ?? '');
  return { line, ...(col && { col }), msg: message, offending_line: text.slice(0, 500), hint };
}

/** Python shows a line with another indentation than it has; the mark stands below what is shown. */
function column(text: string, shown: string, before: string): number | undefined {
  const moved = indentation(shown) - indentation(text);
  const col = before.length - moved + 1;
  return shown.trim() === text.trim() && col >= 1 ? col : undefined;
}

function indentation(text: string): number {
  return text.length - text.trimStart().length;
}
