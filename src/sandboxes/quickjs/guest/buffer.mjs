// `Buffer`, as far as programs that compute need it.
import { ask, bufferOf } from './bridge.mjs';
import { CUSTOM } from './inspect.mjs';

const ENCODINGS = ['utf8', 'utf-8', 'hex', 'base64', 'base64url', 'ascii', 'latin1', 'binary'];
const WIDE = ['utf16le', 'utf-16le', 'ucs2', 'ucs-2'];
const SHOWN = 50;

function known(encoding = 'utf8') {
  const name = String(encoding).toLowerCase();
  if (ENCODINGS.includes(name) || WIDE.includes(name)) return name;
  throw Object.assign(new TypeError(`Unknown encoding: ${encoding}`), {
    code: 'ERR_UNKNOWN_ENCODING',
  });
}

/** The bytes of a text. */
export function encode(text, encoding) {
  return ask('bytes', `${known(encoding)}\n${text}`);
}

/** The text of bytes. */
export function decode(bytes, encoding) {
  return ask('text', known(encoding), bufferOf(bytes));
}

function fromValue(value, encoding, length) {
  if (typeof value === 'string') return new Buffer(encode(value, encoding));
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Buffer(value, encoding, length);
  }
  if (value?.type === 'Buffer' && Array.isArray(value.data)) return new Buffer(value.data);
  if (value !== null && typeof value === 'object') return new Buffer(value);
  throw Object.assign(
    new TypeError(`Buffer.from cannot take ${value === null ? null : typeof value}`),
    {
      code: 'ERR_INVALID_ARG_TYPE',
    },
  );
}

/** Bytes with the ways of Node's `Buffer`. */
export class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    return fromValue(value, encoding, length);
  }
  static alloc(size, fill = 0, encoding = 'utf8') {
    const buffer = new Buffer(size);
    return fill === 0 ? buffer : buffer.fill(fill, 0, { encoding });
  }
  static allocUnsafe(size) {
    return new Buffer(size);
  }
  static isBuffer(value) {
    return value instanceof Buffer;
  }
  static isEncoding(name) {
    return [...ENCODINGS, ...WIDE].includes(String(name).toLowerCase());
  }
  static byteLength(value, encoding) {
    return typeof value === 'string' ? encode(value, encoding).byteLength : value.byteLength;
  }
  static compare(one, other) {
    const length = Math.min(one.length, other.length);
    for (let at = 0; at < length; at++)
      if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
    return Math.sign(one.length - other.length);
  }
  static concat(list, total = list.reduce((sum, { length }) => sum + length, 0)) {
    const joined = new Buffer(total);
    let at = 0;
    for (const part of list) {
      joined.set(part.subarray(0, Math.max(0, total - at)), at);
      at += part.length;
    }
    return joined;
  }

  toString(encoding, start = 0, end = this.length) {
    return decode(this.subarray(start, end), encoding);
  }
  toJSON() {
    return { type: 'Buffer', data: Array.from(this) };
  }
  equals(other) {
    return Buffer.compare(this, other) === 0;
  }
  compare(other) {
    return Buffer.compare(this, other);
  }
  slice(start, end) {
    return this.subarray(start, end);
  }
  copy(target, at = 0, start = 0) {
    const part = this.subarray(start, start + Math.max(0, target.length - at));
    target.set(part, at);
    return part.length;
  }
  write(text, at = 0, encoding = 'utf8') {
    const bytes = new Uint8Array(encode(text, encoding)).subarray(0, this.length - at);
    this.set(bytes, at);
    return bytes.length;
  }
  fill(value, start = 0, end = this.length) {
    const stop = typeof end === 'number' ? end : this.length;
    if (typeof value !== 'string') return super.fill(value, start, stop);
    const bytes = new Uint8Array(encode(value, end.encoding));
    for (let at = start; at < stop && bytes.length > 0; at++)
      this[at] = bytes[(at - start) % bytes.length];
    return this;
  }
  indexOf(value, from = 0, encoding = 'utf8') {
    if (typeof value === 'number') return super.indexOf(value, from);
    const wanted = typeof value === 'string' ? new Uint8Array(encode(value, encoding)) : value;
    for (let at = from; at <= this.length - wanted.length; at++) {
      if (wanted.every((byte, index) => this[at + index] === byte)) return at;
    }
    return -1;
  }
  includes(value, from, encoding) {
    return this.indexOf(value, from, encoding) >= 0;
  }
  [CUSTOM]() {
    const bytes = Array.from(this.subarray(0, SHOWN), (byte) => byte.toString(16).padStart(2, '0'));
    const more = this.length - SHOWN;
    const rest = more > 0 ? ` ... ${more} more byte${more > 1 ? 's' : ''}` : '';
    return `<Buffer${bytes.map((byte) => ` ${byte}`).join('')}${rest}>`;
  }
}

/** The numbers that `read...` and `write...` know: Node's name, that of DataView, bytes, byte orders. */
const NUMBERS = [
  ['UInt8', 'Uint8', 1],
  ['Int8', 'Int8', 1],
  ...['LE', 'BE'].flatMap((order) => [
    [`UInt16${order}`, 'Uint16', 2],
    [`Int16${order}`, 'Int16', 2],
    [`UInt32${order}`, 'Uint32', 4],
    [`Int32${order}`, 'Int32', 4],
    [`BigUInt64${order}`, 'BigUint64', 8],
    [`BigInt64${order}`, 'BigInt64', 8],
    [`Float${order}`, 'Float32', 4],
    [`Double${order}`, 'Float64', 8],
  ]),
];

function define(name, method) {
  Object.defineProperty(Buffer.prototype, name, {
    value: method,
    writable: true,
    configurable: true,
  });
}

for (const [name, kind, size] of NUMBERS) {
  const isLittle = name.endsWith('LE');
  const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  function read(at = 0) {
    return view(this)[`get${kind}`](at, isLittle);
  }
  function write(value, at = 0) {
    view(this)[`set${kind}`](at, value, isLittle);
    return at + size;
  }
  for (const word of [name, name.replace('UInt', 'Uint')]) {
    define(`read${word}`, read);
    define(`write${word}`, write);
  }
}
