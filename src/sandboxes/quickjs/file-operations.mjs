// What programs do with files, by the names that the inner `node:fs` uses. Arguments come as JSON,
// bytes beside them; a result is JSON, bytes or nothing.
import path from 'node:path';
import { writeAll } from './frames.mjs';
import { FsError } from './fs-error.mjs';

const FIRST_DESCRIPTOR = 20;

/** All of them for one program. `openFiles`: descriptors that it may hold. */
export function fileOperations(files, openFiles) {
  const descriptors = new Map();
  const existing = (name, call) => {
    const target = files.resolve(name, call);
    const found = files.find(target);
    if (!found) throw new FsError('ENOENT', { call, path: name });
    return { ...found, target };
  };
  return {
    ...reading(files, existing),
    ...writing(files, existing),
    ...describing(files, existing, { descriptors, openFiles }),
  };
}

function statOf({ folder, size, mtimeMs }) {
  return { folder, size, mtimeMs };
}

function reading(files, existing) {
  return {
    read({ path: name }) {
      const found = existing(name, 'open');
      if (found.folder) throw new FsError('EISDIR', { call: 'read' });
      const bytes = found.read();
      if (!bytes) throw new FsError('ENOMEM', { call: 'read', path: name });
      return bytes;
    },
    stat: ({ path: name, call }) => statOf(existing(name, call ?? 'stat')),
    exists({ path: name }) {
      try {
        return files.find(files.resolve(name, 'access')) !== undefined;
      } catch {
        return false;
      }
    },
    list({ path: name, recursive }) {
      const { target, folder } = existing(name, 'scandir');
      if (!folder) throw new FsError('ENOTDIR', { call: 'scandir', path: name });
      return entriesOf(files, { target, inside: '', recursive });
    },
    realpath: ({ path: name }) => existing(name, 'realpath').target,
  };
}

function entriesOf(files, { target, inside, recursive }) {
  const entries = files.names(target).flatMap((name) => {
    const found = files.find(path.posix.join(target, name));
    return found ? [{ name: inside + name, folder: found.folder }] : [];
  });
  if (!recursive) return entries;
  const deeper = entries.filter(({ folder }) => folder);
  return [
    ...entries,
    ...deeper.flatMap(({ name }) => {
      const below = path.posix.join(target, name.slice(inside.length));
      return entriesOf(files, { target: below, inside: `${name}/`, recursive });
    }),
  ];
}

function writing(files, existing) {
  const put = ({ path: name, flag = 'w' }, bytes) => {
    const where = { call: 'open', path: name };
    const target = files.resolve(name, 'open');
    if (target === '/dev/null') return;
    if (flag.includes('x') && files.find(target)) throw new FsError('EEXIST', where);
    const node = files.writable(target, where);
    if (!flag.startsWith('a')) files.truncate(node, 0, where);
    files.write(node, { bytes, at: node.size }, { ...where, call: 'write' });
  };
  return {
    write: put,
    append: ({ path: name }, bytes) => put({ path: name, flag: 'a' }, bytes),
    truncate({ path: name, size }) {
      const where = { call: 'open', path: name };
      existing(name, 'open');
      files.truncate(files.writable(files.resolve(name, 'open'), where), size, where);
    },
    mkdir({ path: name, recursive }) {
      const target = files.resolve(name, 'mkdir');
      const where = { call: 'mkdir', path: name };
      return recursive ? files.makeFolders(target, where) : files.makeFolder(target, where);
    },
    mkdtemp({ path: prefix }) {
      for (let count = 0; ; count++) {
        const name = `${prefix}${String(count).padStart(6, '0')}`;
        const target = files.resolve(name, 'mkdtemp');
        if (files.find(target)) continue;
        files.makeFolder(target, { call: 'mkdtemp', path: `${prefix}XXXXXX` });
        return name;
      }
    },
    remove: (wish) => removeEntry(files, wish),
    copy({ path: from, dest, exclusive }) {
      const where = { call: 'copyfile', path: from, dest };
      const found = existing(from, 'copyfile');
      if (found.folder) throw new FsError('EISDIR', where);
      const bytes = found.read();
      if (!bytes) throw new FsError('ENOMEM', where);
      put({ path: dest, flag: exclusive ? 'wx' : 'w' }, bytes.slice());
    },
    rename({ path: from, dest }) {
      const where = { call: 'rename', path: from, dest };
      const source = files.resolve(from, 'rename');
      const target = files.resolve(dest, 'rename');
      const [had, has] = [files.find(source), files.find(target)];
      if (!had) throw new FsError('ENOENT', where);
      if (has && has.folder !== had.folder) {
        throw new FsError(has.folder ? 'EISDIR' : 'ENOTDIR', where);
      }
      if (has?.folder && files.names(target).length > 0) throw new FsError('ENOTEMPTY', where);
      files.rename(source, target, where);
    },
    refuse({ path: name, call }) {
      throw new FsError('EPERM', { call, path: name });
    },
  };
}

/** `as`: whether a file, an empty folder or anything is to go. */
function removeEntry(files, { path: name, as, recursive, force }) {
  const call = { file: 'unlink', folder: 'rmdir' }[as] ?? 'rm';
  const where = { call, path: name };
  const target = files.resolve(name, call);
  const found = files.find(target);
  if (!found && force) return;
  if (!found) throw new FsError('ENOENT', where);
  if (as === 'file' && found.folder) throw new FsError('EISDIR', where);
  if (as === 'folder' && !found.folder) throw new FsError('ENOTDIR', where);
  if (found.folder && !recursive) {
    if (as !== 'folder') throw new FsError('EISDIR', where);
    if (files.names(target).length > 0) throw new FsError('ENOTEMPTY', where);
  }
  files.remove(target, where);
}

/** Descriptors; 0, 1 and 2 are those of every process. */
function describing(files, existing, { descriptors, openFiles }) {
  const stdin = { found: files.stdin(), at: 0 };
  const held = (number, call) => {
    const entry = number === 0 ? stdin : descriptors.get(number);
    if (!entry) throw new FsError('EBADF', { call });
    return entry;
  };
  return {
    open({ path: name, flag = 'r' }) {
      const where = { call: 'open', path: name };
      if (descriptors.size >= openFiles) throw new FsError('EMFILE', where);
      const entry = opened(files, existing, { name, flag, where });
      let number = FIRST_DESCRIPTOR;
      while (descriptors.has(number)) number += 1;
      descriptors.set(number, entry);
      return number;
    },
    close({ number }) {
      if (!descriptors.delete(number) && number > 2) throw new FsError('EBADF', { call: 'close' });
    },
    readFrom({ number, count, at }) {
      const entry = held(number, 'read');
      if (entry.found?.folder) throw new FsError('EISDIR', { call: 'read' });
      const found = entry.node ? files.find(entry.target) : entry.found;
      if (!found) return new Uint8Array();
      const bytes = found.read({ at: at ?? entry.at, ...(count !== undefined && { count }) });
      if (!bytes) throw new FsError('ENOMEM', { call: 'read' });
      if (at === undefined) entry.at += bytes.length;
      return bytes;
    },
    writeTo({ number, at }, bytes) {
      if (number === 1 || number === 2) return writeAll(number, bytes);
      const { node, ...entry } = held(number, 'write');
      if (!node) throw new FsError('EBADF', { call: 'write' });
      const place = entry.appends ? node.size : (at ?? entry.at);
      files.write(node, { bytes, at: place }, { call: 'write' });
      if (at === undefined) descriptors.get(number).at = place + bytes.length;
    },
    statOf: ({ number }) => {
      const { found, node } = held(number, 'fstat');
      return statOf(node ?? found);
    },
  };
}

function opened(files, existing, { name, flag, where }) {
  if (!/[wa+]/.test(flag)) {
    const { target, ...found } = existing(name, 'open');
    return { found, target, at: 0 };
  }
  const target = files.resolve(name, 'open');
  if (flag.startsWith('r')) existing(name, 'open');
  if (flag.includes('x') && files.find(target)) throw new FsError('EEXIST', where);
  const node = files.writable(target, where);
  if (flag.startsWith('w')) files.truncate(node, 0, where);
  return { node, target, at: 0, appends: flag.startsWith('a') };
}
