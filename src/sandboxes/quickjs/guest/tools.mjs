// The host's tools, and requests to the hosts that a program may reach: both go over one channel.
import { ask, askJson, bufferOf } from './bridge.mjs';
import { decode, encode } from './buffer.mjs';

/** A call that did not work; `status` is like that of HTTP, `data` what came with it. */
export class ToolError extends Error {
  constructor({ status, error, data }) {
    super(`${error ?? 'the call failed'} (status ${status})`);
    Object.assign(this, { name: 'ToolError', status, data });
  }
}

const waiting = new Map();

/** An answer of the host to what was asked. */
export function answered({ id, ...reply }, bytes) {
  const done = waiting.get(id);
  waiting.delete(id);
  done?.({ ...reply, bytes });
}

function asked(message) {
  return new Promise((resolve) => {
    waiting.set(askJson('ask', message), resolve);
  });
}

function dataOf(reply) {
  if (reply.ok) return reply.data;
  throw new ToolError(reply);
}

/** `tools` of a program that has these. */
export function makeTools(names) {
  const message = (name, args) => ({ name: String(name), args: args ?? {} });
  return Object.freeze({
    list: () => [...names],
    call: async (name, args) => dataOf(await asked(message(name, args))),
    callSync: (name, args) => dataOf(askJson('askSync', message(name, args))),
  });
}

/** Draws an SVG as a PNG; resolves with its bytes. */
export async function renderPng(svg, options = {}) {
  const reply = await asked({ png: { svg, options } });
  if (!reply.ok) throw new Error(reply.error);
  return new Uint8Array(reply.bytes);
}

/** Names and values of a message's head. */
class Headers {
  #values = new Map();
  constructor(init = {}) {
    const entries = Symbol.iterator in Object(init) ? init : Object.entries(init);
    for (const [name, value] of entries) this.append(name, value);
  }
  append(name, value) {
    const had = this.get(name);
    this.set(name, had === null ? value : `${had}, ${value}`);
  }
  set(name, value) {
    this.#values.set(String(name).toLowerCase(), String(value));
  }
  get(name) {
    return this.#values.get(String(name).toLowerCase()) ?? null;
  }
  has(name) {
    return this.#values.has(String(name).toLowerCase());
  }
  delete(name) {
    this.#values.delete(String(name).toLowerCase());
  }
  forEach(action) {
    for (const [name, value] of this) action(value, name, this);
  }
  entries() {
    return this.#values.entries();
  }
  keys() {
    return this.#values.keys();
  }
  values() {
    return this.#values.values();
  }
  [Symbol.iterator]() {
    return this.#values.entries();
  }
}

/** What came back. */
class Response {
  #bytes;
  constructor({ status, headers, url }, bytes) {
    Object.assign(this, { status, url, ok: status >= 200 && status < 300, statusText: '' });
    this.headers = new Headers(headers);
    this.#bytes = bytes;
  }
  async arrayBuffer() {
    return this.#bytes.slice(0);
  }
  async bytes() {
    return new Uint8Array(this.#bytes);
  }
  async text() {
    return decode(new Uint8Array(this.#bytes), 'utf8');
  }
  async json() {
    return JSON.parse(await this.text());
  }
}

function bodyOf(body) {
  if (body === undefined || body === null) return undefined;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return ask('text', 'base64', bufferOf(body));
  }
  return decode(encode(String(body), 'utf8'), 'base64');
}

/** `fetch` by way of the host. */
export async function fetch(input, init = {}) {
  const url = new URL(String(input?.url ?? input)).href;
  const headers = new Headers(init.headers);
  if (init.body instanceof URLSearchParams && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  const body = bodyOf(init.body);
  const request = { url, method: init.method ?? 'GET', headers: Object.fromEntries(headers) };
  const reply = await asked({ fetch: { ...request, ...(body !== undefined && { body }) } });
  if (!reply.ok) throw new TypeError(reply.error ?? `the request failed (status ${reply.status})`);
  return new Response({ url, ...reply.data }, encode(reply.data.body ?? '', 'base64'));
}

/** `fetch` of a box without a network. */
export async function noFetch() {
  throw new TypeError(
    'this box has no network: it has computing, files and the tools of the host only',
  );
}

/** `fetch` and what belongs to it. */
export const network = { fetch, Headers, Response };
