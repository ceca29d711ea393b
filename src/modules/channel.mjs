// What the processes share that run code of a workflow: messages on descriptor 3, both ways, each a
// length of four bytes, big-endian, and that much JSON. A process ends when the descriptor is closed,
// or when whoever started it is gone.
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { endAll, endStarted } from './end-started.mjs';

const CHANNEL = 3;
/** Bytes of one message; the other side refuses more. */
const MOST_BYTES = 64 * 1024 * 1024;
/** How often it is looked whether the parent is still there, in milliseconds. */
const LOOK_MS = 1000;

const channel = new Socket({ fd: CHANNEL, readable: true, writable: true });
let pieces = [];
let buffered = 0;

/** Calls `receive` with each message; errors that nobody caught end the process with a message. */
export function listen(receive, said) {
  channel.on('data', (bytes) => {
    pieces.push(bytes);
    buffered += bytes.length;
    for (let message = take(); message; message = take()) receive(message);
  });
  // Whoever started us has gone, or wants us to go.
  channel.on('close', endAll);
  channel.on('error', endAll);
  // Which call an error belongs to that nobody caught cannot be known, so all of them end.
  const endBy = (error) => {
    send({ kind: 'failed', error: said(error) });
    channel.end(() => process.exit(1));
  };
  process.on('uncaughtException', endBy);
  process.on('unhandledRejection', endBy);
  process.on('exit', endStarted);
  watchParent();
}

/** Sends a message; throws for one that is too large. */
export function send(message) {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > MOST_BYTES) throw new Error('the message is larger than 64 MiB');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(text.length);
  channel.write(Buffer.concat([head, text]));
}

/** What is thrown, without the places in the code. */
export function said(error) {
  try {
    const { code, hint } = error ?? {};
    const message = error instanceof Error ? error.message : error;
    return {
      message: String(message).slice(0, 4000),
      ...(typeof code === 'string' && { code }),
      ...(typeof hint === 'string' && { hint }),
    };
  } catch {
    return { message: 'what it threw cannot be put into words' };
  }
}

/** Gives what is printed to `keep` while that takes it; else it goes where it always goes. */
export function keepPrinted(keep) {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = (data, ...rest) => {
      if (!keep(Buffer.from(data).toString())) return write(data, ...rest);
      const done = rest.at(-1);
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
  }
}

function take() {
  if (buffered < 4) return undefined;
  const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  pieces = [bytes];
  const end = 4 + bytes.readUInt32BE();
  if (bytes.length < end) return undefined;
  pieces = [bytes.subarray(end)];
  buffered = bytes.length - end;
  return JSON.parse(bytes.toString('utf8', 4, end));
}

/** Code that never lets go of its thread does not see the channel close: another thread looks. */
function watchParent() {
  if (process.platform === 'win32') return;
  const look = `const { workerData: { parent, ends } } = require('node:worker_threads');
setInterval(async () => {
  if (process.ppid !== parent) (await import(ends)).endAll();
}, ${LOOK_MS});`;
  const ends = new URL('./end-started.mjs', import.meta.url).href;
  const workerData = { parent: process.ppid, ends };
  new Worker(look, { eval: true, workerData, env: {}, execArgv: [] }).unref();
}
