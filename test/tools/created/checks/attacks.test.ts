import { describe, expect, it } from 'vitest';
import type { CodeLanguage, DraftProblem, ToolDraft } from '../../../../src/events/creation.ts';
import { argumentsNamed, box, checked, draftOf, placeWith } from './checking.ts';

/**
 * The handlers of the specification that attack (capabilities 12.1, 12.2): what the checks say of each
 * in a namespace that only computes. `box`: they say nothing, and the box holds it.
 */
type Attack = [number: number, code: string, said: DraftProblem['category'] | 'box'];

/** A line in a handler of Python. */
const py = (line: string): string =>
  `import json\ndef handler(*, x=""):\n    ${line.replaceAll('\n', '\n    ')}\n    return {"ok": True, "status": 200, "data": {"x": x}}\n`;

const PYTHON: readonly Attack[] = [
  [1, py('import posix; posix.system("id")'), 'import'],
  [2, py('import builtins; builtins.__dict__["ev"+"al"]("1+1")'), 'import'],
  [3, py('import builtins; vars(builtins)["__imp"+"ort__"]("os")'), 'import'],
  [4, py('e = eval; e("1+1")'), 'forbidden_construct'],
  [5, py('[exec][0]("import os", {})'), 'forbidden_construct'],
  [6, py('list(map(eval, ["1+1"]))'), 'forbidden_construct'],
  [6, py('sorted(["1+1"], key=eval)'), 'forbidden_construct'],
  [7, py('getattr(object, "__sub"+"classes__")()'), 'forbidden_construct'],
  [8, py('n = "__glo"+"bals__"; getattr(handler, n)'), 'forbidden_construct'],
  [9, py('globals()["__builtins__"]'), 'forbidden_construct'],
  [9, py('globals()["__built" + chr(105) + "ns__"]'), 'box'],
  [10, py('json.codecs.sys.modules["os"]'), 'import'],
  ...['random._os', 'collections._sys', 'logging.os', 'platform.os', 'gzip.os', 'bdb.os'].map(
    (chain): Attack => [11, py(`import ${chain.split('.')[0]}; ${chain}`), 'import'],
  ),
  [11, py('import pty; pty.os'), 'import'],
  [12, py('from logging import os as o; o.getcwd()'), 'import'],
  [13, py('import inspect; inspect.importlib.import_module("os")'), 'import'],
  [14, py('import pickle; pickle.loads(b"cposix\\ngetpid\\n(tR.")'), 'box'],
  [15, py('import code; code.InteractiveInterpreter().runsource("import os")'), 'import'],
  [15, py('import timeit; timeit.timeit("import os")'), 'box'],
  [15, py('import runpy; runpy.run_module("os")'), 'import'],
  [16, py('import types; types.FunctionType(handler.__code__, {})'), 'forbidden_construct'],
  [16, py('import marshal; marshal.loads(b"")'), 'import'],
  [17, py('import _posixsubprocess'), 'import'],
  [17, py('import _socket'), 'import'],
  [17, py('import _asyncio'), 'import'],
  [18, py('import webbrowser; webbrowser.subprocess.Popen("id")'), 'import'],
  [18, py('import ftplib; ftplib.socket'), 'import'],
  [18, py('import xmlrpc.client'), 'import'],
  [
    19,
    py('try: 1/0\nexcept Exception as e: e.__traceback__.tb_frame.f_builtins["__import__"]'),
    'forbidden_construct',
  ],
  [20, py('(i for i in [1]).gi_frame.f_builtins'), 'forbidden_construct'],
  [21, py('"{0.__globals__}".format(handler)'), 'forbidden_construct'],
  [
    21,
    py('import operator; operator.attrgetter("__glo"+"bals__")(handler)'),
    'forbidden_construct',
  ],
  [22, py('b = (1).__class__.__base__; getattr(b, "__sub" + "classes__")'), 'forbidden_construct'],
  [23, py('match handler:\n    case object(__code__=c): pass'), 'forbidden_construct'],
  [24, py('_orig_open("/etc/passwd")'), 'box'],
  [24, py('_ensure_dir.__code__'), 'forbidden_construct'],
  [25, `${py('pass')}handler = lambda **k: {"ok": True}\n`, 'validation'],
  [26, `print("at the top")\n${py('pass')}`, 'box'],
  [27, py('𝓮𝓿𝓪𝓵("1+1")'), 'validation'],
  [27, py('object.__ｓubclasses__'), 'validation'],
  [28, py('from . import x'), 'import'],
  [29, py('pass').replace('def', 'async def'), 'validation'],
  [30, `x = ${'1+'.repeat(1_000_000)}1\n${py('pass')}`, 'validation'],
  [30, py(`${'('.repeat(10_000)}1${')'.repeat(10_000)}`), 'validation'],
  [31, py('"\0"'), 'validation'],
  [31, `\ufeff${py('pass')}`, 'validation'],
  [31, `# -*- coding: utf-7 -*-\n${py('pass')}`, 'validation'],
  [31, py('"\u202e"'), 'validation'],
];

/** A line in a handler of JavaScript. */
const js = (line: string): string =>
  `export function handler({ x }) {\n  ${line}\n  return { ok: true, status: 200, data: { x } };\n}\n`;

const SCRIPT: readonly Attack[] = [
  [32, js('this.constructor.constructor("return process")()'), 'forbidden_construct'],
  [33, js('console.log.constructor("return process")()'), 'forbidden_construct'],
  [
    34,
    js('try { x() } catch (e) { e.constructor.constructor("return process")() }'),
    'forbidden_construct',
  ],
  [35, js('(async () => {}).constructor("return process")()'), 'forbidden_construct'],
  [35, js('(function* () {}).constructor("yield process")()'), 'forbidden_construct'],
  [35, js('(async function* () {})["construc" + "tor"]("yield process")()'), 'forbidden_construct'],
  [35, js('const k = "constructor"; (() => {})[k]("return process")()'), 'box'],
  [36, js('import("node:child_process")'), 'forbidden_construct'],
  [36, js('require("child_process")'), 'forbidden_construct'],
  [36, js('module.constructor._load("child_process")'), 'forbidden_construct'],
  [36, js('process.binding("spawn_sync")'), 'forbidden_construct'],
  [36, js('process.mainModule.require("fs")'), 'forbidden_construct'],
  [36, js('process.dlopen({}, "/x.node")'), 'forbidden_construct'],
  [36, `import { spawn } from "node:child_process";\n${js('spawn("id")')}`, 'import'],
  [37, js('Error.prepareStackTrace = (e, s) => s[0].getThis()'), 'forbidden_construct'],
  [37, js('Error.stackTraceLimit = Infinity'), 'box'],
  [38, js('arguments.callee.caller'), 'forbidden_construct'],
  [38, js('Function.prototype.toString = () => ""'), 'forbidden_construct'],
  [39, js('Object.prototype.toJSON = () => 1'), 'forbidden_construct'],
  [39, js('Array.prototype.map = () => 1'), 'forbidden_construct'],
  [39, js('Promise.prototype.then = () => 1'), 'forbidden_construct'],
  [40, 'export function handler({ x }) { return { x, then(r) {} }; }', 'box'],
  [41, 'export function handler({ x }) { return { x, get ok() { throw 1; } }; }', 'box'],
  [42, js('new Proxy({}, { getPrototypeOf() { while (1); } })'), 'box'],
  [43, js('WebAssembly.compile(new Uint8Array())'), 'forbidden_construct'],
  [43, js('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'), 'box'],
  [44, js('Promise.resolve().then(function f() { Promise.resolve().then(f); })'), 'box'],
  [45, js('setInterval(() => {}, 1); Promise.reject(1)'), 'box'],
  [46, js('(function f() { f(); })()'), 'box'],
  [47, js('/^(a+)+$/.test("a".repeat(40) + "b")'), 'box'],
  [47, js('new Array(2 ** 32 - 1).join("x")'), 'box'],
  [48, js('[3, 1, 2].sort(() => { while (1); })'), 'box'],
  [49, js('process.on("exit", () => {})'), 'forbidden_construct'],
  [49, js('process.kill(process.ppid)'), 'forbidden_construct'],
];

const TYPES: readonly Attack[] = [
  [50, `/// <reference path="/etc/passwd" />\n${js('')}`, 'box'],
  [50, `declare module "/etc/passwd";\n${js('')}`, 'box'],
  [50, `@logged class A {}\n${js('')}`, 'validation'],
  [50, `enum A { B = x() }\n${js('')}`, 'validation'],
  [50, `import fs = require("fs");\n${js('')}`, 'validation'],
];

const PARAMETERS: readonly [what: string, parameters: ToolDraft['parameters']][] = [
  ['a schema elsewhere', { type: 'object', properties: { x: { $ref: 'http://127.0.0.1/x' } } }],
  ['a schema in itself', { type: 'object', properties: { x: { $ref: '#/properties/x' } } }],
  ['1 MB of values', { type: 'object', properties: { x: { enum: ['y'.repeat(1_000_000)] } } }],
  ['perhaps no object', { type: ['object', 'null'], properties: { x: {} } }],
  ['other arguments', argumentsNamed('y')],
];

async function expectSaid(language: CodeLanguage, code: string, said: Attack[2]): Promise<void> {
  const problem = await checked(draftOf(language, code));
  expect(problem?.category ?? 'box').toBe(said);
  if (!problem) return;
  const forbidden = said === 'import' || said === 'forbidden_construct';
  expect(problem).toMatchObject({ status: forbidden ? 403 : 400, repairable: true });
  expect(problem.hint).not.toBe('');
}

const titled = (attacks: readonly Attack[]) =>
  attacks.map(([number, code, said]) => {
    return { number, said, code, title: JSON.stringify(code.slice(0, 100)) };
  });

describe('an attack', () => {
  it.runIf(box).each(titled(PYTHON))('$number in Python: $said: $title', async ({ code, said }) => {
    await expectSaid('python', code, said);
  });

  it.each(titled(SCRIPT))('$number in JavaScript: $said: $title', async ({ code, said }) => {
    await expectSaid('javascript', code, said);
  });

  it.each(titled(TYPES))('$number in TypeScript: $said: $title', async ({ code, said }) => {
    await expectSaid('typescript', code, said);
  });

  it.each(PARAMETERS)('107 with %s is refused', async (_, parameters) => {
    const problem = await checked(draftOf('javascript', js(''), { parameters }));
    expect(problem).toMatchObject({ status: 400, repairable: true });
  });

  it.runIf(box)('109 that reads what nobody can see passes', async () => {
    const code =
      'def handler(**kw):\n    key = "x"\n    return {"ok": True, "status": 200, "data": {"x": kw[key]}}\n';
    expect(await checked(draftOf('python', code))).toBeUndefined();
  });

  it('that needs a capability is no attack where the author granted it', async () => {
    const code = `import { readFileSync } from 'node:fs';\n${js('readFileSync(x)')}`;
    expect(await checked(draftOf('javascript', code), placeWith('network'))).toMatchObject({
      category: 'import',
    });
    expect(await checked(draftOf('javascript', code), placeWith('filesystem'))).toBeUndefined();
  });
});
