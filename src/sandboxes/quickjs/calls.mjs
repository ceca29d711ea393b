// The channel to the host's tools: messages of a length (four bytes) and that much JSON, both ways.
import fs from 'node:fs';
import net from 'node:net';
import { patiently, writeAll } from './frames.mjs';

const MOST_BYTES = 1024 * 1024;
/** A waiting call looks so often, in milliseconds. */
const LOOK_MS = 0.05;

/** The box's end of it. */
export class CallPipe {
  #descriptor;
  #socket;
  #last = 0;
  #waiting = new Map();
  #buffer = Buffer.alloc(0);

  constructor(descriptor) {
    this.#descriptor = descriptor;
  }

  /** Sends a message; `done` gets the reply while the program goes on. */
  send(message, done) {
    this.#post(message, done);
    this.#listen();
  }

  /** Sends a message and waits for its reply. */
  sendAndWait(message) {
    let reply;
    this.#post(message, (given) => {
      reply = given;
    });
    while (!reply) this.#readNow();
    return reply;
  }

  #post(message, done) {
    const id = this.#last + 1;
    const text = Buffer.from(JSON.stringify({ id, ...message }));
    if (text.length > MOST_BYTES) {
      done({ ok: false, status: 413, error: 'a call may have 1 MiB' });
      return;
    }
    this.#last = id;
    this.#waiting.set(id, done);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(text.length);
    writeAll(this.#descriptor, Buffer.concat([head, text]));
  }

  #listen() {
    if (this.#waiting.size === 0) return;
    if (!this.#socket) {
      this.#socket = new net.Socket({ fd: this.#descriptor, readable: true, writable: false });
      this.#socket.on('data', (bytes) => this.#take(bytes));
      this.#socket.on('error', () => {});
      this.#socket.on('close', () => this.#hangUp());
    }
    this.#socket.ref();
  }

  #readNow() {
    const bytes = Buffer.alloc(65_536);
    const read = () => fs.readSync(this.#descriptor, bytes, 0, bytes.length, null);
    const got = patiently(read, LOOK_MS);
    if (got === 0) this.#hangUp();
    else this.#take(bytes.subarray(0, got));
  }

  #take(bytes) {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    while (this.#buffer.length >= 4) {
      const end = this.#buffer.readUInt32BE(0) + 4;
      if (this.#buffer.length < end) return;
      const reply = JSON.parse(this.#buffer.toString('utf8', 4, end));
      this.#buffer = this.#buffer.subarray(end);
      this.#answer(reply);
    }
  }

  #answer(reply) {
    const done = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#socket?.unref();
    done?.(reply);
  }

  #hangUp() {
    const error = 'the host does not answer any more';
    for (const id of [...this.#waiting.keys()]) this.#answer({ id, ok: false, status: 503, error });
  }
}
