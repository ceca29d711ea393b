// Promises that were rejected and that nobody has looked at. The engine has a place for a function
// that is told of them, but no door of its package leads there: it is written where the engine looks.
import { wasmFunction } from './wasm.mjs';

const I32 = 0x7f;
const I64 = 0x7e;
/** (context, promise, reason, whether it is handled now, what was registered with the function) */
const KINDS = [I32, I64, I64, I32, I32];
/** Bytes of a runtime's record that are looked at. */
const RECORD_BYTES = 1024;
const VALUE_BYTES = 8;
const WORD_BYTES = 4;
/** From the interrupt handler to our function, and from there to the queue of jobs. */
const WORDS_TO_PLACE = 5;
const WORDS_TO_QUEUE = 2;

/** The rejected promises of one context. */
export class Rejections {
  #context;
  #ffi;
  #module;
  #held = new Map();

  /** Begins to listen. `table`: the engine's functions. */
  constructor({ context, runtime, ffi, module, table }) {
    this.#context = context;
    this.#ffi = ffi;
    this.#module = module;
    const place = placeIn(runtime, module);
    const index = table.length;
    table.grow(1);
    const hear = (...[, promise, reason, handled]) =>
      handled ? this.#forget(promise) : this.#keep(promise, reason);
    table.set(index, wasmFunction(KINDS, hear));
    new DataView(module.HEAPU8.buffer).setUint32(place, index, true);
  }

  /** The reason of the first that is still unhandled, as a handle; undefined when there is none. */
  take() {
    const [first] = this.#held;
    if (!first) return undefined;
    const [promise, { kept, reason }] = first;
    this.#held.delete(promise);
    this.#free(kept);
    return this.#context.getMemory(this.#context.runtime.rt.value).heapValueHandle(reason);
  }

  #keep(promise, reason) {
    if (this.#held.has(promise)) return;
    // The promise is kept too: its number would else be given to the next one.
    this.#held.set(promise, { kept: this.#copy(promise), reason: this.#copy(reason) });
  }

  #forget(promise) {
    const entry = this.#held.get(promise);
    if (!entry) return;
    this.#held.delete(promise);
    this.#free(entry.kept);
    this.#free(entry.reason);
  }

  #copy(value) {
    const pointer = this.#module._malloc(VALUE_BYTES);
    new DataView(this.#module.HEAPU8.buffer).setBigInt64(pointer, value, true);
    const copy = this.#ffi.QTS_DupValuePointer(this.#context.ctx.value, pointer);
    this.#module._free(pointer);
    return copy;
  }

  #free(pointer) {
    this.#ffi.QTS_FreeValuePointer(this.#context.ctx.value, pointer);
  }
}

/**
 * Address of the record's word for our function. The interrupt handler's is found by setting one. The
 * words after it are: what was registered with it, three of promise hooks, ours, what is registered
 * with ours, and the queue of jobs, which points to itself while it is empty.
 */
function placeIn(runtime, module) {
  const start = runtime.rt.value;
  const words = () => new Uint32Array(module.HEAPU8.slice(start, start + RECORD_BYTES).buffer);
  const before = words();
  runtime.setInterruptHandler(() => false);
  const after = words();
  const handler = after.findIndex((word, index) => word !== before[index]);
  const place = handler + WORDS_TO_PLACE;
  const queue = place + WORDS_TO_QUEUE;
  const isEmpty = after.subarray(handler + 2, queue).every((word) => word === 0);
  if (handler < 0 || !isEmpty || after[queue] !== start + queue * WORD_BYTES) {
    throw new Error('the engine keeps its handlers where they are not expected');
  }
  return start + place * WORD_BYTES;
}
