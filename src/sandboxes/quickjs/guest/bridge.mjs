// The one way out of the engine: an operation by name, with text and bytes, for text, bytes or nothing.
const host = globalThis.__host;
const { parse, stringify } = JSON;

// What stands between the programs' frames is ours.
const OURS = 'awp:/';
const MOST_FRAMES = 10;

/** The frames of an error as Node writes them. */
Error.prepareStackTrace = (error, sites) => {
  const frames = [];
  for (const site of sites) {
    const file = site.getFileName();
    if (!file || file.startsWith(OURS) || file === '<input>') continue;
    const line = site.getLineNumber();
    // The engine counts the columns of the first line from 0 and all others from 1.
    const place = `${file}:${line}:${site.getColumnNumber() + (line === 1 ? 1 : 0)}`;
    const name = site.getFunctionName();
    frames.push(`\n    at ${name && name !== '<eval>' ? `${name} (${place})` : place}`);
    if (frames.length === MOST_FRAMES) break;
  }
  return `${headOf(error)}${frames.join('')}`;
};

/** `Name: message` of an error. */
export function headOf(error) {
  try {
    const name = error.name ?? 'Error';
    const { message = '' } = error;
    return message === '' ? String(name) : `${name}: ${message}`;
  } catch {
    return 'Error';
  }
}

const CLASSES = { TypeError, RangeError, SyntaxError };

function raise({ name, message, ...facts }) {
  const Class = CLASSES[name] ?? Error;
  const error = new Class(message);
  for (const key of Object.keys(facts)) error[key] = facts[key];
  throw error;
}

/** Strings end at a zero on their way, and have no half characters: those go as JSON. */
function packed(text) {
  return text.includes('\0') || !text.isWellFormed() ? `j${stringify(text)}` : `r${text}`;
}

function unpacked(word) {
  if (word[0] === 'r') return word.slice(1);
  const value = parse(word.slice(1));
  return word[0] === 'e' ? raise(value) : value;
}

/** Does it. `bytes` is an `ArrayBuffer`. Throws what the operation throws. */
export function ask(operation, text = '', bytes = undefined) {
  const result = host(operation, packed(text), bytes);
  return typeof result === 'string' ? unpacked(result) : result;
}

/** Does it with arguments as JSON. */
export function askJson(operation, value, bytes = undefined) {
  return ask(operation, stringify(value), bytes);
}

/** What the host says, unpacked. */
export function heard(word) {
  return word === undefined ? undefined : unpacked(word);
}

/** The bytes of a view or a buffer, alone in a buffer. */
export function bufferOf(data) {
  if (data instanceof ArrayBuffer) return data;
  const { buffer, byteOffset, byteLength } = data;
  if (!(buffer instanceof ArrayBuffer)) return new Uint8Array(data).buffer;
  if (byteLength === buffer.byteLength) return buffer;
  return buffer.slice(byteOffset, byteOffset + byteLength);
}
