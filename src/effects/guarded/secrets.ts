import { Transform, type TransformCallback } from 'node:stream';
import { secretPattern } from '../../base/secret-pattern.ts';
import { asksSecret, fillHeader } from '../../base/secret-tokens.ts';
import { denied } from './failures.ts';
import { type HeaderList, isSendable } from './headers.ts';

/** The value of a secret that may go to a host, else undefined. */
export type SecretFor = (name: string, host: string) => string | undefined;

/** Headers as they are sent, and the values that were put into them. */
export interface FilledHeaders {
  headers: HeaderList;
  secrets: readonly string[];
}

const MARK = '[secret]';
/** Shorter values would blot out ordinary words. */
const SHORTEST = 4;
/** One byte of a secret takes at most so many characters in a spelling that is looked for. */
const WIDEST_SPELLING = 9;

/** Whether a header asks for a secret, as it stands or inside of the Basic scheme. */
export function mentionsSecret(headers: HeaderList): boolean {
  return headers.some(([, value]) => asksSecret(value));
}

/**
 * Puts values in the place of `secret://NAME` in header values, also inside of the Basic scheme.
 * Throws `network/denied` for a secret that may not go to the host.
 */
export function fillSecrets(
  headers: HeaderList,
  host: string,
  secretFor: SecretFor,
): FilledHeaders {
  const secrets = new Set<string>();
  const reveal = (name: string): string => {
    const value = secretFor(name, host);
    if (value === undefined) throw denied(`the secret ${name} may not be sent to ${host}`);
    if (!isSendable(value)) throw denied(`the secret ${name} cannot be sent in a header`);
    secrets.add(value);
    return value;
  };
  const filled = headers.map(([name, given]) => {
    const { value, pair } = fillHeader(given, reveal);
    if (pair !== undefined) secrets.add(pair);
    return [name, value] as const;
  });
  return { headers: filled, secrets: [...secrets] };
}

/** Takes secrets, in all their spellings, out of one text. */
export function masked(text: string, secrets: readonly string[]): string {
  const pattern = secretPattern(secrets, SHORTEST);
  return pattern ? text.replace(pattern, MARK) : text;
}

/**
 * Takes secrets out of a body that streams by. A piece is held back as long as the start of a secret
 * could be in it; bytes of any kind pass unchanged.
 */
export class Masker extends Transform {
  readonly #pattern: RegExp | undefined;
  readonly #held: number;
  #rest = '';

  constructor(secrets: readonly string[]) {
    super();
    this.#pattern = secretPattern(secrets, SHORTEST);
    const longest = Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)));
    this.#held = longest * WIDEST_SPELLING;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const text = this.#clean(this.#rest + chunk.toString('latin1'));
    const ready = Math.max(0, text.length - this.#held);
    this.#rest = text.slice(ready);
    done(null, Buffer.from(text.slice(0, ready), 'latin1'));
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.from(this.#rest, 'latin1'));
  }

  #clean(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, MARK) : text;
  }
}
