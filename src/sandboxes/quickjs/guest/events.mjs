// `EventEmitter` of `node:events`.

/** Calls listeners by the name of what happens. */
export class EventEmitter {
  #listeners = new Map();

  on(name, listener) {
    this.#listeners.set(name, [...this.listeners(name), listener]);
    return this;
  }
  addListener(name, listener) {
    return this.on(name, listener);
  }
  once(name, listener) {
    const single = (...args) => {
      this.off(name, single);
      listener.apply(this, args);
    };
    single.listener = listener;
    return this.on(name, single);
  }
  off(name, listener) {
    const left = this.listeners(name).filter(
      (one) => one !== listener && one.listener !== listener,
    );
    this.#listeners.set(name, left);
    return this;
  }
  removeListener(name, listener) {
    return this.off(name, listener);
  }
  removeAllListeners(name) {
    if (name === undefined) this.#listeners.clear();
    else this.#listeners.delete(name);
    return this;
  }
  emit(name, ...args) {
    const listeners = this.listeners(name);
    if (listeners.length === 0 && name === 'error') throw args[0];
    for (const listener of listeners) listener.apply(this, args);
    return listeners.length > 0;
  }
  listeners(name) {
    return this.#listeners.get(name) ?? [];
  }
  listenerCount(name) {
    return this.listeners(name).length;
  }
  eventNames() {
    return [...this.#listeners.keys()];
  }
  setMaxListeners() {
    return this;
  }
}

/** Resolves with the arguments of the next event of that name; rejects when `error` comes first. */
export function once(emitter, name) {
  return new Promise((resolve, reject) => {
    emitter.once(name, (...args) => resolve(args));
    if (name !== 'error') emitter.once('error', reject);
  });
}
