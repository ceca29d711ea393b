/** Where a piece of text begins in an event of the usual form. */
const STARTS = ['"delta":{"content":"', '"delta":{"role":"assistant","content":"'];
const CONTENT = '"content":"';
const BETWEEN = '\n\n';

/** An event with one piece of text in it: what stands before, the piece as it is written, what stands after. */
interface Cut {
  before: string;
  piece: string;
  after: string;
}

/**
 * The same events, but neighbours that differ in nothing but their piece of text are one, with both
 * pieces: what comes in together need not be unpacked, checked and handed on piece by piece. What is
 * not of OpenAI's form in every letter stays as it came.
 */
export function joinPieces(bytes: Uint8Array): Uint8Array {
  // One letter for each byte: nothing changes on the way there and back.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const events = text.split(BETWEEN);
  // What follows the last gap is no event, and one alone has no neighbour.
  if (events.length < 3) return bytes;
  const joined: string[] = [];
  let last: Cut | undefined;
  for (const event of events) {
    const next = cutOf(event);
    if (last && next && last.before === next.before && last.after === next.after) {
      last.piece += next.piece;
      continue;
    }
    if (last) joined.push(last.before + last.piece + last.after);
    if (!next) joined.push(event);
    last = next;
  }
  if (last) joined.push(last.before + last.piece + last.after);
  return joined.length === events.length ? bytes : Buffer.from(joined.join(BETWEEN), 'latin1');
}

/** Undefined unless the event is one line, and its text all that is new in it. */
function cutOf(event: string): Cut | undefined {
  const start = event.indexOf(CONTENT) + CONTENT.length;
  if (start < CONTENT.length || !event.startsWith('data: {') || event.includes('\n'))
    return undefined;
  if (!STARTS.some((one) => event.endsWith(one, start)) || event.includes(CONTENT, start)) {
    return undefined;
  }
  const end = endOfString(event, start);
  if (end < 0 || event[end + 1] !== '}') return undefined;
  return { before: event.slice(0, start), piece: event.slice(start, end), after: event.slice(end) };
}

/** The quote that ends a JSON string; -1 when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}
