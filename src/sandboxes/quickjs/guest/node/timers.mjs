export const { setTimeout, setInterval, setImmediate } = globalThis;
export const { clearTimeout, clearInterval, clearImmediate } = globalThis;
