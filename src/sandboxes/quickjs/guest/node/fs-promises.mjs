import { core } from '../fs-core.mjs';

const later =
  (action) =>
  async (...args) =>
    action(...args);

/** An open file. */
class FileHandle {
  constructor(fd) {
    this.fd = fd;
  }
  async readFile(options) {
    return core.readFile(this.fd, options);
  }
  async writeFile(data, options) {
    return core.writeFile(this.fd, data, options);
  }
  async appendFile(data, options) {
    return core.writeFile(this.fd, data, options);
  }
  async read(buffer, ...rest) {
    return { bytesRead: core.read(this.fd, buffer, ...rest), buffer };
  }
  async write(data, ...rest) {
    return { bytesWritten: core.write(this.fd, data, ...rest), buffer: data };
  }
  async stat() {
    return core.fstat(this.fd);
  }
  async *readLines() {
    yield* core.readFile(this.fd, 'utf8').split(/\r?\n/);
  }
  async close() {
    core.close(this.fd);
  }
  async [Symbol.asyncDispose]() {
    core.close(this.fd);
  }
}

export const readFile = later(core.readFile);
export const writeFile = later(core.writeFile);
export const appendFile = later(core.appendFile);
export const readdir = later(core.readdir);
export const stat = later(core.stat);
export const lstat = later(core.lstat);
export const access = later(core.access);
export const mkdir = later(core.mkdir);
export const mkdtemp = later(core.mkdtemp);
export const rm = later(core.rm);
export const rmdir = later(core.rmdir);
export const unlink = later(core.unlink);
export const copyFile = later(core.copyFile);
export const cp = later(core.cp);
export const rename = later(core.rename);
export const truncate = later(core.truncate);
export const realpath = later(core.realpath);
export const symlink = later(core.symlink);
export const link = later(core.link);
export const readlink = later(core.readlink);
export const chmod = later(core.chmod);
export const utimes = later(core.utimes);
export const open = async (path, flag) => new FileHandle(core.open(path, flag));
export const constants = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, COPYFILE_EXCL: 1 };
