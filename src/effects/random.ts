import { randomBytes } from 'node:crypto';
import type { Random } from '../ports/effects.ts';

/** The operating system's random bytes, fit for keys. */
export function nodeRandom(): Random {
  return { bytes: (count) => new Uint8Array(randomBytes(count)) };
}
