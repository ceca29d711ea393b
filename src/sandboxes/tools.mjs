// Tools of the host as a program sees them: `tools.call`, `tools.callSync`, `tools.list`. Loaded only
// for programs that were given tools.
import fs from 'node:fs';
import net from 'node:net';

const MOST_BYTES = 1024 * 1024;
/** Looks without a pause before a waiting call sleeps between them, in milliseconds each. */
const LOOKS = 20_000;
const PAUSE_MS = 0.2;

/** Calls that are out at the same time; more wait for their turn, for the host would refuse them. */
const MOST_OUT = 32;

/** A call that did not work; `status` is like that of HTTP, `data` what came with it. */
export class ToolError extends Error {
  name = 'ToolError';
  constructor({ status, error, data }) {
    super(`${error ?? 'the call failed'} (status ${status})`);
    this.status = status;
    this.data = data;
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4));
const pause = () => Atomics.wait(cell, 0, 0, PAUSE_MS);

/** Does again what would have to wait. */
function patiently(action) {
  for (let look = 0; ; look++) {
    try {
      return action();
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      if (look > LOOKS) pause();
    }
  }
}

class Channel {
  #fd;
  #waiting = new Map();
  #buffer = Buffer.alloc(0);
  // What an earlier program of the same box has not read must not be taken for an answer to us.
  #last = Math.floor(Math.random() * 2 ** 40);
  #held = [];
  #socket;

  constructor(fd) {
    this.#fd = fd;
  }

  /** Sends a call; `done` gets the reply. */
  send(name, args, done) {
    this.#last += 1;
    const message = { id: this.#last, name: String(name), args: args ?? {} };
    const text = Buffer.from(JSON.stringify(message));
    if (text.length > MOST_BYTES) {
      throw new ToolError({ status: 413, error: 'the arguments are larger than 1 MiB' });
    }
    const head = Buffer.alloc(4);
    head.writeUInt32BE(text.length);
    this.#waiting.set(this.#last, done);
    const bytes = Buffer.concat([head, text]);
    for (let at = 0; at < bytes.length; ) {
      at += patiently(() => fs.writeSync(this.#fd, bytes, at));
    }
  }

  /** Sends a call as soon as there is room for it. */
  sendInTurn(name, args, done) {
    if (this.#waiting.size < MOST_OUT) this.send(name, args, done);
    else this.#held.push([name, args, done]);
  }

  /** Takes what comes in while the program goes on. */
  listen() {
    if (!this.#socket) {
      this.#socket = new net.Socket({ fd: this.#fd, readable: true, writable: false });
      this.#socket.on('data', (bytes) => this.#take(bytes));
      this.#socket.on('error', () => {});
    }
    this.#socket.ref();
  }

  /** Takes what comes in while the program waits. */
  readNow() {
    const bytes = Buffer.alloc(65_536);
    const got = patiently(() => fs.readSync(this.#fd, bytes, 0, bytes.length, null));
    if (got === 0) throw new ToolError({ status: 503, error: 'the host does not answer' });
    this.#take(bytes.subarray(0, got));
  }

  #take(bytes) {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    while (this.#buffer.length >= 4 && this.#buffer.length >= this.#buffer.readUInt32BE(0) + 4) {
      const end = this.#buffer.readUInt32BE(0) + 4;
      const reply = JSON.parse(this.#buffer.toString('utf8', 4, end));
      this.#buffer = this.#buffer.subarray(end);
      const done = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      done?.(reply);
      const [next] = this.#held.splice(0, done ? 1 : 0);
      if (next) this.send(...next);
    }
    // A program that waits for nothing more may end.
    if (this.#waiting.size === 0) this.#socket?.unref();
  }
}

/** `tools` for programs: calls go out on `fd`, `names` are listed. */
export function makeTools(fd, names) {
  const channel = new Channel(fd);
  const tools = {
    list: () => [...names],
    call: (name, args) =>
      new Promise((resolve, reject) => {
        channel.sendInTurn(name, args, (reply) =>
          reply.ok ? resolve(reply.data) : reject(new ToolError(reply)),
        );
        channel.listen();
      }),
    callSync(name, args) {
      let reply;
      channel.send(name, args, (given) => {
        reply = given;
      });
      while (!reply) channel.readNow();
      if (!reply.ok) throw new ToolError(reply);
      return reply.data;
    },
  };
  return Object.freeze(tools);
}
