// Answers one query about files, in a process of its own that can be ended at any time. It reads a
// line of JSON `{ query, files, rssBytes, heapMb }` and then the bytes of the files, one after
// another; it writes one line of JSON. Whoever started it closes its input when it may end.
import { Worker } from 'node:worker_threads';

/** How often the memory of the whole process is looked at, in milliseconds. */
const LOOK_MS = 20;
const NEWLINE = 10;

let head = [];
let plan;
let worker;
let at = 0;
let filled = 0;
let buffer;

process.stdin.on('data', (bytes) => {
  const rest = plan ? bytes : readHead(bytes);
  if (rest) readFiles(rest);
});
process.stdin.on('end', end);

/** The bytes behind the first line; undefined while it is not complete. */
function readHead(bytes) {
  const end = bytes.indexOf(NEWLINE);
  head.push(end < 0 ? bytes : bytes.subarray(0, end));
  if (end < 0) return undefined;
  plan = JSON.parse(Buffer.concat(head).toString('utf8'));
  head = [];
  worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: plan.heapMb },
  });
  worker.on('message', finish);
  worker.on('error', ({ code, message }) => {
    const kind = code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'failed';
    finish({ ok: false, kind, message });
  });
  setInterval(watch, LOOK_MS);
  return bytes.subarray(end + 1);
}

/** The database is outside of the heap that the thread is held to. */
function watch() {
  if (process.memoryUsage.rss() > plan.rssBytes) {
    finish({ ok: false, kind: 'memory', message: 'the memory for a query is used up' });
  }
}

function readFiles(bytes) {
  let rest = bytes;
  while (at < plan.files.length) {
    const file = plan.files[at];
    buffer ??= new Uint8Array(file.bytes);
    const part = rest.subarray(0, file.bytes - filled);
    buffer.set(part, filled);
    filled += part.length;
    rest = rest.subarray(part.length);
    if (filled < file.bytes) return;
    worker.postMessage({ file, bytes: buffer }, [buffer.buffer]);
    buffer = undefined;
    filled = 0;
    at += 1;
  }
  if (at === plan.files.length) {
    at += 1;
    worker.postMessage({ query: plan.query });
  }
}

let over = false;

function finish(answer) {
  if (over) return;
  over = true;
  process.stdout.write(`${JSON.stringify(answer)}\n`, end);
}

/** At once: an exit would wait for the thread, which cannot be interrupted in the engine. */
function end() {
  process.kill(process.pid, 'SIGKILL');
}
