import { ask, bufferOf } from '../bridge.mjs';

export const { randomUUID, getRandomValues } = globalThis.crypto;
export const randomBytes = (size) => Buffer.from(ask('random', String(size)));
export const randomInt = (low, high) => {
  const [least, end] = high === undefined ? [0, low] : [low, high];
  return (
    least +
    Math.floor(
      ((randomBytes(6).readUInt16BE(0) * 2 ** 32 + randomBytes(4).readUInt32BE(0)) / 2 ** 48) *
        (end - least),
    )
  );
};

/** A digest of what was added. */
class Hash {
  #name;
  #parts = [];
  constructor(name) {
    this.#name = name;
  }
  update(data, encoding) {
    this.#parts.push(typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data));
    return this;
  }
  digest(encoding) {
    const bytes = Buffer.from(ask('digest', this.#name, bufferOf(Buffer.concat(this.#parts))));
    return encoding ? bytes.toString(encoding) : bytes;
  }
}

export const createHash = (name) => new Hash(name);
export const webcrypto = globalThis.crypto;
