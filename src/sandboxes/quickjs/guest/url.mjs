// `URL` and `URLSearchParams`; an address is read by the process around the engine.
import { askJson } from './bridge.mjs';
import { CUSTOM } from './inspect.mjs';

const PARTS = [
  ...['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'],
];

function read(href, base) {
  try {
    return askJson('url', {
      href: String(href),
      ...(base !== undefined && { base: String(base) }),
    });
  } catch {
    throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: href });
  }
}

const plus = (text) =>
  encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replace(/[!'()~]/g, percent);
const percent = (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

function unescaped(text) {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** Pairs of a query. */
export class URLSearchParams {
  #pairs = [];
  #changed;

  constructor(init = '', changed = () => {}) {
    this.#changed = changed;
    if (typeof init === 'object' && init !== null) {
      const entries = Symbol.iterator in init ? [...init] : Object.entries(init);
      this.#pairs = entries.map(([name, value]) => [String(name), String(value)]);
      return;
    }
    for (const part of String(init).replace(/^\?/, '').split('&')) {
      if (part === '') continue;
      const [name, ...value] = part.split('=');
      this.#pairs.push([unescaped(name), unescaped(value.join('='))]);
    }
  }
  get size() {
    return this.#pairs.length;
  }
  get(name) {
    return this.#pairs.find(([key]) => key === name)?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.flatMap(([key, value]) => (key === name ? [value] : []));
  }
  has(name) {
    return this.#pairs.some(([key]) => key === name);
  }
  append(name, value) {
    this.#pairs.push([String(name), String(value)]);
    this.#changed(this.toString());
  }
  set(name, value) {
    const found = this.#pairs.find(([key]) => key === name);
    if (!found) return this.append(name, value);
    found[1] = String(value);
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== name || pair === found);
    this.#changed(this.toString());
  }
  delete(name) {
    this.#pairs = this.#pairs.filter(([key]) => key !== name);
    this.#changed(this.toString());
  }
  sort() {
    this.#pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    this.#changed(this.toString());
  }
  forEach(action) {
    for (const [name, value] of this.#pairs) action(value, name, this);
  }
  *entries() {
    for (const [name, value] of this.#pairs) yield [name, value];
  }
  *keys() {
    for (const [name] of this.#pairs) yield name;
  }
  *values() {
    for (const [, value] of this.#pairs) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return this.#pairs.map(([name, value]) => `${plus(name)}=${plus(value)}`).join('&');
  }
}

/** An address. */
export class URL {
  #parts;
  #query;

  constructor(href, base) {
    this.#parts = read(href, base);
    this.#readQuery();
  }
  static canParse(href, base) {
    return URL.parse(href, base) !== null;
  }
  static parse(href, base) {
    try {
      return new URL(href, base);
    } catch {
      return null;
    }
  }
  #readQuery() {
    this.#query = new URLSearchParams(this.#parts.search, (text) => {
      this.#parts = read(this.#withPart('search', text === '' ? '' : `?${text}`));
    });
  }
  #withPart(name, value) {
    const part = { ...this.#parts, [name]: String(value) };
    const { protocol, username, password, hostname, port, pathname, search, hash } = part;
    const user = username === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
    const slashes = this.#parts.href.startsWith(`${this.#parts.protocol}//`) ? '//' : '';
    const at = port === '' ? '' : `:${port}`;
    return `${protocol}${slashes}${user}${hostname}${at}${pathname}${prefixed('?', search)}${prefixed('#', hash)}`;
  }
  get href() {
    return this.#parts.href;
  }
  set href(value) {
    this.#parts = read(value);
    this.#readQuery();
  }
  get origin() {
    return this.#parts.origin;
  }
  get host() {
    return this.#parts.host;
  }
  get searchParams() {
    return this.#query;
  }
  part(name) {
    return this.#parts[name];
  }
  change(name, value) {
    this.#parts = read(this.#withPart(name, value));
    this.#readQuery();
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
  [CUSTOM]() {
    return `URL { href: '${this.href}' }`;
  }
}

function prefixed(sign, text) {
  return text === '' || text.startsWith(sign) ? text : sign + text;
}

for (const name of PARTS) {
  Object.defineProperty(URL.prototype, name, {
    configurable: true,
    get() {
      return this.part(name);
    },
    set(value) {
      this.change(name, value);
    },
  });
}
