/** What file systems answer, in their own words and numbers. */
const ANSWERS = {
  EPERM: [1, 'operation not permitted'],
  ENOENT: [2, 'no such file or directory'],
  EIO: [5, 'i/o error'],
  EBADF: [9, 'bad file descriptor'],
  EEXIST: [17, 'file already exists'],
  ENOTDIR: [20, 'not a directory'],
  EISDIR: [21, 'illegal operation on a directory'],
  EINVAL: [22, 'invalid argument'],
  EMFILE: [24, 'too many open files'],
  EFBIG: [27, 'file too large'],
  ENOSPC: [28, 'no space left on device'],
  EROFS: [30, 'read-only file system'],
  ENAMETOOLONG: [36, 'name too long'],
  ENOTEMPTY: [39, 'directory not empty'],
  ENOMEM: [12, 'not enough memory'],
};

/** An error of the file system, as Node words it. */
export class FsError extends Error {
  /** `where`: the call, and the path that it was about. */
  constructor(code, { call, path, dest }) {
    const about = path === undefined ? '' : ` '${path}'`;
    const to = dest === undefined ? '' : ` -> '${dest}'`;
    const [number, words] = ANSWERS[code];
    super(`${code}: ${words}, ${call}${about}${to}`);
    this.facts = { code, errno: -number, syscall: call, path, dest };
  }
}
