const { setTimeout: start, setImmediate: soon } = globalThis;

export const setTimeout = (ms, value) => new Promise((resolve) => start(resolve, ms, value));
export const setImmediate = (value) => new Promise((resolve) => soon(resolve, value));
export async function* setInterval(ms, value) {
  for (;;) yield await setTimeout(ms, value);
}
