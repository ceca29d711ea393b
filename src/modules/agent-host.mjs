// Runs the code of one agent once, in a process of its own. In: load, call, given. Out: loaded, failed,
// result, progress, want.
import { pathToFileURL } from 'node:url';
import { keepPrinted, listen, said, send } from './channel.mjs';
import { hook } from './module-hook.mjs';

/** Characters of what the code prints and logs that are shown, and of one line. */
const MOST_SHOWN = 20_000;
const LINE_CHARS = 1000;

/** What the code wants at the same time; what it wants more waits here, not in the process of the run. */
const MOST_WANTED = 32;

/** What the code wants of its run and has not got yet, by number, and what waits to be wanted. */
const wanted = new Map();
const waiting = [];
let wants = 0;
let shown = 0;
/** The call that is out, and the ways to its code and its error class. */
let current;
let begin;
let ours;
/** What places in the code begin with, and what they are told as. */
let root;
let label = '';

listen(receive, placed);
keepPrinted((text) => {
  if (current === undefined) return false;
  for (const line of text.split('\n')) if (line.trim() !== '') show(line);
  return true;
});

function receive(message) {
  if (message.kind === 'load') void load(message);
  else if (message.kind === 'call') void answer(message);
  else if (message.kind === 'given') settle(message);
}

async function load({ module, name, ...places }) {
  root = `${pathToFileURL(places.folder).href}/`;
  label = name;
  try {
    ours = await import(places.entry);
    hook({ ...places, whose: 'the agent' });
    begin = beginOf(await import(root + encodeURI(module)), ours);
    send({ kind: 'loaded', tools: [] });
  } catch (error) {
    send({ kind: 'failed', error: placed(error) });
  }
}

/** The function that runs the agent: the default export, or `run` of it. */
function beginOf({ default: given }, { AwpError }) {
  if (typeof given === 'function') return given;
  if (typeof given?.run === 'function') return (call) => given.run(call);
  const what =
    given === undefined ? 'it has no default export' : `its default export is a ${typeof given}`;
  throw new AwpError('step/broken', what, {
    hint: 'export default async function (call) { ... return { ... } }',
  });
}

async function answer({ id, call }) {
  current = id;
  try {
    const value = await begin(agentCall(call));
    send({ kind: 'result', id, value: outputOf(value), printed: '' });
  } catch (error) {
    send({ kind: 'result', id, error: placed(error), printed: '' });
  }
}

/** The output: a plain object, as JSON has it. */
function outputOf(value) {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  if (kind !== 'a object') {
    const what = value === undefined ? 'nothing' : kind;
    throw new ours.AwpError('step/bad-output', `it returned ${what}`, {
      hint: 'return an object: its fields are the output of the agent',
    });
  }
  try {
    return ours.plainJson(value);
  } catch (error) {
    throw new ours.AwpError(
      'step/bad-output',
      error.message.replace(/^the result/, 'what it returned'),
    );
  }
}

function agentCall({ tools, ...call }) {
  return Object.freeze({
    ...call,
    // The process is ended with its call: there is nobody left who could be told.
    signal: new AbortController().signal,
    log: (text) => show(String(text)),
    ask: async (question, options = {}) => want('ask', requestOf(question, options)),
    tools: Object.freeze({
      names: Object.freeze(tools),
      call: async (name, args = {}) => want('tool', { name: String(name), args: objectOf(args) }),
    }),
  });
}

function requestOf(question, { system, temperature, maxOutputTokens }) {
  const messages = typeof question === 'string' ? [{ role: 'user', text: question }] : question;
  const list =
    system === undefined ? messages : [{ role: 'system', text: String(system) }, ...messages];
  return {
    messages: list,
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  };
}

function objectOf(args) {
  if (typeof args === 'object' && args !== null && !Array.isArray(args))
    return ours.plainJson(args);
  throw new ours.AwpError('tool/bad-input', 'the arguments of a tool are an object');
}

function want(what, asked) {
  const { promise, resolve, reject } = Promise.withResolvers();
  waiting.push({ what, asked, resolve, reject });
  wantNext();
  return promise;
}

function wantNext() {
  while (wanted.size < MOST_WANTED && waiting.length > 0) {
    const { what, asked, ...settled } = waiting.shift();
    wants += 1;
    try {
      send({ kind: 'want', id: current, number: wants, what, asked });
      wanted.set(wants, settled);
    } catch (error) {
      settled.reject(error);
    }
  }
}

function settle({ number, value, error }) {
  const { resolve, reject } = wanted.get(number) ?? {};
  wanted.delete(number);
  wantNext();
  if (!error) return resolve?.(value);
  const { code, message, hint } = error;
  reject?.(new ours.AwpError(code, message, hint === undefined ? {} : { hint }));
}

function show(text) {
  const room = Math.min(LINE_CHARS, MOST_SHOWN - shown);
  if (room <= 0 || current === undefined) return;
  shown += Math.min(room, text.length);
  send({ kind: 'progress', id: current, text: text.slice(0, room) });
}

/** What is thrown, with the file and the line of the agent's code that it is about. */
function placed(error) {
  const at = placeIn(stackOf(error));
  return { ...said(error), ...(at !== undefined && { at }) };
}

function stackOf(error) {
  try {
    return String(error?.stack ?? '');
  } catch {
    return '';
  }
}

function placeIn(stack) {
  const start = root === undefined ? -1 : stack.indexOf(root);
  if (start < 0) return undefined;
  const [, path, line] = /^([^\s:()]+):(\d+)/.exec(stack.slice(start + root.length)) ?? [];
  return path && `${label}/${decodeURIComponent(path)}:${line}`;
}
