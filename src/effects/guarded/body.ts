import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { tooLarge, unreachable } from './failures.ts';

/** Codings that a request of ours asks for. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br, zstd';

/** More layers of compression than any server uses. */
const MOST_CODINGS = 2;

/** Passes bytes on until there are too many; then it fails with `network/too-large`. */
export class Cap extends Transform {
  bytes = 0;
  readonly #max: number;
  readonly #what: string;

  constructor(max: number, what: string) {
    super();
    this.#max = max;
    this.#what = what;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    if (this.bytes > this.#max) done(tooLarge(`${this.#what} has more than ${this.#max} bytes`));
    else done(null, chunk);
  }
}

/**
 * The bytes of a body without its compression, piece by piece: nothing of it is kept.
 * Throws `network/unreachable` for a compression that we do not know.
 */
export function decoded(body: Readable, encoding: string | undefined): Readable {
  const codings = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MOST_CODINGS) throw unknownCoding(codings.join(', '));
  const steps = codings.reverse().map(decoderOf);
  return steps.reduce<Readable>((from, step) => chained(from, step), body);
}

/** One stream behind another; a failure of the first is one of the second. */
export function chained<T extends Transform>(from: Readable, to: T): T {
  pipeline(from, to, () => {});
  return to;
}

/** All bytes of a stream. Rejects with `network/too-large` when there are more than `max`. */
export async function readAll(from: Readable, max: number, what: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of chained(from, new Cap(max, what))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function decoderOf(coding: string): Transform {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return new Inflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      throw unknownCoding(coding);
  }
}

function unknownCoding(coding: string): Error {
  return unreachable(`the answer is compressed in a way that cannot be read: ${coding}`);
}

/** `deflate`, with or without the header of zlib: servers send both, and the first byte tells. */
class Inflate extends Transform {
  #inner: Transform | undefined;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#inner ??= this.#start(chunk);
    this.#inner.write(chunk, () => done());
  }

  override _flush(done: TransformCallback): void {
    if (this.#inner) this.#inner.once('end', () => done()).end();
    else done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner?.destroy();
    done(error);
  }

  #start(first: Buffer): Transform {
    const inner = ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
    inner.on('data', (bytes) => {
      if (!this.push(bytes)) inner.pause();
    });
    inner.on('error', (error) => this.destroy(error));
    return inner;
  }

  override _read(size: number): void {
    this.#inner?.resume();
    super._read(size);
  }
}
