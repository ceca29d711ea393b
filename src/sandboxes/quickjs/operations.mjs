// What programs may ask of the process around the engine, by name. Each gets text and bytes and gives
// text, bytes, something that JSON can say, or nothing; what it throws is thrown inside.
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileOperations } from './file-operations.mjs';
import { writeText } from './frames.mjs';
import { FsError } from './fs-error.mjs';

const MOST_RANDOM = 65_536;
const NO_CALLS = { ok: false, status: 404, error: 'this program was given no tools' };

/** All of them. `wake` tells the program of what has happened meanwhile. */
export function makeOperations(box) {
  const { files, words, finish, fail } = box;
  const waits = new Waits(box.wake);
  const fileOps = fileOperations(files, words.openFiles);
  return {
    idle: () => waits.idle(),
    operations: {
      write: (text) => writeText(text.startsWith('2') ? 2 : 1, text.slice(1)),
      exit: (text) => finish(Number(text)),
      fail: (text) => fail(JSON.parse(text)),
      files(text, bytes) {
        const { op, ...args } = JSON.parse(text);
        return withoutHostPaths(op, () => fileOps[op](args, bytes));
      },
      ...textOperations(),
      ...waits.operations(),
      ...askOperations(box, waits),
      url: (text) => urlParts(JSON.parse(text)),
      random: (text) => randomBytes(Math.min(MOST_RANDOM, Number(text))),
      digest: (text, bytes) => createHash(text).update(bytes).digest(),
    },
  };
}

/** Errors of the host's own files name its paths: the program learns only that there is one. */
function withoutHostPaths(call, action) {
  try {
    return action();
  } catch (error) {
    throw error instanceof FsError ? error : new FsError('EIO', { call });
  }
}

function textOperations() {
  return {
    bytes(text) {
      const at = text.indexOf('\n');
      return Buffer.from(text.slice(at + 1), text.slice(0, at));
    },
    text: (encoding, bytes) => Buffer.from(bytes.buffer).toString(encoding),
    decode(text, bytes) {
      const { encoding, ...options } = JSON.parse(text);
      return new TextDecoder(encoding, options).decode(bytes);
    },
  };
}

function urlParts({ href, base }) {
  const url = new URL(href, base);
  const { protocol, username, password, hostname, port, pathname, search, hash } = url;
  const parts = { protocol, username, password, hostname, port, pathname, search, hash };
  return { href: url.href, origin: url.origin, host: url.host, ...parts };
}

/** What a program waits for: timers and answers. */
class Waits {
  #wake;
  #timers = new Map();
  #keeping = 0;
  #last = 0;

  constructor(wake) {
    this.#wake = wake;
  }

  /** Whether nothing that keeps a program going is left. */
  idle() {
    return this.#keeping === 0;
  }

  /** Gives the number of a question; calling `answered` tells the program. */
  ask(begin) {
    this.#last += 1;
    const id = String(this.#last);
    this.#keeping += 1;
    begin((reply, bytes) => {
      this.#keeping -= 1;
      this.#wake('answer', JSON.stringify({ ...reply, id }), bytes);
    });
    return id;
  }

  operations() {
    return {
      timer: (text) => this.#start(Number(text)),
      clear: (id) => {
        const timer = this.#timers.get(id);
        if (timer?.soon) clearImmediate(timer.handle);
        else clearTimeout(timer?.handle);
        this.#drop(id);
      },
      hold: (id) => this.#keep(id, true),
      release: (id) => this.#keep(id, false),
    };
  }

  #start(ms) {
    this.#last += 1;
    const id = String(this.#last);
    const fire = () => {
      this.#drop(id);
      this.#wake('timer', id);
    };
    const handle = ms === 0 ? setImmediate(fire) : setTimeout(fire, ms);
    this.#timers.set(id, { handle, soon: ms === 0, keeps: false });
    this.#keep(id, true);
    return id;
  }

  #keep(id, keeps) {
    const timer = this.#timers.get(id);
    if (!timer || timer.keeps === keeps) return;
    timer.keeps = keeps;
    this.#keeping += keeps ? 1 : -1;
  }

  #drop(id) {
    this.#keep(id, false);
    this.#timers.delete(id);
  }
}

function askOperations({ calls, words }, waits) {
  return {
    ask(text) {
      const message = JSON.parse(text);
      return waits.ask((done) => {
        if (message.png) void drawPng(message.png, words.kit).then(...answers(done));
        else if (calls) calls.send(message, done);
        else setImmediate(done, NO_CALLS);
      });
    },
    askSync: (text) => (calls ? calls.sendAndWait(JSON.parse(text)) : NO_CALLS),
  };
}

function answers(done) {
  return [
    (bytes) => done({ ok: true }, bytes),
    (error) => done({ ok: false, status: 500, error: String(error?.message ?? error) }),
  ];
}

/** Pictures are drawn outside of the engine, which has no wasm inside. */
async function drawPng({ svg, options }, kit) {
  if (kit === undefined) throw new Error('there is nothing here that draws PNG; write the SVG');
  const { renderPng } = await import(pathToFileURL(path.join(kit, 'resvg.mjs')).href);
  return await renderPng(String(svg), options);
}
