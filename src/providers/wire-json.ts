import { isObject, type JsonObject } from '../base/json.ts';
import { isSoundUsage } from './usage.ts';

/** JSON of a service, checked. */
export interface WireJson {
  /** The value, without usage figures that are none. */
  value: unknown;
  /** The text of `value`. */
  text: string;
}

/** Levels of nesting; what is deeper can be read, but not printed or checked. */
const DEEPEST = 64;

/** Figures that some services print although JSON has no such numbers; only outside of strings. */
const NO_NUMBER = /("\w+_tokens"\s*:\s*)(?:NaN|-?Infinity)/g;

/**
 * Reads JSON that a service sent; undefined when it is none or deeper than 64 levels. The SDK gives up a whole answer
 * over one odd usage figure, so those are taken out first: usage is then simply missing.
 */
export function readWireJson(text: string): WireJson | undefined {
  const read = parsed(text) ?? parsed(text.replace(NO_NUMBER, '$1null'));
  if (!read || isDeep(read.value, DEEPEST)) return undefined;
  if (!isObject(read.value)) return read;
  const value = withoutOddUsage(read.value);
  return value === read.value ? read : { value, text: JSON.stringify(value) };
}

/** Where the events of some APIs hold the usage: in the answer as far as it is there. */
const HOLDERS = ['response', 'message'];

/** What APIs whose events say their type want in any case; nobody takes it for a count. */
const NO_FIGURES = { input_tokens: 0, output_tokens: 0 };

/** The same object when there is nothing to take out. */
function withoutOddUsage(fields: JsonObject): JsonObject {
  const usage = typeof fields.type === 'string' ? NO_FIGURES : null;
  const changed: JsonObject = isSoundUsage(fields.usage) ? {} : { usage };
  for (const name of HOLDERS) {
    const inner = fields[name];
    if (isObject(inner) && !isSoundUsage(inner.usage)) changed[name] = { ...inner, usage };
  }
  return Object.keys(changed).length === 0 ? fields : { ...fields, ...changed };
}

function isDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeep(inner, levels - 1));
}

function parsed(text: string): WireJson | undefined {
  try {
    return { value: JSON.parse(text), text };
  } catch {
    return undefined;
  }
}

const LINE_END = 10;
const DATA = /^data:\s*/;
/** A line of its own; in a piece of an answer these letters stand inside of a longer one. */
const END = /^data:[ \t]*\[DONE\][ \t]*\r?$/m;

/**
 * Cuts a stream of events into whole lines, so that usage figures in it can be checked. Lines
 * that have none pass as they came, unread.
 */
export class EventLines {
  readonly #check: (lines: Uint8Array) => void;
  #held: Uint8Array[] = [];
  #ended = false;

  /** `check` sees all lines before anything is done with them, and may throw. */
  constructor(check: (lines: Uint8Array) => void = () => {}) {
    this.#check = check;
  }

  /** Whether the line that ends streams of chat completions was among them. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The whole lines that are there with this piece; undefined when it ends none. */
  push(piece: Uint8Array): Uint8Array | undefined {
    const end = piece.lastIndexOf(LINE_END) + 1;
    if (end === 0) {
      this.#held.push(piece);
      return undefined;
    }
    const lines = this.#joinedWith(piece.subarray(0, end));
    if (end < piece.length) this.#held.push(piece.subarray(end));
    return this.#sound(lines);
  }

  /** What is left at the end of the stream. */
  rest(): Uint8Array {
    return this.#sound(this.#joinedWith(new Uint8Array(0)));
  }

  #sound(lines: Uint8Array): Uint8Array {
    this.#check(lines);
    const buffer = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
    this.#ended ||= buffer.includes('[DONE]') && END.test(buffer.toString('latin1'));
    return soundLines(lines);
  }

  #joinedWith(last: Uint8Array): Uint8Array {
    if (this.#held.length === 0) return last;
    const all = Buffer.concat([...this.#held, last]);
    this.#held = [];
    return all;
  }
}

function soundLines(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.includes('"usage"')) return bytes;
  const lines = buffer.toString('utf8').split('\n').map(soundLine);
  return Buffer.from(lines.join('\n'), 'utf8');
}

function soundLine(line: string): string {
  if (!line.includes('"usage"') || !DATA.test(line)) return line;
  const json = readWireJson(line.replace(DATA, ''));
  return json ? `data: ${json.text}` : line;
}
