import type { Zippable } from 'fflate';
import { PACKAGE_LIMITS } from './limits.ts';

/** A regular file that its owner writes and all may read, as Unix says it. */
const ATTRIBUTES = 0o100644 * 0x10000;
const UNIX = 3;
const BEST = 9;
const STORE = 0;

/**
 * An archive of files by path. The same files give the same bytes: sorted by the bytes of their
 * paths, all of them from 1980-01-01, the oldest day that ZIP knows. What shrinks more than a
 * reader accepts (`PACKAGE_LIMITS.ratio`) is stored as it is.
 */
export async function writeZip(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const { deflateSync, zipSync } = await import('fflate');
  const { ratio, ratioFrom } = PACKAGE_LIMITS;
  const levelOf = (data: Uint8Array): typeof BEST | typeof STORE => {
    if (data.length <= ratioFrom) return BEST;
    return data.length > ratio * deflateSync(data, { level: BEST }).length ? STORE : BEST;
  };
  // ZIP has no time zone, and the library writes local time.
  const common = { mtime: new Date(1980, 0, 1, 12), os: UNIX, attrs: ATTRIBUTES };
  const entries = [...files].sort(([one], [other]) => compareBytes(one, other));
  const zippable: Zippable = Object.fromEntries(
    entries.map(([path, data]) => [path, [data, { ...common, level: levelOf(data) }]]),
  );
  return zipSync(zippable, common);
}

/** Sorts texts by their bytes in UTF-8, which is the order of code points. */
export function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
