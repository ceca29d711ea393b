import { ByteQueue } from '../base/byte-queue.ts';
import { isObject, type JsonObject, parseJson } from '../base/json.ts';

/** Bytes of the length before each message. */
const HEAD_BYTES = 4;
/** Bytes of one message: a result of the most characters, each of them escaped. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const LIMITS = { maxLength: MAX_MESSAGE_BYTES, maxDepth: 72 };

/** A message as bytes: its length, four bytes, big-endian, and its JSON. */
export function encodeMessage(message: JsonObject): Uint8Array {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(text.length);
  return Buffer.concat([head, text]);
}

/** Cuts what another process writes into messages; nobody trusts it to keep to the form. */
export class MessageReader {
  readonly #bytes = new ByteQueue();
  #size: number | undefined;

  /** The messages that these bytes complete; undefined for what is too long or no JSON object. */
  add(bytes: Uint8Array): JsonObject[] | undefined {
    this.#bytes.add(bytes);
    const messages: JsonObject[] = [];
    while (this.#sizeKnown()) {
      const size = this.#size ?? 0;
      if (size > MAX_MESSAGE_BYTES) return undefined;
      if (this.#bytes.length < size) break;
      const message = parseJson(this.#bytes.take(size).toString(), LIMITS);
      if (!isObject(message)) return undefined;
      messages.push(message);
      this.#size = undefined;
    }
    return messages;
  }

  #sizeKnown(): boolean {
    if (this.#size === undefined && this.#bytes.length >= HEAD_BYTES) {
      this.#size = this.#bytes.take(HEAD_BYTES).readUInt32BE();
    }
    return this.#size !== undefined;
  }
}
