// The channel of calls, in a thread of its own: the program's thread can wait for a reply without
// serving anything else. Messages come as { id, text } or, from who waits, with `shared` memory.
import { Buffer } from 'node:buffer';
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const HEAD_INTS = 2;
const socket = new net.Socket({ fd: workerData, readable: true, writable: true });
const waiting = new Map();
let chunks = [];
let size = 0;

function answer(reply) {
  const { id } = JSON.parse(reply);
  const shared = waiting.get(id);
  waiting.delete(id);
  if (shared === undefined) return parentPort.postMessage(reply);
  const state = new Int32Array(shared, 0, HEAD_INTS);
  const bytes = Buffer.from(reply);
  new Uint8Array(shared, HEAD_INTS * 4).set(bytes);
  state[1] = bytes.length;
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
}

socket.on('error', () => {});
socket.on('data', (chunk) => {
  chunks.push(chunk);
  size += chunk.length;
  while (size >= 4) {
    const bytes = Buffer.concat(chunks);
    const end = bytes.readUInt32BE(0) + 4;
    chunks = [bytes];
    if (size < end) return;
    answer(bytes.toString('utf8', 4, end));
    chunks = [bytes.subarray(end)];
    size -= end;
  }
});
parentPort.on('message', ({ id, text, shared }) => {
  if (shared) waiting.set(id, shared);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(Buffer.byteLength(text));
  socket.write(Buffer.concat([head, Buffer.from(text)]));
});
