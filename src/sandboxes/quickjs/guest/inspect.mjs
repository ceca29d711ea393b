// Values as a reader understands them, close to what Node prints.
import { headOf } from './bridge.mjs';

const WIDTH = 80;
const DEPTH = 2;
const MOST_ITEMS = 100;
const MOST_CHARS = 10_000;
/** Levels of nesting that may share a line. */
const LEVELS_OF_LINE = 3;
const ARRAY_ROW = 6;
const ROW_WIDTH = 76;
/** The symbol by which a value says itself how it is shown. */
export const CUSTOM = Symbol.for('nodejs.util.inspect.custom');
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const TypedArray = Object.getPrototypeOf(Uint8Array);
const ESCAPES = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\b': '\\b', '\f': '\\f', '\\': '\\\\' };

/** One value as text. `depth`: levels below the first that are shown; 2 when left out. */
export function inspect(value, { depth = DEPTH } = {}) {
  const most = depth === null ? Infinity : depth;
  return show(value, { level: 0, indent: 0, most, above: [], circular: new Map() });
}

function quote(text) {
  const mark = !text.includes("'")
    ? "'"
    : !text.includes('"')
      ? '"'
      : !text.includes('`')
        ? '`'
        : "'";
  // biome would have the control characters written out; they are what is looked for.
  const escaped = Array.from(text, (char) => {
    if (ESCAPES[char]) return ESCAPES[char];
    if (char === mark) return `\\${char}`;
    return char < ' '
      ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`
      : char;
  });
  return `${mark}${escaped.join('')}${mark}`;
}

function showText(text) {
  if (text.length <= MOST_CHARS) return quote(text);
  const more = text.length - MOST_CHARS;
  return `${quote(text.slice(0, MOST_CHARS))}... ${more} more character${more > 1 ? 's' : ''}`;
}

function showPrimitive(value) {
  if (typeof value === 'string') return showText(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

function show(value, state) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    return showPrimitive(value);
  }
  if (state.above.includes(value)) {
    const number = state.circular.get(value) ?? state.circular.size + 1;
    state.circular.set(value, number);
    return `[Circular *${number}]`;
  }
  const custom = value[CUSTOM];
  if (typeof custom === 'function') {
    const given = custom.call(value, state.most - state.level, {}, inspect);
    return typeof given === 'string' ? given : show(given, state);
  }
  const below = { ...state, above: [...state.above, value] };
  const text = showObject(value, below);
  const number = state.circular.get(value);
  return number === undefined ? text : `<ref *${number}> ${text}`;
}

function classOf(value) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return undefined;
  const made = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return made?.name || classOf(prototype) || 'Object';
}

/** Begin and end, what stands before them, and the entries of what an object is besides its names. */
function shapeOf(value, name, state) {
  if (Array.isArray(value)) {
    const prefix = name === 'Array' ? '' : `${name}(${value.length}) `;
    return { open: `${prefix}[`, close: ']', items: arrayItems(value, state), array: true };
  }
  if (value instanceof TypedArray) {
    const items = Array.from(value.subarray(0, MOST_ITEMS), showPrimitive);
    const open = `${name}(${value.length}) [`;
    return { open, close: ']', items: withMore(items, value.length), array: true };
  }
  if (value instanceof Map) {
    const entries = firstOf(
      value,
      state,
      ([key, its]) => `${show(key, state)} => ${show(its, state)}`,
    );
    return { open: `${name}(${value.size}) {`, close: '}', items: entries };
  }
  if (value instanceof Set) {
    const entries = firstOf(value, state, (one) => show(one, state));
    return { open: `${name}(${value.size}) {`, close: '}', items: entries };
  }
  const prefix =
    name === undefined ? '[Object: null prototype] ' : name === 'Object' ? '' : `${name} `;
  const tag = value[Symbol.toStringTag];
  const tagged =
    typeof tag === 'string' && tag !== '' && tag !== name
      ? `${prefix || 'Object '}[${tag}] `
      : prefix;
  return { open: `${tagged}{`, close: '}', items: [] };
}

function firstOf(collection, _state, say) {
  const items = [];
  for (const one of collection) {
    if (items.length === MOST_ITEMS) break;
    items.push(say(one));
  }
  return withMore(items, collection.size);
}

function withMore(items, count) {
  const more = count - MOST_ITEMS;
  if (more > 0) items.push(`... ${more} more item${more > 1 ? 's' : ''}`);
  return items;
}

function arrayItems(value, state) {
  const items = [];
  let holes = 0;
  const flush = () => {
    if (holes > 0) items.push(`<${holes} empty item${holes > 1 ? 's' : ''}>`);
    holes = 0;
  };
  let index = 0;
  for (; index < value.length && items.length < MOST_ITEMS; index++) {
    if (!Object.hasOwn(value, index)) {
      holes += 1;
      continue;
    }
    flush();
    items.push(show(value[index], state));
  }
  flush();
  const more = value.length - index;
  if (more > 0) items.push(`... ${more} more item${more > 1 ? 's' : ''}`);
  return items;
}

function functionText(value, name) {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  if (isClass) return `[class ${value.name === '' ? '(anonymous)' : value.name}]`;
  return `[${name}${value.name === '' ? ' (anonymous)' : `: ${value.name}`}]`;
}

/** What stands for a value whole: functions, errors, dates and the like. */
function baseOf(value, name) {
  if (typeof value === 'function') return functionText(value, name);
  if (value instanceof Error) return errorText(value);
  if (value instanceof RegExp) return String(value);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  const isBoxed = [Number, String, Boolean].some((Class) => value instanceof Class);
  return isBoxed ? `[${name}: ${showPrimitive(value.valueOf())}]` : undefined;
}

function errorText(error) {
  const { stack } = error;
  const head = headOf(error);
  if (typeof stack !== 'string' || stack === '') return `[${head}]`;
  // The name or the message may have been set after the frames were written down.
  const at = stack.indexOf('\n    at ');
  const frames = at < 0 ? '' : stack.slice(at);
  return frames === '' && !stack.startsWith(head) ? stack : `${head}${frames}`;
}

function keysOf(value) {
  const isListed = Array.isArray(value) || value instanceof TypedArray || value instanceof String;
  const names = Object.keys(value).filter((key) => !isListed || !/^\d+$/.test(key));
  if (value instanceof Error) {
    for (const key of ['cause', 'errors']) {
      if (Object.hasOwn(value, key) && !names.includes(key)) names.push(key);
    }
  }
  const symbols = Object.getOwnPropertySymbols(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key),
  );
  return [...names, ...symbols];
}

function showEntry(value, key, state) {
  const { get, set, value: its } = Object.getOwnPropertyDescriptor(value, key) ?? {};
  const name = typeof key === 'symbol' ? String(key) : IDENTIFIER.test(key) ? key : quote(key);
  const shownKey =
    value instanceof Error && (key === 'cause' || key === 'errors') ? `[${key}]` : name;
  const text =
    get || set
      ? `[${[get && 'Getter', set && 'Setter'].filter(Boolean).join('/')}]`
      : show(its, state);
  return `${shownKey}: ${text}`;
}

function showObject(value, state) {
  const name = classOf(value);
  const base = baseOf(value, name)?.replaceAll('\n', `\n${' '.repeat(state.indent)}`);
  const keys = keysOf(value);
  if (base !== undefined && keys.length === 0) return base;
  if (state.level > state.most) return `[${Array.isArray(value) ? 'Array' : (name ?? 'Object')}]`;
  const below = { ...state, level: state.level + 1, indent: state.indent + 2 };
  const shape =
    base === undefined ? shapeOf(value, name, below) : { open: `${base} {`, close: '}', items: [] };
  const entries = [...shape.items, ...keys.map((key) => showEntry(value, key, below))];
  if (entries.length === 0) return `${shape.open}${shape.close}`;
  return fold(shape, entries, state);
}

/** Everything on one line where it fits, as Node reckons it; else one line for each entry. */
function fold({ open, close, array }, entries, { indent }) {
  const isFlat = !entries.some((text) => text.includes('\n'));
  const isRows = array && isFlat && entries.length > ARRAY_ROW;
  const length = entries.reduce((sum, text) => sum + text.length + 2, open.length + indent + 10);
  const nested = entries.reduce((most, text) => Math.max(most, nesting(text)), 0);
  const hasRoom = length <= WIDTH && !(isRows && length > WIDTH - ARRAY_ROW);
  if (isFlat && hasRoom && nested < LEVELS_OF_LINE) {
    return `${open} ${entries.join(', ')} ${close}`;
  }
  const lines = isRows ? rows(entries, indent) : entries;
  const space = ' '.repeat(indent);
  return `${open}\n${space}  ${lines.join(`,\n${space}  `)}\n${space}${close}`;
}

/** How deep brackets are nested in a line. */
function nesting(text) {
  let depth = 0;
  let most = 0;
  for (const char of text.slice(0, WIDTH).replaceAll(/\[\w+\]/g, '')) {
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

/** Entries of a list side by side, as many as a line holds. */
function rows(entries, indent) {
  const lines = [];
  let line = '';
  for (const text of entries) {
    if (line !== '' && line.length + text.length + indent + 2 > ROW_WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? text : `, ${text}`;
  }
  return line === '' ? lines : [...lines, line];
}
