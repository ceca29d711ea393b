// What the libraries expect of every platform and a bare engine does not have. What is there stays.

/** UTF-8 only, without streams: what the libraries use. */
class PlainTextDecoder {
  decode(bytes = new Uint8Array()) {
    const view = ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes);
    const escaped = Array.from(view, (byte) => `%${byte.toString(16).padStart(2, '0')}`);
    return decodeURIComponent(escaped.join(''));
  }
}

class PlainTextEncoder {
  encode(text = '') {
    const escaped = encodeURIComponent(String(text).toWellFormed());
    const units = escaped.match(/%..|[^%]/g) ?? [];
    return Uint8Array.from(units, (unit) =>
      unit.length === 3 ? Number.parseInt(unit.slice(1), 16) : unit.charCodeAt(0),
    );
  }
}

/** A copy of data: dates, lists and records. */
function copyOf(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value);
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)]));
}

const MISSING = {
  TextDecoder: PlainTextDecoder,
  TextEncoder: PlainTextEncoder,
  structuredClone: copyOf,
  performance: { now: () => Date.now() },
  queueMicrotask: (run) => void Promise.resolve().then(run),
};
for (const [name, value] of Object.entries(MISSING)) globalThis[name] ??= value;
