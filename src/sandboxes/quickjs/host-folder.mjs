// A folder of the host that a program may read: looked into when the program asks, never before.
import fs from 'node:fs';
import path from 'node:path';

/** One of them; without a path there is an empty one. */
export class HostFolder {
  #top;
  #most;

  /** `most`: bytes of a file that can be read at once. */
  constructor(folder, most) {
    this.#top = folder === undefined ? undefined : fs.realpathSync.native(folder);
    this.#most = most;
  }

  /** What lies at a path inside; undefined when nothing does, or when a link leads out. */
  entry(inside) {
    if (inside === '' && this.#top === undefined) return { folder: true, size: 0, mtimeMs: 0 };
    const real = this.#real(inside);
    if (real === undefined) return undefined;
    const found = fs.statSync(real, { throwIfNoEntry: false });
    if (!found?.isDirectory() && !found?.isFile()) return undefined;
    const { size, mtimeMs } = found;
    return { folder: found.isDirectory(), size, mtimeMs, read: (span) => this.#read(real, span) };
  }

  /** Names in a folder. */
  names(inside) {
    const real = this.#real(inside);
    return real === undefined ? [] : fs.readdirSync(real);
  }

  #real(inside) {
    if (this.#top === undefined) return undefined;
    try {
      const real = fs.realpathSync.native(path.join(this.#top, inside));
      const isBelow = real === this.#top || real.startsWith(this.#top + path.sep);
      return isBelow ? real : undefined;
    } catch {
      return undefined;
    }
  }

  /** Bytes of a file; undefined when they are more than can be held. */
  #read(real, { at = 0, count } = {}) {
    const { O_RDONLY, O_NONBLOCK = 0 } = fs.constants;
    const descriptor = fs.openSync(real, O_RDONLY | O_NONBLOCK);
    try {
      const wanted = count ?? fs.fstatSync(descriptor).size - at;
      if (wanted > this.#most) return undefined;
      const bytes = Buffer.alloc(Math.max(0, wanted));
      let got = 0;
      while (got < bytes.length) {
        const more = fs.readSync(descriptor, bytes, got, bytes.length - got, at + got);
        if (more === 0) break;
        got += more;
      }
      return bytes.subarray(0, got);
    } finally {
      fs.closeSync(descriptor);
    }
  }
}
