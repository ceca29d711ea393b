import { core, Dirent, Stats } from '../fs-core.mjs';
import { ReadStream, WriteStream } from '../streams.mjs';
import * as given from './fs-promises.mjs';

const promises = { ...given };

/** The form with a function as its last argument, which gets an error or a result. */
const called =
  (action) =>
  (...args) => {
    const done = args.pop();
    if (typeof done !== 'function') {
      throw Object.assign(new TypeError('The "cb" argument must be of type function'), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
    setImmediate(() => {
      let result;
      try {
        result = action(...args);
      } catch (error) {
        return done(error);
      }
      return done(null, result);
    });
  };

export const readFileSync = core.readFile;
export const writeFileSync = core.writeFile;
export const appendFileSync = core.appendFile;
export const readdirSync = core.readdir;
export const statSync = core.stat;
export const lstatSync = core.lstat;
export const existsSync = core.exists;
export const accessSync = core.access;
export const mkdirSync = core.mkdir;
export const mkdtempSync = core.mkdtemp;
export const rmSync = core.rm;
export const rmdirSync = core.rmdir;
export const unlinkSync = core.unlink;
export const copyFileSync = core.copyFile;
export const cpSync = core.cp;
export const renameSync = core.rename;
export const truncateSync = core.truncate;
export const realpathSync = core.realpath;
export const openSync = core.open;
export const closeSync = core.close;
export const readSync = core.read;
export const writeSync = core.write;
export const fstatSync = core.fstat;
export const fsyncSync = () => {};
export const chmodSync = core.chmod;
export const utimesSync = core.utimes;
export const symlinkSync = core.symlink;
export const linkSync = core.link;
export const readlinkSync = core.readlink;

export const readFile = called(core.readFile);
export const writeFile = called(core.writeFile);
export const appendFile = called(core.appendFile);
export const readdir = called(core.readdir);
export const stat = called(core.stat);
export const lstat = called(core.lstat);
export const access = called(core.access);
export const mkdir = called(core.mkdir);
export const rm = called(core.rm);
export const unlink = called(core.unlink);
export const copyFile = called(core.copyFile);
export const rename = called(core.rename);

export const createReadStream = (path, options) => new ReadStream(path, options);
export const createWriteStream = (path, options) => new WriteStream(path, options);
export const constants = promises.constants;
export { Dirent, promises, Stats };
