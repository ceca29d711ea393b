import { ByteQueue } from '../base/byte-queue.ts';

/**
 * The channel of a box, descriptor 3: frames of a kind (one letter), the length of a name and of a
 * payload (four bytes each, big-endian), then both. Into the box: C code, F file, A argument, I
 * standard input, T name of a tool with the order of its arguments, K name of a secret, M file of matplotlib's settings folder, E end
 * mark of a session's texts, G go, L limits for the collector. Out of it: S started, F file, N note,
 * X stopped for what the payload's limit says, Z exit status, D done.
 */

/** One frame. */
export interface Frame {
  kind: string;
  name: string;
  payload: Uint8Array;
}

/** The bytes of a frame. */
export function encodeFrame({ kind, name, payload }: Frame): Uint8Array {
  const encoded = Buffer.from(name);
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(kind, 0, 1, 'latin1');
  head.writeUInt32BE(encoded.length, 1);
  head.writeUInt32BE(payload.length, 5);
  return Buffer.concat([head, encoded, payload]);
}

const HEAD_BYTES = 9;
const MAX_NAME_BYTES = 8192;

/** Bounds for what comes out of a box. */
export interface FrameLimits {
  /** Bytes of all payloads together. */
  bytes: number;
  /** Frames of all kinds together. */
  frames: number;
}

/** Cuts a stream of untrusted bytes into frames. */
export class FrameReader {
  #limits: FrameLimits;
  readonly #waiting = new ByteQueue();
  #head: { kind: string; name: number; payload: number } | undefined;
  #bytes = 0;
  #frames = 0;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Counts anew, for the next program of a session. */
  restart(limits: FrameLimits): void {
    this.#limits = limits;
    this.#bytes = 0;
    this.#frames = 0;
  }

  /** The frames that these bytes complete, or undefined once a limit was passed. */
  add(bytes: Uint8Array): Frame[] | undefined {
    this.#waiting.add(bytes);
    const frames: Frame[] = [];
    while (true) {
      if (!this.#head && !this.#readHead()) return frames;
      if (!this.#withinLimits()) return undefined;
      const frame = this.#readBody();
      if (!frame) return frames;
      frames.push(frame);
    }
  }

  #readHead(): boolean {
    if (this.#waiting.length < HEAD_BYTES) return false;
    const bytes = this.#waiting.take(HEAD_BYTES);
    const kind = String.fromCharCode(bytes[0] ?? 0);
    this.#head = { kind, name: bytes.readUInt32BE(1), payload: bytes.readUInt32BE(5) };
    this.#frames += 1;
    this.#bytes += this.#head.payload;
    return true;
  }

  #withinLimits(): boolean {
    const { bytes, frames } = this.#limits;
    const name = this.#head?.name ?? 0;
    return name <= MAX_NAME_BYTES && this.#bytes <= bytes && this.#frames <= frames;
  }

  #readBody(): Frame | undefined {
    const head = this.#head;
    if (!head || this.#waiting.length < head.name + head.payload) return undefined;
    const body = this.#waiting.take(head.name + head.payload);
    this.#head = undefined;
    const name = body.subarray(0, head.name).toString();
    return { kind: head.kind, name, payload: body.subarray(head.name) };
  }
}
