// Runs the tools of a workflow's modules, in a process of their own. Messages on descriptor 3, both
// ways: a length of four bytes, big-endian, and that much JSON. In: load, call, approval, cancel.
// Out: loaded, failed, result, progress. Ends when the descriptor is closed.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { Socket } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';

const CHANNEL = 3;
/** Characters that are kept of what a call prints. */
const MOST_PRINTED = 10_000;
/** Bytes of one message; the other side refuses more. */
const MOST_BYTES = 64 * 1024 * 1024;

const channel = new Socket({ fd: CHANNEL, readable: true, writable: true });
/** The call that some code belongs to. */
const calls = new AsyncLocalStorage();
/** Tools by name, and calls that are not over by id. */
const tools = new Map();
const open = new Map();
let pieces = [];
let buffered = 0;

channel.on('data', (bytes) => {
  pieces.push(bytes);
  buffered += bytes.length;
  for (let message = take(); message; message = take()) receive(message);
});
// Whoever started us has gone, or wants us to go.
channel.on('close', () => process.exit(0));
channel.on('error', () => process.exit(0));
process.on('uncaughtException', endBy);
process.on('unhandledRejection', endBy);
for (const stream of [process.stdout, process.stderr]) keepPrinted(stream);

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

function send(message) {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > MOST_BYTES) throw new Error('the message is larger than 64 MiB');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(text.length);
  channel.write(Buffer.concat([head, text]));
}

function receive(message) {
  if (message.kind === 'load') void load(message);
  else if (message.kind === 'cancel') open.get(message.id)?.abort(new Error('the call was ended'));
  else void answer(message);
}

/** An error that nobody caught: which call it belongs to cannot be known, so all of them end. */
function endBy(error) {
  send({ kind: 'failed', error: said(error) });
  channel.end(() => process.exit(1));
}

/** What is thrown, without the places in the code. */
function said(error) {
  const { code, hint } = error ?? {};
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: message.slice(0, 4000),
    ...(typeof code === 'string' && { code }),
    ...(typeof hint === 'string' && { hint }),
  };
}

/** What a call prints belongs to its log; what belongs to no call goes where it always goes. */
function keepPrinted(stream) {
  const write = stream.write.bind(stream);
  stream.write = (data, ...rest) => {
    const call = calls.getStore();
    if (!call) return write(data, ...rest);
    const room = MOST_PRINTED - call.printed.length;
    if (room > 0) call.printed += Buffer.from(data).toString().slice(0, room);
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
}

async function load({ modules, ...places }) {
  hook(places);
  let at = '';
  try {
    const { isTool, toTools } = await import(places.entry);
    const found = [];
    for (const path of modules) {
      at = path;
      const names = await import(pathToFileURL(`${places.folder}/${path}`).href);
      const given = new Set(Object.values(names).flat(8).filter(isOne));
      for (const one of given) {
        const [tool] = isTool(one) ? [one] : toTools([one]);
        found.push(described(tool, path));
        tools.set(tool.name, tool);
      }
    }
    send({ kind: 'loaded', tools: found });
  } catch (error) {
    send({ kind: 'failed', error: said(error), module: at });
  }
}

/** Whether an export is a tool: functions of a module are its own business. */
function isOne(value) {
  if (typeof value !== 'object' || value === null || typeof value.name !== 'string') return false;
  return ['run', 'execute', 'handler'].some((name) => typeof value[name] === 'function');
}

function described(tool, module) {
  const { run, approval, ...rest } = tool;
  return { ...rest, module, approval: approval !== undefined };
}

/** Our own package is found wherever a module is, and of `folder` only what was looked at is loaded. */
function hook({ folder, files, entry }) {
  const root = `${pathToFileURL(folder).href}/`;
  const workflow = `${pathToFileURL(process.cwd()).href}/`;
  const listed = (url) =>
    files[decodeURIComponent(new URL(url).pathname.slice(new URL(root).pathname.length))];
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'awp-agents') return { url: entry, shortCircuit: true };
      const found = resolved(specifier, context, next);
      const { url } = found;
      const fromOutside = !context.parentURL?.startsWith(root);
      if (fromOutside || !url.startsWith('file:') || url.startsWith(root)) return found;
      // What comes with the workflow is somebody else's, and nobody has looked at it.
      if (url.startsWith(workflow)) {
        throw new Error(
          `${specifier} is outside of the folder of the tools: move the file into it; packages belong above the workflow`,
        );
      }
      if (url.includes('/node_modules/') || isOurs(specifier)) return found;
      throw new Error(`${specifier} is outside of the folder of the tools: move the file into it`);
    },
    load(url, context, next) {
      if (!url.startsWith(root)) return next(url, context);
      const source = readFileSync(fileURLToPath(url));
      if (createHash('sha256').update(source).digest('hex') !== listed(url)) {
        throw new Error(`${url.slice(root.length)} is not what it was when the run began`);
      }
      if (/\.m?ts$/.test(url)) return { format: 'module-typescript', source, shortCircuit: true };
      return { ...next(url, context), source };
    },
  });
}

const isOurs = (specifier) => /^zod(\/|$)/.test(specifier);

/** A package of the module's own, else ours. */
function resolved(specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !isOurs(specifier)) throw error;
    return next(specifier, { ...context, parentURL: import.meta.url });
  }
}

async function answer({ kind, id, tool: name, args, secrets = {}, agent = '' }) {
  const tool = tools.get(name);
  const ended = new AbortController();
  const call = { printed: '' };
  open.set(id, ended);
  try {
    if (!tool) throw new Error(`there is no tool ${name} in the modules any more`);
    const given = Object.entries(secrets).map(([key, value]) => [key, { reveal: () => value }]);
    const context = {
      signal: ended.signal,
      secrets: new Map(given),
      progress: (text) => send({ kind: 'progress', id, text: String(text).slice(0, 1000) }),
      agent,
    };
    const work = kind === 'approval' ? () => tool.approval(args) : () => tool.run(args, context);
    const value = await calls.run(call, async () => work());
    send({ kind: 'result', id, value: value ?? null, printed: call.printed });
  } catch (error) {
    send({ kind: 'result', id, error: said(error), printed: call.printed });
  } finally {
    open.delete(id);
  }
}
