import { describe, expect, it } from 'vitest';
import type { Capability, CodeLanguage } from '../../../../src/events/creation.ts';
import { lintCheck } from '../../../../src/tools/created/checks/lint.ts';
import { box, contextFor, draftOf, placeWith } from './checking.ts';

const look = async (language: CodeLanguage, code: string, ...capabilities: Capability[]) =>
  await lintCheck.check(draftOf(language, code), placeWith(...capabilities), contextFor());

const DENIED = {
  python:
    'os subprocess sys ctypes importlib signal multiprocessing posix _posixsubprocess builtins pty marshal runpy code',
  javascript: 'node:child_process child_process node:worker_threads node:vm node:process os module',
};
const NETWORK = {
  python:
    'socket _socket http.client urllib.request requests httpx asyncio _asyncio ftplib xmlrpc.client ssl',
  javascript: 'node:net node:http https node:dns/promises undici axios ws',
};
const FILESYSTEM = {
  python: 'pathlib glob shutil tempfile',
  javascript: 'node:fs fs fs/promises node:fs/promises node:sqlite',
};
const PURE = {
  python:
    'math json re random datetime statistics collections numpy pandas scipy.signal threading decimal',
  javascript:
    'node:path path node:crypto util node:url node:zlib lodash @scope/pkg node:timers/promises',
};

/** One program that imports all of them, each in a line of its own. */
function importing(language: 'python' | 'javascript', names: string): string {
  const word = (name: string): string =>
    language === 'python' ? `import ${name}` : `import "${name}";`;
  return names.split(' ').map(word).join('\n');
}

const LANGUAGES = (['python', 'javascript'] as const).filter((one) => one !== 'python' || box);

describe.each(LANGUAGES)('a module of %s', (language) => {
  it.each(DENIED[language].split(' '))('is refused whatever is granted: %s', async (name) => {
    const code = importing(language, name);
    const problem = await look(language, code, 'network', 'filesystem');
    expect(problem).toMatchObject({
      ...{ stage: 'lint', status: 403, category: 'import', repairable: true },
      error: expect.stringMatching(/^line 1, column \d: import of "\w+", which is not for tools$/),
    });
    expect(problem?.hint).not.toBe('');
  });

  it.each([
    ['network', NETWORK[language], 'filesystem'],
    ['filesystem', FILESYSTEM[language], 'network'],
  ] as const)('needs the capability %s', async (capability, names, other) => {
    for (const name of names.split(' ')) {
      const code = importing(language, name);
      expect(await look(language, code, other), name).toMatchObject({
        ...{ status: 403, category: 'import', repairable: true },
        error: expect.stringContaining(`which needs the capability ${capability}`),
        hint: expect.stringContaining('only the author of the workflow can grant it'),
      });
    }
    expect(await look(language, importing(language, names), capability)).toBeUndefined();
  });

  it('is free when it only computes', async () => {
    expect(await look(language, importing(language, PURE[language]))).toBeUndefined();
  });

  it('is told with all others, once each', async () => {
    const code = importing(language, DENIED[language]);
    const problem = await look(language, code);
    expect(problem?.error.split('; ')).toHaveLength(5);
    expect(problem?.error).toMatch(/^line 1, .*; line 2, /);
  });
});

type Row = [code: string, category: string, error: string];
const PYTHON: readonly Row[] = [
  ['from . import x', 'import', 'import from "."'],
  ['from ..a import x', 'import', 'import from "..a"'],
  ['from logging import os as o', 'import', 'import of "os"'],
  ['from collections import _sys', 'import', 'import of "_sys"'],
  ['import random\nrandom._os.getcwd()', 'import', 'line 2, column 1: use of the module "_os"'],
  ['import json as j\nj.codecs.sys.modules', 'import', 'use of the module "sys"'],
  ['def f():\n  import os', 'import', 'line 2, column 10'],
  ['x = 1; eval("1")', 'forbidden_construct', 'line 1, column 8: use of "eval"'],
  ['é = "é"; exec("1")', 'forbidden_construct', 'line 1, column 10: use of "exec"'],
  ['f = __import__', 'forbidden_construct', 'use of "__import__"'],
  ['compile("1", "", "exec")', 'forbidden_construct', 'use of "compile"'],
  ['df.eval("a")', 'forbidden_construct', 'call of the field "eval"'],
  ['getattr(x, "ev" "al")', 'forbidden_construct', 'use of the field "eval"'],
  ['getattr(x, f"comp{\'ile\'}")', 'forbidden_construct', 'use of the field "compile"'],
  ['().__class__.__bases__', 'forbidden_construct', 'use of the field "__bases__"'],
  ['"{0.__globals__}".format(f)', 'forbidden_construct', 'the text "__globals__"'],
  ['x = "__sub" + "classes__"', 'forbidden_construct', 'the text "__subclasses__"'],
  ['match f:\n  case object(__code__=c): pass', 'forbidden_construct', '"__code__"'],
  ['e.tb_frame.f_builtins', 'forbidden_construct', 'use of the field "f_builtins"'],
];
const SCRIPT: readonly Row[] = [
  ['export * from "./x.js"', 'import', 'import from "./x.js"'],
  ['import x from "/etc/x.mjs"', 'import', 'import from "/etc/x.mjs"'],
  ['import x from "data:text/javascript,1"', 'import', 'import from "data:'],
  ['import x from "https://example.com/x.js"', 'import', 'import from "https:'],
  ['import { a } from "npm:undici@7"', 'import', 'import of "undici"'],
  ['export { readFile } from "node:fs"', 'import', 'import of "fs"'],
  ['await import("x")', 'forbidden_construct', 'line 1, column 7: import while the tool runs'],
  ['const é = 1; (0, eval)("1")', 'forbidden_construct', 'line 1, column 18: use of "eval"'],
  ['\\u0065val("1")', 'forbidden_construct', 'use of "eval"'],
  ['new Function("return 1")', 'forbidden_construct', 'use of "Function"'],
  ['globalThis["ev" + `al`]("1")', 'forbidden_construct', 'use of "eval"'],
  ['globalThis.process', 'forbidden_construct', 'use of "process"'],
  ['process.env', 'forbidden_construct', 'use of "process"'],
  ['const { env } = process', 'forbidden_construct', 'use of "process"'],
  ['const x = { process }', 'forbidden_construct', 'use of "process"'],
  ['require("fs")', 'forbidden_construct', 'use of "require"'],
  ['Deno.readTextFile("x")', 'forbidden_construct', 'use of "Deno"'],
  ['WebAssembly.compile(x)', 'forbidden_construct', 'use of "WebAssembly"'],
  ['fetch("https://example.com")', 'forbidden_construct', 'use of "fetch"'],
  ['x.__proto__.y = 1', 'forbidden_construct', 'use of the field "__proto__"'],
  [
    'Object.defineProperty(Array.prototype, "x", {})',
    'forbidden_construct',
    'change of Array.prototype',
  ],
  ['Promise["prototype"].then = 1', 'forbidden_construct', 'change of Promise.prototype'],
  ['x.constructor`return 1`', 'forbidden_construct', 'call of the field "constructor"'],
];

describe.skipIf(!box)('a construct of Python is refused', () => {
  it.each(PYTHON)('%j as %s', async (code, category, error) => {
    expect(await look('python', code)).toMatchObject({
      ...{ stage: 'lint', status: 403, category, repairable: true },
      error: expect.stringContaining(error),
    });
  });

  it('but not what only looks like it', async () => {
    const code = `
import re
from scipy import signal
import scipy
def compile(x): return x
PATTERN = re.compile("a")
WORDS = ["eval", "exec", "os", "__name__", "{__globals__}"]
class A:
    def __init__(self): self.os = self.sys = 1
scipy.signal.butter; compile("x"); A().os; A().__class__.__name__; A().__dict__
if __name__ == "__main__": pass
`;
    expect(await look('python', code)).toBeUndefined();
  });
});

describe('a construct of JavaScript is refused', () => {
  it.each(SCRIPT)('%j as %s', async (code, category, error) => {
    expect(await look('javascript', code)).toMatchObject({
      ...{ stage: 'lint', status: 403, category, repairable: true },
      error: expect.stringContaining(error),
    });
  });

  it('but not what only looks like it', async () => {
    const code = `
const process = (items) => items.map((one) => one.process);
class A { fetch() { return this.constructor.name; } static require = 1; }
const words = { eval: 1, Function: 'Function', module: 'process' };
const text = 'eval("1")'; // require('fs')
label: for (;;) break label;
process([words.eval, new A().fetch(), text instanceof Function, a?.constructor === Object]);
function callee({ module = 1 }) { return module; }
Object.assign({}, Array.prototype.slice.call(words));
export { process as fetch };
`;
    expect(await look('javascript', code)).toBeUndefined();
  });

  it('but requests are free with the capability network', async () => {
    const code = 'await fetch("https://example.com"); new WebSocket("wss://example.com")';
    expect(await look('javascript', code, 'network')).toBeUndefined();
  });
});

describe('a place that a check names', () => {
  it('is one of the TypeScript that was written', async () => {
    const code = 'interface A { b: string }\nconst a = <T>(b: T): A => eval("b") as A;';
    expect(await look('typescript', code)).toMatchObject({
      error: 'line 2, column 27: use of "eval"',
    });
  });
});
