// The engine: one context of QuickJS with its memory, and the one function through which a program
// reaches us. What comes through it is text, bytes or nothing; no object of ours ever goes in.
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant } from 'quickjs-emscripten-core';
import { Rejections } from './rejections.mjs';
import { withTable } from './wasm.mjs';

const PAGES_OF_MIB = 16;
/** Pages that the engine itself begins with. */
const LEAST_PAGES = 256;
const MIB = 1024 * 1024;
const PRELUDE = 'awp:/guest/main.mjs';

/** A context for one program. */
export class Engine {
  #context;
  #dispatch;
  #rejections;
  #for;
  #main;
  #busy = false;
  #later = [];

  /**
   * Compiles the engine, which can hold `memoryMb` MiB in all, and loads what programs find there.
   * `stackBytes`: of its own stack; that of the process has to hold several times as much.
   */
  static async load(modules, { memoryMb, stackBytes }) {
    const maximum = Math.max(LEAST_PAGES, memoryMb * PAGES_OF_MIB);
    const wasmMemory = new WebAssembly.Memory({ initial: LEAST_PAGES, maximum });
    const compiled = new WebAssembly.Module(
      withTable(modules.get('engine/emscripten-module.wasm')),
    );
    const inner = {};
    const make = async (load) => {
      inner.module = await load({
        wasmMemory,
        instantiateWasm(imports, done) {
          const instance = new WebAssembly.Instance(compiled, imports);
          inner.table = instance.exports.table;
          done(instance);
        },
      });
      return inner.module;
    };
    const quickjs = await newQuickJSWASMModuleFromVariant({
      ...variant,
      importModuleLoader: async () => {
        const load = await variant.importModuleLoader();
        return () => make(load);
      },
    });
    return new Engine({ quickjs, inner, bytes: memoryMb * MIB, stackBytes, modules });
  }

  constructor({ quickjs, inner, bytes, stackBytes, modules }) {
    const runtime = quickjs.newRuntime();
    runtime.setMemoryLimit(bytes);
    runtime.setMaxStackSize(stackBytes);
    const context = runtime.newContext();
    this.#context = context;
    this.#rejections = new Rejections({ context, runtime, ffi: quickjs.getFFI(), ...inner });
    const inside = (name) => modules.get(name.slice('awp:/'.length))?.toString();
    this.#for = { loader: { load: inside, normal: (base, name) => beside(base, name) } };
    runtime.setModuleLoader(
      (name) => this.#for.loader.load(name),
      (base, name) => this.#for.loader.normal(base, name),
    );
    const host = context.newFunction('host', (...handles) => this.#serve(handles));
    context.setProp(context.global, '__host', host);
    host.dispose();
    this.#evaluate(PRELUDE, inside(PRELUDE)).dispose();
    this.#dispatch = context.getProp(context.global, '__dispatch');
    this.#evaluate(PRELUDE, 'delete globalThis.__dispatch; delete globalThis.__host;').dispose();
  }

  /**
   * Runs a program. `use`: `operations` (by name: text and bytes in, text, bytes or nothing out),
   * `loader`, `interrupted` (asked again and again), `facts` for what programs find, `idle` (whether
   * nothing is waited for any more), `unsettled` (called when the program waits for itself).
   */
  run({ name, source, ...use }) {
    this.#for = use;
    this.#context.runtime.setInterruptHandler(use.interrupted);
    this.#turn(() => {
      this.#call('begin', JSON.stringify(use.facts));
      const result = this.#context.evalCode(source, name, { type: 'module' });
      if (result.error) this.#uncaught(result.error);
      else this.#main = result.value;
    });
  }

  /** Tells the program that something has happened; later, if it is in the middle of something. */
  tell(kind, text, bytes) {
    const news = () => this.#callWithBytes(kind, text, bytes);
    if (this.#busy) this.#later.push(news);
    else this.#turn(news);
  }

  #turn(action) {
    this.#busy = true;
    for (let next = action; next; next = this.#later.shift()) {
      next();
      this.#settle();
    }
    if (this.#for.idle()) this.#end();
    this.#busy = false;
  }

  #end() {
    const state = this.#main && this.#context.getPromiseState(this.#main);
    if (state?.type === 'pending') this.#for.unsettled();
    // This may give the program something to wait for again.
    this.#call('idle');
    this.#settle();
    if (this.#for.idle()) this.#call('end');
  }

  #settle() {
    const { runtime } = this.#context;
    for (;;) {
      const { error } = runtime.executePendingJobs();
      if (error) this.#uncaught(error);
      const reason = this.#rejections.take();
      if (reason) this.#uncaught(reason);
      if (!reason && !error) return;
    }
  }

  #uncaught(handle) {
    this.#call('uncaught', undefined, handle);
    handle.dispose();
  }

  /** Calls the one function that the program's side gave us; `value` is a handle. */
  #call(kind, text, value) {
    const context = this.#context;
    const words = [context.newString(kind)];
    words.push(text === undefined ? context.undefined : context.newString(safe(text)));
    const given = [...words, value ?? context.undefined];
    const result = context.callFunction(this.#dispatch, context.undefined, ...given);
    for (const word of words) if (word !== context.undefined) word.dispose();
    if (!result.error) return result.value.dispose();
    // What reports errors cannot be reported by the same way.
    if (kind !== 'uncaught') return this.#uncaught(result.error);
    const error = context.dump(result.error);
    throw new WebAssembly.RuntimeError(String(error?.message ?? error));
  }

  #callWithBytes(kind, text, bytes) {
    const buffer = bytes && this.#context.newArrayBuffer(exact(bytes));
    this.#call(kind, text, buffer);
    buffer?.dispose();
  }

  #serve([op, text, bytes]) {
    const context = this.#context;
    const name = context.getString(op);
    const word = text && context.typeof(text) === 'string' ? context.getString(text) : '';
    try {
      const result = this.#for.operations[name](plain(word), this.#bytesOf(bytes));
      if (result === undefined) return undefined;
      if (result instanceof Uint8Array) return context.newArrayBuffer(exact(result));
      if (typeof result === 'string') return context.newString(safe(result));
      return context.newString(`j${JSON.stringify(result)}`);
    } catch (error) {
      const { message, facts } = error;
      return context.newString(`e${JSON.stringify({ name: error.name, message, ...facts })}`);
    }
  }

  #bytesOf(handle) {
    if (!handle || this.#context.typeof(handle) !== 'object') return new Uint8Array();
    const view = this.#context.getArrayBuffer(handle);
    const bytes = view.value.slice();
    view.dispose();
    return bytes;
  }

  #evaluate(name, source) {
    const result = this.#context.evalCode(source, name, { type: 'module' });
    this.#context.runtime.executePendingJobs();
    const state = result.error ? result : this.#context.getPromiseState(result.value);
    if (state.error) throw new Error(JSON.stringify(this.#context.dump(state.error)));
    return result.value;
  }
}

function beside(base, name) {
  return name.startsWith('awp:') ? name : new URL(name, base).href;
}

/** Text as it was before it was packed: `r` and the text, or `j` and its JSON. */
function plain(word) {
  return word.startsWith('j') ? JSON.parse(word.slice(1)) : word.slice(1);
}

/** Strings of the engine end at a zero, and have no half characters. */
function safe(text) {
  return text.includes('\0') || !text.isWellFormed() ? `j${JSON.stringify(text)}` : `r${text}`;
}

function exact(bytes) {
  const { buffer, byteOffset, length } = bytes;
  return buffer.byteLength === length ? buffer : buffer.slice(byteOffset, byteOffset + length);
}
