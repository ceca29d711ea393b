// Makes the world of a program, and the one function through which the process around it speaks.
import { ask, askJson, headOf, heard } from './bridge.mjs';
import { Buffer } from './buffer.mjs';
import { console } from './console.mjs';
import { makeHelpers } from './helpers.mjs';
import { inspect } from './inspect.mjs';
import { process } from './process.mjs';
import { namesFor, shownNames } from './sdk.mjs';
import { answered, makeTools, network, noFetch, renderPng, ToolError } from './tools.mjs';
import { URL, URLSearchParams } from './url.mjs';
import { fire, web } from './web.mjs';

const hidden = (names) => {
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
};
hidden({ ...web, URL, URLSearchParams, Buffer, console, process, global: globalThis });
const path = await import('./node/path.mjs');
hidden({ ...makeHelpers(path), __renderPng: renderPng, fetch: noFetch });

function begin({ args, tools: all, orders, secrets, program, hosts }) {
  process.argv = [process.execPath, `${process.cwd()}/${program}`, ...args];
  hidden({ _secrets: Object.fromEntries(secrets.map((name) => [name, `secret://${name}`])) });
  if (all.length > 0) {
    hidden(namesFor(makeTools(shownNames(all)), { all, orders, ToolError }));
  }
  if (hosts) hidden(network);
}

/** An error that nobody caught. */
function uncaught(error) {
  for (const name of ['uncaughtException', 'unhandledRejection']) {
    if (process.listenerCount(name) > 0) return process.emit(name, error, name);
  }
  const { text, stack } = told(error);
  process.exitCode = 1;
  process.emit('exit', 1);
  return askJson('fail', { text, stack });
}

/** What can be said of it: it may be made to be looked at by nobody. */
function told(error) {
  try {
    return describe(error);
  } catch {
    return { text: 'Uncaught value that cannot be shown', stack: '' };
  }
}

function describe(error) {
  const isError = error instanceof Error;
  const hasFrames = isError && typeof error.stack === 'string' && error.stack !== '';
  const plain = isError ? headOf(error) : `Uncaught ${inspect(error)}`;
  const text = hasFrames ? inspect(error) : plain;
  const stack = isError ? String(error.stack ?? '') : '';
  return { text, stack };
}

const NEWS = {
  begin: (text) => begin(JSON.parse(text)),
  timer: fire,
  answer: (text, bytes) => answered(JSON.parse(text), bytes),
  uncaught: (_, error) => uncaught(error),
  idle: () => process.emit('beforeExit', process.exitCode ?? 0),
  end() {
    const code = process.exitCode ?? 0;
    process.emit('exit', code);
    ask('exit', String(Number(process.exitCode ?? code) & 0xff));
  },
};

globalThis.__dispatch = (kind, text, given) => NEWS[kind](heard(text), given);
