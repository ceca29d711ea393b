// Files as programs reach them; `node:fs` and `node:fs/promises` are made of this.
import { askJson, bufferOf } from './bridge.mjs';
import { Buffer, encode } from './buffer.mjs';

/** What a path leads to. */
export class Stats {
  constructor({ folder, size, mtimeMs }) {
    const time = new Date(mtimeMs);
    Object.assign(this, { size, mode: folder ? 0o40755 : 0o100644, nlink: 1, uid: 0, gid: 0 });
    Object.assign(this, { mtimeMs, ctimeMs: mtimeMs, atimeMs: mtimeMs, birthtimeMs: mtimeMs });
    Object.assign(this, { mtime: time, ctime: time, atime: time, birthtime: time });
  }
  isFile() {
    return (this.mode & 0o170000) === 0o100000;
  }
  isDirectory() {
    return !this.isFile();
  }
  isSymbolicLink() {
    return false;
  }
  isFIFO() {
    return false;
  }
  isSocket() {
    return false;
  }
  isBlockDevice() {
    return false;
  }
  isCharacterDevice() {
    return false;
  }
}

/** One entry of a folder. */
export class Dirent {
  #folder;
  constructor({ name, folder }, parent) {
    const at = name.lastIndexOf('/');
    this.name = name.slice(at + 1);
    this.parentPath = at < 0 ? parent : `${parent}/${name.slice(0, at)}`;
    this.#folder = folder;
  }
  isFile() {
    return !this.#folder;
  }
  isDirectory() {
    return this.#folder;
  }
  isSymbolicLink() {
    return false;
  }
}

function pathOf(path) {
  if (typeof path === 'string') return path;
  if (path instanceof Uint8Array) return Buffer.from(path).toString();
  if (typeof path?.href === 'string' && path.href.startsWith('file:')) {
    return decodeURIComponent(path.pathname);
  }
  throw Object.assign(new TypeError('The "path" argument must be of type string'), {
    code: 'ERR_INVALID_ARG_TYPE',
  });
}

const files = (op, args, bytes) => askJson('files', { op, ...args }, bytes);
const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding);

function bytesOf(data, options) {
  if (typeof data === 'string') return encode(data, encodingOf(options) ?? 'utf8');
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return bufferOf(data);
  throw Object.assign(
    new TypeError(`The "data" argument must be a text or bytes. Received ${typeof data}`),
    { code: 'ERR_INVALID_ARG_TYPE' },
  );
}

function shown(bytes, options) {
  const buffer = new Buffer(bytes);
  const encoding = encodingOf(options);
  return encoding ? buffer.toString(encoding) : buffer;
}

function read(path, options) {
  if (typeof path === 'number') return shown(files('readFrom', { number: path }), options);
  return shown(files('read', { path: pathOf(path) }), options);
}

function write(path, data, options) {
  const bytes = bytesOf(data, options);
  if (typeof path === 'number') files('writeTo', { number: path }, bytes);
  else files('write', { path: pathOf(path), flag: options?.flag }, bytes);
}

function append(path, data, options) {
  files('append', { path: pathOf(path) }, bytesOf(data, options));
}

function readdir(path, options) {
  const parent = pathOf(path);
  const entries = files('list', { path: parent, recursive: options?.recursive });
  if (options?.withFileTypes) return entries.map((entry) => new Dirent(entry, parent));
  return entries.map(({ name }) => name);
}

function statWith(call) {
  return (path, options) => {
    try {
      return new Stats(files('stat', { path: pathOf(path), call }));
    } catch (error) {
      if (options?.throwIfNoEntry === false && error.code === 'ENOENT') return undefined;
      throw error;
    }
  };
}

function exists(path) {
  try {
    return files('exists', { path: pathOf(path) });
  } catch {
    return false;
  }
}

function cp(from, to, options) {
  if (statWith('cp')(from).isFile()) return files('copy', { path: pathOf(from), dest: pathOf(to) });
  if (!options?.recursive) {
    throw Object.assign(
      new Error(`Recursive option not enabled, cannot copy a directory: ${from}`),
      {
        code: 'ERR_FS_EISDIR',
      },
    );
  }
  files('mkdir', { path: pathOf(to), recursive: true });
  for (const name of readdir(from)) cp(`${pathOf(from)}/${name}`, `${pathOf(to)}/${name}`, options);
  return undefined;
}

/** Bytes from a descriptor into a buffer: (descriptor, buffer, offset, length, position) or options. */
function readInto(number, buffer, ...rest) {
  const isOptions = rest.length === 1 && typeof rest[0] === 'object' && rest[0] !== null;
  const [offset, length, position] = isOptions
    ? [rest[0].offset, rest[0].length, rest[0].position]
    : rest;
  const at = offset ?? 0;
  const count = Math.min(length ?? buffer.byteLength - at, buffer.byteLength - at);
  const bytes = files('readFrom', { number, count, at: position ?? undefined });
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).set(
    new Uint8Array(bytes),
    at,
  );
  return bytes.byteLength;
}

/** Bytes or a text to a descriptor: (descriptor, buffer, offset, length, position) or (descriptor, text, position). */
function writeFrom(number, data, ...rest) {
  if (typeof data === 'string') {
    const bytes = encode(data, rest[1] ?? 'utf8');
    files('writeTo', { number, at: rest[0] ?? undefined }, bytes);
    return bytes.byteLength;
  }
  const [offset = 0, length = data.byteLength - offset, position] = rest;
  const part = new Uint8Array(data.buffer, data.byteOffset + offset, length);
  files('writeTo', { number, at: position ?? undefined }, bufferOf(part));
  return length;
}

const refusing = (call) => (path) => files('refuse', { path: pathOf(path), call });

/** Functions that work at once, by Node's names without `Sync`. */
export const core = {
  ...{ readFile: read, writeFile: write, appendFile: append, readdir, cp },
  ...{ stat: statWith('stat'), lstat: statWith('lstat'), exists },
  ...{ read: readInto, write: writeFrom },
  access: (path) => void files('stat', { path: pathOf(path), call: 'access' }),
  mkdir: (path, options) => files('mkdir', { path: pathOf(path), recursive: options?.recursive }),
  mkdtemp: (prefix) => files('mkdtemp', { path: pathOf(prefix) }),
  rm: (path, options) => files('remove', { path: pathOf(path), ...options }),
  rmdir: (path, options) => files('remove', { path: pathOf(path), as: 'folder', ...options }),
  unlink: (path) => files('remove', { path: pathOf(path), as: 'file' }),
  copyFile: (from, to, mode = 0) =>
    files('copy', { path: pathOf(from), dest: pathOf(to), exclusive: (mode & 1) === 1 }),
  rename: (from, to) => files('rename', { path: pathOf(from), dest: pathOf(to) }),
  truncate: (path, size = 0) => files('truncate', { path: pathOf(path), size }),
  realpath: (path) => files('realpath', { path: pathOf(path) }),
  open: (path, flag = 'r') => files('open', { path: pathOf(path), flag }),
  close: (number) => files('close', { number }),
  fstat: (number) => new Stats(files('statOf', { number })),
  chmod: (path) => void files('stat', { path: pathOf(path), call: 'chmod' }),
  utimes: (path) => void files('stat', { path: pathOf(path), call: 'utime' }),
  ...{ symlink: (_, path) => refusing('symlink')(path), link: (_, path) => refusing('link')(path) },
  ...{ readlink: refusing('readlink'), chown: refusing('chown') },
};
