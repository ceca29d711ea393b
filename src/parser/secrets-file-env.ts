import { badFile, type FileSecret } from './secrets-file.ts';

/** Larger files are none that a person has written. */
const MAX_BYTES = 1024 * 1024;
const LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/;

/**
 * Reads a `.env` file (spec, capabilities 1.8): lines NAME=value, `#` begins a comment, quotes around
 * a value are taken away and may go over several lines. Nothing is expanded or unescaped; of two
 * values of one name the later one counts, and an empty one counts as none. Throws `secret/bad-file`
 * with the line and never with what is written there.
 */
export function parseEnvFile(input: Uint8Array, path: string): Map<string, FileSecret> {
  const lines = linesOf(input, path);
  const found = new Map<string, FileSecret>();
  for (let at = 0; at < lines.length; at++) {
    const place = `${path}:${at + 1}`;
    const line = lines[at] ?? '';
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, begun = ''] = LINE.exec(line) ?? [];
    if (name === undefined) throw badFile(place, 'this is no line NAME=value');
    const { text, last } = readValue(lines, { at, begun, place });
    if (text === '') found.delete(name);
    else found.set(name, { text, place });
    at = last;
  }
  return found;
}

function linesOf(input: Uint8Array, path: string): string[] {
  if (input.length > MAX_BYTES) throw badFile(path, 'the file is larger than 1 MiB');
  if (input.includes(0)) throw badFile(path, 'the file is no text');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(input).split(/\r?\n/);
  } catch {
    throw badFile(path, 'the file is not UTF-8');
  }
}

interface Begun {
  /** Line of the name. */
  at: number;
  /** What stands behind the `=`. */
  begun: string;
  place: string;
}

/** A value, and the last line that belongs to it. */
function readValue(
  lines: readonly string[],
  { at, begun, place }: Begun,
): { text: string; last: number } {
  const quote = begun[0];
  if (quote !== '"' && quote !== "'") return { text: withoutComment(begun), last: at };
  const parts: string[] = [];
  for (let last = at; last < lines.length; last++) {
    const part = last === at ? begun.slice(1) : (lines[last] ?? '');
    const end = part.indexOf(quote);
    if (end < 0) {
      parts.push(part);
      continue;
    }
    if (!/^\s*(?:#.*)?$/.test(part.slice(end + 1))) {
      throw badFile(place, 'there is text behind the closing quote');
    }
    return { text: [...parts, part.slice(0, end)].join('\n'), last };
  }
  throw badFile(place, 'the quote is not closed');
}

/** A `#` with a space before it begins a comment; one inside of a value does not. */
function withoutComment(text: string): string {
  return text.replace(/(?:^|\s)#.*$/, '').trim();
}
