import { EventEmitter } from '../events.mjs';

/** Lines of a stream: an async iterable, and an emitter of `line` and `close`. */
class Interface extends EventEmitter {
  #input;
  #started = false;

  constructor({ input }) {
    super();
    this.#input = input;
  }
  on(name, listener) {
    super.on(name, listener);
    if (name === 'line' && !this.#started) {
      this.#started = true;
      setImmediate(() => this.#flow());
    }
    return this;
  }
  async #flow() {
    for await (const line of this) this.emit('line', line);
    this.emit('close');
  }
  async *[Symbol.asyncIterator]() {
    let rest = '';
    this.#input.setEncoding?.('utf8');
    for await (const piece of this.#input) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop();
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    }
    if (rest !== '') yield rest;
  }
  close() {
    return this;
  }
}

export const createInterface = (options) =>
  new Interface(options.input ? options : { input: options });
