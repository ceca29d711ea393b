// Tools of the host as a program sees them, and `fetch` for the hosts that it may reach: both are
// messages to the host. Deno itself has no network.
import { Buffer } from 'node:buffer';
import { Worker } from 'node:worker_threads';
import channel from './calls.mjs' with { type: 'text' };

const MOST_BYTES = 1024 * 1024;
const HEAD_BYTES = 8;

/** A call that did not work; `status` is like that of HTTP, `data` what came with it. */
export class ToolError extends Error {
  name = 'ToolError';
  constructor({ status, error, data }) {
    super(`${error ?? 'the call failed'} (status ${status})`);
    this.status = status;
    this.data = data;
  }
}

const waiting = new Map();
let thread;
let last = 0;

/** The thread with the channel is started by the first call: most programs make none. */
function threadFor(fd) {
  if (!thread) {
    const url = new URL(`data:text/javascript;base64,${Buffer.from(channel).toString('base64')}`);
    thread = new Worker(url, { workerData: fd });
    thread.on('message', (text) => {
      const reply = JSON.parse(text);
      waiting.get(reply.id)?.(reply);
      waiting.delete(reply.id);
      if (waiting.size === 0) thread.unref();
    });
    thread.unref();
  }
  return thread;
}

function messageOf(what) {
  last += 1;
  const text = JSON.stringify({ id: last, ...what });
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new ToolError({ status: 413, error: 'the arguments are larger than 1 MiB' });
  }
  return { id: last, text };
}

/** Sends a message; resolves with the reply of the host, whatever it says. */
export async function ask(fd, what) {
  const message = messageOf(what);
  return await new Promise((resolve) => {
    waiting.set(message.id, resolve);
    threadFor(fd).ref();
    threadFor(fd).postMessage(message);
  });
}

let shared;
function askAndWait(fd, what) {
  shared ??= new SharedArrayBuffer(HEAD_BYTES + MOST_BYTES);
  const state = new Int32Array(shared, 0, 2);
  state[0] = 0;
  threadFor(fd).postMessage({ ...messageOf(what), shared });
  Atomics.wait(state, 0, 0);
  const bytes = Buffer.from(shared, HEAD_BYTES, state[1]);
  return JSON.parse(bytes.toString());
}

function dataOf(reply) {
  if (!reply.ok) throw new ToolError(reply);
  return reply.data;
}

/** `tools` for programs: calls go out on `fd`, `names` are listed. */
export function makeTools(fd, names) {
  const request = (name, args) => ({ name: String(name), args: args ?? {} });
  const tools = {
    list: () => [...names],
    call: async (name, args) => dataOf(await ask(fd, request(name, args))),
    callSync: (name, args) => dataOf(askAndWait(fd, request(name, args))),
  };
  return Object.freeze(tools);
}

const EMPTY_STATUS = new Set([101, 204, 205, 304]);

/** `fetch` by way of the host; it tells what is wrong where no host may be reached. */
export function makeFetch(fd, allowed) {
  return async function fetch(input, init) {
    const request = new Request(input, init);
    if (!allowed) throw new TypeError(`this box has no network: ${request.url}`);
    const { url, method, headers } = request;
    const body = Buffer.from(await request.arrayBuffer());
    const sent = { url, method, headers: Object.fromEntries(headers) };
    if (body.length > 0) sent.body = body.toString('base64');
    const reply = await ask(fd, { fetch: sent });
    if (!reply.ok)
      throw new TypeError(reply.error ?? `the request failed (status ${reply.status})`);
    const { status } = reply.data;
    const bytes = EMPTY_STATUS.has(status) ? null : Buffer.from(reply.data.body ?? '', 'base64');
    const response = new Response(bytes, { status, headers: reply.data.headers });
    return Object.defineProperty(response, 'url', { value: reply.data.url ?? url });
  };
}
