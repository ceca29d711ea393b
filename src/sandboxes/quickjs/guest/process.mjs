// `process`, as far as there is one.
import { ask } from './bridge.mjs';
import { Buffer } from './buffer.mjs';
import { EventEmitter } from './events.mjs';
import { ReadStream } from './streams.mjs';

const CWD = '/box';
const began = performance.now();

class Output extends EventEmitter {
  #number;
  isTTY = false;
  writable = true;

  constructor(number) {
    super();
    this.fd = number;
    this.#number = number;
  }
  write(data, encoding, done) {
    const text = typeof data === 'string' ? data : Buffer.from(data).toString();
    ask('write', `${this.#number}${text}`);
    const last = typeof encoding === 'function' ? encoding : done;
    if (last) setImmediate(last);
    return true;
  }
  end(data) {
    if (data !== undefined) this.write(data);
    return this;
  }
}

class Process extends EventEmitter {
  title = 'node';
  pid = 1;
  ppid = 0;
  platform = 'linux';
  arch = 'wasm32';
  version = 'v0.0.0';
  versions = { quickjs: 'ng' };
  release = { name: 'quickjs' };
  execArgv = [];
  env = {};
  argv = [];
  argv0 = 'node';
  execPath = '/usr/bin/node';
  exitCode = undefined;
  stdout = new Output(1);
  stderr = new Output(2);
  stdin = new ReadStream(0);

  cwd() {
    return CWD;
  }
  chdir() {
    throw new Error(`a program stays in ${CWD}`);
  }
  exit(code = this.exitCode ?? 0) {
    this.exitCode = code;
    this.emit('exit', code);
    ask('exit', String(Number(this.exitCode) & 0xff));
  }
  nextTick(action, ...args) {
    queueMicrotask(() => action(...args));
  }
  hrtime(since = [0, 0]) {
    const ns = this.hrtime.bigint() - (BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
    return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
  }
  uptime() {
    return (performance.now() - began) / 1000;
  }
  memoryUsage() {
    return { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
  }
  emitWarning(warning) {
    ask('write', `2(node:1) ${warning?.name ?? 'Warning'}: ${warning?.message ?? warning}\n`);
  }
}

Process.prototype.hrtime.bigint = () => BigInt(Math.round(performance.now() * 1e6));

/** The one of this program. */
export const process = new Process();
