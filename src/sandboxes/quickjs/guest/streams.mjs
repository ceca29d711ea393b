// The few streams that programs use: to read or write a file piece by piece, and standard input.

import { EventEmitter } from './events.mjs';
import { core } from './fs-core.mjs';

const PIECE_BYTES = 65_536;

/** Reads a file; an async iterable of its pieces, and an emitter of `data`, `end` and `close`. */
export class ReadStream extends EventEmitter {
  #source;
  #encoding;
  #flowing = false;

  constructor(source, options) {
    super();
    this.#source = source;
    this.#encoding = typeof options === 'string' ? options : options?.encoding;
    this.path = source;
  }
  setEncoding(encoding) {
    this.#encoding = encoding;
    return this;
  }
  async *[Symbol.asyncIterator]() {
    const isNumber = typeof this.#source === 'number';
    const fd = isNumber ? this.#source : core.open(this.#source, 'r');
    const decoder = this.#encoding && new TextDecoderOfPieces(this.#encoding);
    try {
      for (;;) {
        const piece = Buffer.alloc(PIECE_BYTES);
        const got = core.read(fd, piece);
        if (got === 0) break;
        const bytes = piece.subarray(0, got);
        yield decoder ? decoder.add(bytes) : bytes;
      }
      const rest = decoder?.end() ?? '';
      if (rest !== '') yield rest;
    } finally {
      if (!isNumber) core.close(fd);
    }
  }
  on(name, listener) {
    super.on(name, listener);
    if (name === 'data' && !this.#flowing) {
      this.#flowing = true;
      setImmediate(() => this.#flow());
    }
    return this;
  }
  async #flow() {
    try {
      for await (const piece of this) this.emit('data', piece);
      this.emit('end');
      this.emit('close');
    } catch (error) {
      this.emit('error', error);
    }
  }
  pipe(target) {
    this.on('data', (piece) => target.write(piece));
    this.on('end', () => target.end());
    return target;
  }
  resume() {
    return this;
  }
  destroy() {
    return this;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
}

/** A character may be cut by the end of a piece: what is not whole waits for the next. */
class TextDecoderOfPieces {
  #encoding;
  #rest = Buffer.alloc(0);

  constructor(encoding) {
    this.#encoding = encoding;
  }
  add(bytes) {
    const joined = Buffer.concat([this.#rest, bytes]);
    const end = /^utf-?8$/i.test(this.#encoding) ? wholeEnd(joined) : joined.length;
    this.#rest = joined.subarray(end);
    return joined.toString(this.#encoding, 0, end);
  }
  end() {
    return this.#rest.toString(this.#encoding);
  }
}

function wholeEnd(bytes) {
  let at = bytes.length - 1;
  while (at >= 0 && at > bytes.length - 4 && (bytes[at] & 0xc0) === 0x80) at -= 1;
  const lead = bytes[at] ?? 0;
  const needs = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return bytes.length - at < needs ? at : bytes.length;
}

/** Writes a file piece by piece. */
export class WriteStream extends EventEmitter {
  #fd;
  bytesWritten = 0;

  constructor(path, options) {
    super();
    this.path = path;
    this.#fd = core.open(path, options?.flags ?? 'w');
  }
  write(data, encoding, done) {
    const bytes = typeof data === 'string' ? Buffer.from(data, encodingOf(encoding)) : data;
    this.bytesWritten += core.write(this.#fd, bytes);
    later(done ?? encoding);
    return true;
  }
  end(data, encoding, done) {
    const last = [data, encoding, done].find((one) => typeof one === 'function');
    if (data !== undefined && typeof data !== 'function') this.write(data, encodingOf(encoding));
    core.close(this.#fd);
    setImmediate(() => {
      this.emit('finish');
      this.emit('close');
      last?.();
    });
    return this;
  }
  close(done) {
    return this.end(done);
  }
}

function encodingOf(encoding) {
  return typeof encoding === 'string' ? encoding : 'utf8';
}

function later(done) {
  if (typeof done === 'function') setImmediate(done);
}
