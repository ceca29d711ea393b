// What the platform gives to every program: timers, texts and bytes, copies, random numbers.
import { ask, askJson, bufferOf } from './bridge.mjs';
import { Buffer, decode, encode } from './buffer.mjs';

const LONGEST_MS = 2 ** 31 - 1;
/** In the place of a time: as soon as what is going on has ended. */
const SOON = 0;
const waiting = new Map();

/** One timer that was set. */
class Timeout {
  #id;
  #again;
  #action;
  #keeps = true;

  constructor(action, { ms, again }) {
    this.#action = action;
    this.#again = again;
    const isTime = Number.isFinite(ms) && ms >= 1 && ms <= LONGEST_MS;
    this.ms = isTime || ms === SOON ? ms : 1;
    this.#start();
  }
  #start() {
    this.#id = ask('timer', String(this.ms));
    waiting.set(this.#id, this);
    if (!this.#keeps) ask('release', this.#id);
  }
  fire() {
    waiting.delete(this.#id);
    if (this.#again) this.#start();
    this.#action();
  }
  stop() {
    this.#again = false;
    waiting.delete(this.#id);
    ask('clear', this.#id);
  }
  refresh() {
    ask('clear', this.#id);
    waiting.delete(this.#id);
    this.#start();
    return this;
  }
  ref() {
    this.#keeps = true;
    ask('hold', this.#id);
    return this;
  }
  unref() {
    this.#keeps = false;
    ask('release', this.#id);
    return this;
  }
  hasRef() {
    return this.#keeps;
  }
  get id() {
    return this.#id;
  }
  [Symbol.toPrimitive]() {
    return Number(this.#id);
  }
  [Symbol.dispose]() {
    this.stop();
  }
}

function set(action, ms, { again = false, args }) {
  if (typeof action !== 'function') throw new TypeError('a timer needs a function');
  return new Timeout(() => action(...args), { ms, again });
}

function clear(timer) {
  if (timer instanceof Timeout) timer.stop();
  else waiting.get(String(timer))?.stop();
}

/** A timer that the host says is over. */
export function fire(id) {
  waiting.get(id)?.fire();
}

class TextEncoder {
  encoding = 'utf-8';
  encode(text = '') {
    return new Uint8Array(encode(String(text), 'utf8'));
  }
  encodeInto(text, target) {
    const bytes = this.encode(text).subarray(0, target.length);
    target.set(bytes);
    return { read: decode(bytes, 'utf8').length, written: bytes.length };
  }
}

class TextDecoder {
  #options;
  constructor(encoding = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
    askJson('decode', { encoding, fatal, ignoreBOM });
    this.#options = { encoding, fatal, ignoreBOM };
    Object.assign(this, { encoding: String(encoding).toLowerCase(), fatal, ignoreBOM });
  }
  decode(bytes = new Uint8Array()) {
    return askJson('decode', this.#options, bufferOf(bytes));
  }
}

function refuseClone(value) {
  throw new DOMException(`${String(value)} could not be cloned.`, 'DataCloneError');
}

/** How the classes are copied that hold nothing else: each gives the copy. */
const COPIES = [
  [Date, (value) => new Date(value.getTime())],
  [RegExp, (value) => new RegExp(value.source, value.flags)],
  [ArrayBuffer, (value) => value.slice(0)],
  [Promise, refuseClone],
  [WeakMap, refuseClone],
  [WeakSet, refuseClone],
  [Error, cloneError],
];

function cloneError(value) {
  const copy = Object.create(Object.getPrototypeOf(value));
  for (const key of ['name', 'message', 'stack', 'cause']) {
    const its = { value: value[key], writable: true, configurable: true };
    if (key in value) Object.defineProperty(copy, key, its);
  }
  return copy;
}

function cloneView(value) {
  const Class = value instanceof Buffer ? Uint8Array : value.constructor;
  const { buffer, byteOffset, byteLength } = value;
  return new Class(buffer.slice(byteOffset, byteOffset + byteLength));
}

function cloneObject(value, seen) {
  const keep = (copy) => {
    seen.set(value, copy);
    return copy;
  };
  const known = COPIES.find(([Class]) => value instanceof Class);
  if (known) return keep(known[1](value));
  if (ArrayBuffer.isView(value)) return keep(cloneView(value));
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, its] of value) copy.set(clone(key, seen), clone(its, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const one of value) copy.add(clone(one, seen));
    return copy;
  }
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
  return copy;
}

function clone(value, seen) {
  if (typeof value === 'function' || typeof value === 'symbol') return refuseClone(value);
  if (value === null || typeof value !== 'object') return value;
  return seen.has(value) ? seen.get(value) : cloneObject(value, seen);
}

/** Fills a typed array with random bytes. */
function getRandomValues(array) {
  const bytes = ask('random', String(array.byteLength));
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(new Uint8Array(bytes));
  return array;
}

/** A version 4 UUID. */
function randomUUID() {
  const bytes = getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = decode(bytes, 'hex');
  const ends = [8, 12, 16, 20];
  return [0, ...ends].map((start, at) => hex.slice(start, ends[at])).join('-');
}

function btoa(text) {
  if ([...String(text)].some((char) => char > '\u00ff')) {
    throw new DOMException('Invalid character', 'InvalidCharacterError');
  }
  return decode(encode(String(text), 'latin1'), 'base64');
}

/** Names of the platform. */
export const web = {
  setTimeout: (action, ms, ...args) => set(action, Number(ms) || 1, { args }),
  setInterval: (action, ms, ...args) => set(action, Number(ms) || 1, { args, again: true }),
  setImmediate: (action, ...args) => set(action, SOON, { args }),
  ...{ clearTimeout: clear, clearInterval: clear, clearImmediate: clear },
  ...{ TextEncoder, TextDecoder, btoa },
  atob: (text) => decode(encode(String(text).replace(/\s/g, ''), 'base64'), 'latin1'),
  structuredClone: (value) => clone(value, new Map()),
  crypto: { getRandomValues, randomUUID },
};
