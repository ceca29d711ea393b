/** A word of a Python text, as far as declarations need to be told apart. */
export interface PythonToken {
  kind: 'name' | 'number' | 'string' | 'op';
  text: string;
  /** What a string holds; undefined for one that is worked out when the program runs. */
  value?: string | undefined;
  /** Offsets in the text, in UTF-16 units; `to` is behind the last one. */
  from: number;
  to: number;
}

const SPACE = /[ \t\f\r]+|\\\r?\n|#[^\n]*/y;
const STRING = /([rbuf]{0,2})('''|"""|'|")/iy;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /\d[\w.]*/y;
const OPENING = '([{';
const CLOSING = ')]}';
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };

/**
 * The words of a Python text by logical lines, comments left out: a line ends where no bracket is
 * open. It never fails: what is no Python gives words that mean nothing.
 */
export function pythonLines(text: string): PythonToken[][] {
  const lines: PythonToken[][] = [];
  let line: PythonToken[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    if (text[at] === '\n') {
      at += 1;
      if (depth === 0 && line.length > 0) {
        lines.push(line);
        line = [];
      }
      continue;
    }
    const space = match(SPACE, text, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = tokenAt(text, at);
    if (OPENING.includes(token.text)) depth += 1;
    if (CLOSING.includes(token.text)) depth = Math.max(0, depth - 1);
    line.push(token);
    at = token.to;
  }
  if (line.length > 0) lines.push(line);
  return lines;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function tokenAt(text: string, at: number): PythonToken {
  const opening = match(STRING, text, at);
  if (opening !== undefined) return stringAt(text, at, opening);
  const name = match(NAME, text, at);
  if (name !== undefined) return { kind: 'name', text: name, from: at, to: at + name.length };
  const number = match(NUMBER, text, at);
  if (number !== undefined)
    return { kind: 'number', text: number, from: at, to: at + number.length };
  const two = text.slice(at, at + 2);
  const op = two === '->' || two === '**' || two === '==' ? two : text.charAt(at);
  return { kind: 'op', text: op, from: at, to: at + op.length };
}

function stringAt(text: string, from: number, opening: string): PythonToken {
  const quote = opening.endsWith(opening.slice(-1).repeat(3))
    ? opening.slice(-3)
    : opening.slice(-1);
  const start = from + opening.length;
  let end = start;
  while (end < text.length && !text.startsWith(quote, end)) {
    // A single line that is not closed ends with its line, as it does for Python's own reader.
    if (quote.length === 1 && text[end] === '\n') break;
    end += text[end] === '\\' ? 2 : 1;
  }
  end = Math.min(end, text.length);
  const prefix = opening.slice(0, -quote.length).toLowerCase();
  const to = text.startsWith(quote, end) ? end + quote.length : end;
  const value = prefix.includes('f') || prefix.includes('b') ? undefined : text.slice(start, end);
  const raw = prefix.includes('r');
  return {
    kind: 'string',
    text: text.slice(from, to),
    value: value === undefined || raw ? value : unescaped(value),
    from,
    to,
  };
}

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-f]{4}|x[0-9a-f]{2}|[\s\S])/gi, (whole, code: string) => {
    if (/^[ux]./i.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return ESCAPES[code] ?? (/[\\'"]/.test(code) ? code : whole);
  });
}

/** Words between commas that are in no bracket. */
export function splitWords(
  words: readonly PythonToken[],
  separator = ',',
): (readonly PythonToken[])[] {
  const parts: PythonToken[][] = [[]];
  let depth = 0;
  for (const word of words) {
    if (word.kind === 'op' && OPENING.includes(word.text)) depth += 1;
    if (word.kind === 'op' && CLOSING.includes(word.text)) depth -= 1;
    if (depth === 0 && word.kind === 'op' && word.text === separator) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts.filter((part, index) => part.length > 0 || index < parts.length - 1);
}

/** The words inside the bracket that opens at `at`; up to the end when it is not closed. */
export function insideBracket(words: readonly PythonToken[], at: number): readonly PythonToken[] {
  let depth = 0;
  for (let index = at; index < words.length; index += 1) {
    const { kind, text = '' } = words[index] ?? { kind: 'op' };
    if (kind !== 'op') continue;
    if (OPENING.includes(text)) depth += 1;
    if (CLOSING.includes(text)) depth -= 1;
    if (depth === 0) return words.slice(at + 1, index);
  }
  return words.slice(at + 1);
}
