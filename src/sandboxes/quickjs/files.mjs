// The files of a program: what it writes lives in our memory, what it reads of the host is shown
// under two names. There is no path to anything else.
import path from 'node:path';
import { FsError } from './fs-error.mjs';
import { HostFolder } from './host-folder.mjs';

/** The program's folder, as it sees it. */
export const CWD = '/box';
const OUTPUT = `${CWD}/output`;
const WRITABLE = [OUTPUT, '/tmp'];
const FIXED = new Map([
  ['/', ['box', 'dev', 'tmp']],
  [CWD, ['inputs', 'output', 'shared']],
  ['/dev', ['null', 'stdin']],
]);
const MIB = 1024 * 1024;
/** Room beside what may be handed back: a program may tidy up before it ends. */
const SPARE_BYTES = MIB;
const MOST_ENTRIES = 10_000;
const MOST_NAME_BYTES = 255;
const MOST_PATH_BYTES = 4096;
const MOST_NOTES = 20;
const NOTHING = new Uint8Array();

/** All files of one program. */
export class BoxFiles {
  #nodes = new Map(WRITABLE.map((folder) => [folder, newFolder()]));
  #hosts;
  #stdin;
  #used = 0;
  #limits;

  /** `crowded` is called when there are more entries than a program may make. */
  constructor({ inputs, shared, stdin, fileBytes, mostBytes, memoryMb, crowded }) {
    const most = memoryMb * MIB;
    this.#hosts = new Map([
      [`${CWD}/inputs`, new HostFolder(inputs, most)],
      [`${CWD}/shared`, new HostFolder(shared, most)],
    ]);
    this.#stdin = stdin;
    this.#limits = { file: fileBytes, all: mostBytes + SPARE_BYTES, crowded };
  }

  /** Puts a file of the host into `output/`. */
  give(name, bytes) {
    const target = path.posix.join(OUTPUT, name);
    this.makeFolders(path.posix.dirname(target), { call: 'open' });
    this.#nodes.set(target, {
      folder: false,
      data: bytes,
      size: bytes.length,
      mtimeMs: Date.now(),
    });
    this.#used += bytes.length;
  }

  /** The absolute path of what a program calls by any name. */
  resolve(name, call) {
    const where = { call, path: name };
    if (Buffer.byteLength(name) > MOST_PATH_BYTES) throw new FsError('ENAMETOOLONG', where);
    if (name.includes('\0')) throw new FsError('EINVAL', where);
    if (name === '') throw new FsError('ENOENT', where);
    return path.posix.resolve(CWD, name);
  }

  /** What lies at an absolute path; undefined when nothing does. */
  find(target) {
    const node = this.#nodes.get(target);
    if (node) return { ...node, read: (span) => slice(node, span) };
    if (FIXED.has(target)) return { folder: true, size: 0, mtimeMs: 0 };
    if (target === '/dev/null') return { folder: false, size: 0, mtimeMs: 0, read: () => NOTHING };
    if (target === '/dev/stdin') return this.stdin();
    const host = this.#hostOf(target);
    return host?.folder.entry(host.inside);
  }

  /** Standard input, as a file. */
  stdin() {
    const node = { data: this.#stdin, size: this.#stdin.length };
    return { folder: false, size: node.size, mtimeMs: 0, read: (span) => slice(node, span) };
  }

  /** Names in a folder that is there, sorted. */
  names(target) {
    const fixed = FIXED.get(target);
    if (fixed) return [...fixed];
    const host = this.#hostOf(target);
    if (host) return host.folder.names(host.inside).sort();
    const start = `${target}/`;
    const below = [...this.#nodes.keys()].filter((name) => name.startsWith(start));
    const names = below.map((name) => name.slice(start.length));
    return names.filter((name) => !name.includes('/')).sort();
  }

  /** The node of a file that can be written; makes it when it is not there. */
  writable(target, where) {
    const node = this.#nodes.get(target);
    if (node?.folder) throw new FsError('EISDIR', where);
    if (node) return node;
    if (this.find(target)?.folder) throw new FsError('EISDIR', where);
    this.#checkPlace(target, where);
    return this.#add(target, { folder: false, data: NOTHING, size: 0, mtimeMs: Date.now() });
  }

  /** Writes bytes into a file. */
  write(node, { bytes, at }, where) {
    const end = at + bytes.length;
    if (end > node.size) this.#grow(node, end, where);
    node.data.set(bytes, at);
    node.mtimeMs = Date.now();
  }

  /** Cuts a file, or fills it with zeros. */
  truncate(node, size, where) {
    if (size > node.size) this.#grow(node, size, where);
    this.#used -= node.size - size;
    node.data.fill(0, size, node.size);
    node.size = size;
    node.mtimeMs = Date.now();
  }

  /** Makes a folder whose parent is there. */
  makeFolder(target, where) {
    if (this.find(target)) throw new FsError('EEXIST', where);
    this.#checkPlace(target, where);
    this.#add(target, newFolder());
  }

  /** Makes a folder and those above it; gives the first that was made. */
  makeFolders(target, where) {
    const found = this.find(target);
    if (found?.folder) return undefined;
    if (found) throw new FsError('EEXIST', where);
    const parent = this.find(path.posix.dirname(target));
    if (parent && !parent.folder) throw new FsError('ENOTDIR', where);
    const first = parent ? undefined : this.makeFolders(path.posix.dirname(target), where);
    this.makeFolder(target, where);
    return first ?? target;
  }

  /** Removes a file, or a folder with all in it. */
  remove(target, where) {
    if (WRITABLE.includes(target) || !isWritable(target)) throw new FsError('EROFS', where);
    for (const name of this.below(target)) {
      this.#used -= this.#nodes.get(name).size ?? 0;
      this.#nodes.delete(name);
    }
  }

  /** Gives a file, or a folder with all in it, another name. */
  rename(from, to, where) {
    if (WRITABLE.includes(from) || !isWritable(from)) throw new FsError('EROFS', where);
    this.#checkPlace(to, where);
    if (to.startsWith(`${from}/`)) throw new FsError('EINVAL', where);
    if (from === to) return;
    const moved = this.below(from).map((name) => [name, this.#nodes.get(name)]);
    if (this.#nodes.has(to)) this.remove(to, where);
    for (const [name, node] of moved) {
      this.#nodes.delete(name);
      this.#nodes.set(to + name.slice(from.length), node);
    }
  }

  /** A path of the program's own and all below it. */
  below(target) {
    const names = [...this.#nodes.keys()];
    return names.filter((name) => name === target || name.startsWith(`${target}/`));
  }

  /** Gives the files below `output/` to the host, as many as it takes; `send` gets each as a frame. */
  collect({ files, bytes }, send) {
    const notes = [];
    const found = this.below(OUTPUT).filter((name) => !this.#nodes.get(name).folder);
    let left = bytes;
    let room = files;
    for (const target of found.sort()) {
      const name = target.slice(OUTPUT.length + 1);
      const payload = slice(this.#nodes.get(target));
      if (room === 0) break;
      if (payload.length > left) {
        notes.push(`left out ${name}: it has more bytes than is left of the limit`);
        continue;
      }
      left -= payload.length;
      room -= 1;
      send({ kind: 'F', name, payload });
    }
    const crowd = found.length - notes.length - (files - room);
    if (crowd > 0) notes.push(`left out ${crowd} more files: only ${files} may be handed back`);
    for (const note of notes.slice(0, MOST_NOTES)) send({ kind: 'N', name: note.slice(0, 300) });
    const more = notes.length - MOST_NOTES;
    if (more > 0) send({ kind: 'N', name: `left out ${more} more entries` });
  }

  #hostOf(target) {
    for (const [top, folder] of this.#hosts) {
      if (target === top) return { folder, inside: '' };
      if (target.startsWith(`${top}/`)) return { folder, inside: target.slice(top.length + 1) };
    }
    return undefined;
  }

  #checkPlace(target, where) {
    const names = target.split('/');
    if (names.some((name) => Buffer.byteLength(name) > MOST_NAME_BYTES)) {
      throw new FsError('ENAMETOOLONG', where);
    }
    const parent = this.find(path.posix.dirname(target));
    if (parent && !parent.folder) throw new FsError('ENOTDIR', where);
    if (!isWritable(target)) throw new FsError(parent ? 'EROFS' : 'ENOENT', where);
    if (!parent) throw new FsError('ENOENT', where);
  }

  #add(target, node) {
    if (this.#nodes.size >= MOST_ENTRIES) this.#limits.crowded();
    this.#nodes.set(target, node);
    return node;
  }

  #grow(node, size, where) {
    if (size > this.#limits.file) throw new FsError('EFBIG', where);
    if (this.#used + size - node.size > this.#limits.all) throw new FsError('ENOSPC', where);
    if (size > node.data.length || node.data === NOTHING) {
      // Something to spare: a file that is appended to line by line is not copied for each.
      const room = node.size === 0 ? size : Math.ceil(size * 1.5);
      const data = new Uint8Array(room);
      data.set(node.data.subarray(0, node.size));
      node.data = data;
    }
    this.#used += size - node.size;
    node.size = size;
  }
}

function newFolder() {
  return { folder: true, size: 0, mtimeMs: Date.now() };
}

function slice({ data, size }, { at = 0, count = size } = {}) {
  return data.subarray(Math.min(at, size), Math.min(at + count, size));
}

function isWritable(target) {
  return WRITABLE.some((top) => target === top || target.startsWith(`${top}/`));
}
