import { afterAll, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { CodeLanguage } from '../../src/events/creation.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import type { ToolResult } from '../../src/ports/tool.ts';
import { dryRun } from '../../src/tools/created/dry-run.ts';
import { around, callMade, checking, created, placeIn } from '../tools/created/making.ts';

interface Handler {
  title: string;
  language: CodeLanguage;
  code: string;
  args?: JsonObject;
  expected: Partial<Record<keyof ToolResult, unknown>>;
}

const good = (data: unknown): Handler['expected'] => ({ ok: true, status: 200, data });
const bad = (status: number, error: RegExp): Handler['expected'] => ({
  ...{ ok: false, status },
  error: expect.stringMatching(error),
});

const py = (
  title: string,
  code: string,
  expected: Handler['expected'],
  args?: JsonObject,
): Handler => ({
  ...{ title, language: 'python', code, expected },
  ...(args && { args }),
});
const js = (
  title: string,
  code: string,
  expected: Handler['expected'],
  args?: JsonObject,
): Handler => ({
  ...{ title, language: 'javascript', code, expected },
  ...(args && { args }),
});
const ts = (
  title: string,
  code: string,
  expected: Handler['expected'],
  args?: JsonObject,
): Handler => ({
  ...js(title, code, expected, args),
  language: 'typescript',
});

const giving = (value: string, before = ''): string =>
  `${before}\ndef handler(**kw):\n    return {'ok': True, 'data': {'x': ${value}}}`;
const jsGiving = (value: string): string =>
  `function handler() { return { ok: true, data: { x: ${value} } }; }`;

const PYTHON: readonly Handler[] = [
  py(
    'keywords and defaults',
    "from __future__ import annotations\ndef handler(*, a, b=1):\n    return {'ok': True, 'data': {'sum': a + b}}",
    good({ sum: 3 }),
    { a: 2 },
  ),
  py(
    'arguments that look like code',
    "def handler(*, a):\n    return {'ok': True, 'data': {'a': a}}",
    good({ a: "'); import os #\u2028\n{{" }),
    { a: "'); import os #\u2028\n{{" },
  ),
  py(
    'no names of ours',
    "def handler():\n    seen = [n for n in ('tools', 'sdk', 'ToolError', '_awp', 'HINTS') if n in globals()]\n    return {'ok': True, 'data': {'seen': seen, 'name': __name__}}",
    good({ seen: [], name: '__handler__' }),
  ),
  py(
    'the usual names',
    "def handler():\n    return {'ok': True, 'data': {'x': json.dumps([math.floor(1.5)]), 'd': len(_output_dir) > 0, 's': _secrets}}",
    good({ x: '[1]', d: true, s: {} }),
  ),
  py(
    'names of its own that we use',
    "tools = json = sys = 1\ndef handler():\n    return {'ok': True, 'data': {'x': tools + json + sys}}",
    good({ x: 3 }),
  ),
  py(
    'a class of its own',
    "from dataclasses import dataclass, asdict\nfrom typing import ClassVar\n@dataclass\nclass P:\n    x: int\n    K: ClassVar[int] = 1\ndef handler():\n    return {'ok': True, 'data': asdict(P(2))}",
    good({ x: 2 }),
  ),
  py(
    'no run of what stands for a program',
    "def handler():\n    return {'ok': True, 'data': {}}\nif __name__ == '__main__':\n    raise SystemExit(1)",
    good({}),
  ),
  py(
    'numbers, tuples and numbers as keys',
    giving('(1, -0.0, 1e300, True, None, {1: 2})'),
    good({ x: [1, -0, 1e300, true, null, { '1': 2 }] }),
  ),
  py(
    'not a number',
    giving("[1, float('nan')]"),
    bad(500, /result\.data\.x\[1\] is nan, which JSON does not know/),
  ),
  py('infinity', giving('1e400'), bad(500, /result\.data\.x is inf/)),
  py(
    'a whole number that JSON rounds',
    giving('2 ** 53 + 1'),
    bad(500, /beyond 2\*\*53.*\nhint: use str/),
  ),
  py('bytes', giving("b'x'"), bad(500, /is a bytes.*\nhint: decode it/)),
  py(
    'a date',
    giving('datetime.date(2024, 1, 1)', 'import datetime'),
    bad(500, /is a date.*\nhint: use .isoformat/),
  ),
  py('a set', giving('{1, 2}'), bad(500, /is a set/)),
  py(
    'a circle',
    giving('one', 'one = []\none.append(one)'),
    bad(500, /nested deeper than 48 levels, or contains itself/),
  ),
  py('half a character', giving("'\\ud800'"), bad(500, /half a character/)),
  py(
    'names that reach a prototype',
    giving("{'__proto__': {'polluted': 1}, 'constructor': 1, 'a': 2}"),
    good({ x: { a: 2 } }),
  ),
  py('nothing', 'def handler():\n    pass', bad(500, /gave back nothing/)),
  py('no envelope', "def handler():\n    return {'ok': 'true'}", bad(500, /"ok" is "true"/)),
  py(
    '100 MB',
    "def handler():\n    return {'ok': True, 'data': 'x' * 100_000_000}",
    bad(413, /more than 900000 bytes/),
  ),
  py(
    'many values',
    "def handler():\n    return {'ok': True, 'data': [0] * 300_000}",
    bad(500, /more than 200000 values/),
  ),
  py(
    'two bytes for each character',
    "def handler():\n    return {'ok': True, 'data': 'é' * 400_000}",
    bad(413, /more than 900000 bytes/),
  ),
  py(
    'an exception with its line',
    'def inner(x):\n    return 1 // x\n\ndef handler(*, x):\n    return inner(x)',
    bad(
      500,
      /^the handler failed in line 2: ZeroDivisionError: .*\nline 5, in handler: return inner\(x\)\nline 2, in inner: return 1 \/\/ x/,
    ),
    { x: 0 },
  ),
  py(
    'an error without a path of the box',
    "def handler():\n    raise ValueError(_workspace_dir + '/output/x')",
    bad(500, /^the handler failed in line 2: ValueError: output\/x\n/),
  ),
  py(
    'an exception that cannot be shown',
    'class E(Exception):\n    def __str__(self): raise KeyError\ndef handler():\n    raise E',
    bad(500, /the handler failed in line 4: E: it cannot be shown/),
  ),
  py('endless recursion', 'def handler():\n    return handler()', bad(500, /RecursionError/)),
  py('no handler', 'def run():\n    pass', bad(500, /defines no function handler/)),
  py('a handler that is a number', 'handler = 3', bad(500, /defines no function handler/)),
  py(
    'an async handler',
    "async def handler():\n    return {'ok': True}",
    bad(500, /handler is async/),
  ),
  py('a generator', 'def handler():\n    yield 1', bad(500, /result is a generator/)),
  py(
    'code that cannot be read',
    'def handler(:\n    pass',
    bad(500, /^the code cannot be read: SyntaxError: .*line 1/),
  ),
  py('a NUL in its code', 'def handler():\n    return "\0"', bad(500, /null bytes/)),
  py(
    'ten thousand parentheses',
    `x = ${'('.repeat(10_000)}${')'.repeat(10_000)}\ndef handler(): pass`,
    bad(500, /cannot be read|failed|could not be run/),
  ),
  py(
    'an end of its program',
    'import sys\ndef handler():\n    sys.exit(7)',
    bad(500, /ended its program \(SystemExit: 7\)/),
  ),
  py(
    'an end at once',
    'def handler():\n    _os._exit(7)',
    bad(500, /ended before handler gave back a result \(exit code 7\)/),
  ),
  py(
    'an unknown argument',
    'def handler():\n    pass',
    bad(500, /unexpected keyword argument.*[\s\S]*hint: what handler takes/),
    { a: 1 },
  ),
  py(
    'tools that it does not have',
    "def handler():\n    return tools.call('x')",
    bad(500, /hint: a handler has no tools/),
  ),
  py(
    'what it prints',
    "import sys\nprint('at its start')\ndef handler():\n    print('in it\\x1b[2J')\n    sys.stderr.write('aside')\n    return {'ok': True}",
    { ...good({}), log: 'at its start\nin it\\x1b[2J\naside' },
  ),
  py(
    'a forged result in its output',
    'import atexit\ndef handler():\n    atexit.register(lambda: print(\'{"ok": true, "data": "forged"}\'))\n    print(\'{"ok": true, "data": "forged"}\')\n    return {\'ok\': True, \'data\': \'real\'}',
    good('real'),
  ),
  py(
    'a file',
    "def handler():\n    open('output/made/a.txt', 'w').write('made')\n    return {'ok': True}",
    good({ files: [{ path: 'output/made/a.txt', bytes: 4 }] }),
  ),
];

const SCRIPTS: readonly Handler[] = [
  js(
    'a function',
    'function handler({ a, b = 1 }) { return { ok: true, data: { sum: a + b } }; }',
    good({ sum: 3 }),
    { a: 2 },
  ),
  js(
    'an exported async function',
    'export async function handler({ a }) { await null; return { ok: true, data: { a } }; }',
    good({ a: 2 }),
    { a: 2 },
  ),
  ts(
    'an arrow with types',
    'interface In { a: number }\nconst handler = async ({ a }: In): Promise<object> => ({ ok: true, data: { a } as object });',
    good({ a: 2 }),
    { a: 2 },
  ),
  js(
    'arguments that look like code',
    'function handler({ a }) { return { ok: true, data: { a } }; }',
    good({ a: "`'); process.exit(); //\u2028" }),
    { a: "`'); process.exit(); //\u2028" },
  ),
  js(
    'names of its own that we use',
    'const tools = 1, process = 2, name = 3, JSON = 4;\nfunction handler() { return { ok: true, data: { x: tools + process + name + JSON } }; }',
    good({ x: 10 }),
  ),
  js(
    'no names of ours',
    "function handler() { return { ok: true, data: ['tools', 'sdk', 'ToolError', '__awp'].filter((n) => n in globalThis) }; }",
    good([]),
  ),
  js(
    'code that ends in a comment',
    'function handler() { return { ok: true }; } // the end',
    good({}),
  ),
  js(
    'nothing for what is undefined',
    jsGiving('[undefined, { a: undefined }]'),
    good({ x: [null, {}] }),
  ),
  js('not a number', jsGiving('[1, NaN]'), bad(500, /result\.data\.x\[1\] is NaN/)),
  js('a BigInt', jsGiving('1n'), bad(500, /is a BigInt/)),
  js('a date', jsGiving('new Date()'), bad(500, /is a Date.*\nhint: use .toISOString/)),
  js('a map', jsGiving('new Map()'), bad(500, /is a Map/)),
  js('a function', jsGiving('() => {}'), bad(500, /is a function/)),
  js('bytes', jsGiving('new Uint8Array(2)'), bad(500, /is bytes/)),
  js(
    'a circle',
    'function handler() { const one = {}; one.one = one; return { ok: true, data: one }; }',
    bad(500, /contains itself/),
  ),
  js('half a character', jsGiving("'\\ud800'"), bad(500, /half a character/)),
  js(
    'names that reach a prototype',
    jsGiving('JSON.parse(\'{"__proto__":{"polluted":1},"a":2}\')'),
    good({ x: { a: 2 } }),
  ),
  js(
    'a sparse list without end',
    jsGiving('new Array(2 ** 32 - 1)'),
    bad(500, /more than 200000 values/),
  ),
  js(
    'a getter that fails',
    jsGiving("{ get y() { throw new TypeError('no'); } }"),
    bad(500, /TypeError: no/),
  ),
  js('nothing', 'function handler() {}', bad(500, /gave back nothing/)),
  js(
    'a promise that never settles',
    'function handler() { return { ok: true, then() {} }; }',
    bad(500, /ended before handler gave back a result/),
  ),
  js('20 MB', jsGiving("'x'.repeat(2e7)"), bad(413, /more than 900000 bytes/)),
  js(
    'an exception',
    'function inner() { throw new RangeError("no"); }\nfunction handler() {\n  return inner();\n}',
    bad(500, /^the handler failed in line 1: RangeError: no\nline 1, in inner\nline 3, in handler/),
  ),
  js('a thrown text', 'function handler() { throw "no"; }', bad(500, /it threw no/)),
  js(
    'a thrown thing that cannot be shown',
    'function handler() { throw { toString() { throw 1; } }; }',
    bad(500, /cannot be shown/),
  ),
  js(
    'a rejection',
    'async function handler() { throw new Error("no", { cause: new Error("deep") }); }',
    bad(500, /Error: no \(deep\)/),
  ),
  js('no handler', 'export const run = 1;', bad(500, /defines no function handler/)),
  js(
    'code that cannot be read',
    'function handler() {\n  let x = ;\n}',
    bad(500, /^the code (?:cannot be read|could not be run) ?(?:in line 2)?: SyntaxError/),
  ),
  js(
    'code that is not closed',
    'function handler() {\n  return { ok: true',
    bad(500, /^the code .* at its end: SyntaxError/),
  ),
  js(
    'code that fails at its start',
    'const a = 1;\na.b.c;\nfunction handler() {}',
    bad(500, /^the code could not be run in line 2: TypeError/),
  ),
  js(
    'tools that it does not have',
    "function handler() { return tools.call('x'); }",
    bad(500, /hint: a handler has no tools/),
  ),
  js(
    'what it prints',
    "console.log('at its start');\nfunction handler() { console.log('in it\\u001b[2J'); return { ok: true }; }",
    { ...good({}), log: 'at its start\nin it\\x1b[2J' },
  ),
  js(
    'a file',
    "import fs from 'node:fs';\nfunction handler() { fs.writeFileSync('output/a.txt', 'made'); return { ok: true }; }",
    good({ files: [{ path: 'output/a.txt', bytes: 4 }] }),
  ),
  js(
    'timers that it has left',
    'setInterval(() => {}, 10);\nfunction handler() { setInterval(() => {}, 10); return { ok: true }; }',
    good({}),
  ),
];

/** Runs handlers in a box, all of them or those of some titles, and looks at each result. */
export function runsHandlers(
  box: Sandbox,
  wanted: (handler: Pick<Handler, 'title' | 'language'>) => boolean = () => true,
): void {
  const there = new Set(box.languages.map(({ language }) => language as string));
  const all = [...PYTHON, ...SCRIPTS].filter((one) => there.has(one.language) && wanted(one));
  afterAll(async () => box.close());

  it.concurrent.for(all)(
    'a handler in $language gives $title',
    async (handler, { expect: look }) => {
      const { code, language, args = {}, expected } = handler;
      const result = await callMade(created(code, language), around(box), {
        args,
        place: placeIn({}, { callMs: 20_000 }),
      });
      look(result).toMatchObject(expected);
      look(JSON.stringify(result)).not.toMatch(/awp-(?:jail|deno|quickjs)-/);
    },
  );

  const both = (['python', 'javascript'] as const).filter(
    (language) => there.has(language) && wanted({ title: 'a trial', language }),
  );
  it.each(both)('is tried with what its schema says, in %s', async (language) => {
    const code = {
      python:
        "def handler(*, n, text):\n    return {'ok': n == 2 and text == 'aa', 'error': 'the wrong sample'}",
      javascript:
        "function handler({ n, text }) { return { ok: n === 2 && text === 'aa', error: 'traceback' }; }",
    }[language];
    const properties = {
      n: { type: 'integer', minimum: 2 },
      text: { type: 'string', minLength: 2 },
      unread: {},
    };
    const { context } = checking(box);
    const tried: JsonObject[] = [];
    const draft = created(code, language, { parameters: { type: 'object', properties } });
    const told = { ...context, tried: (result: JsonObject) => void tried.push(result) };
    expect(await dryRun.check(draft, placeIn({}, { dryRunMs: 20_000 }), told)).toBeUndefined();
    expect(tried).toEqual([{ ok: true, status: 200, data: {} }]);
  });
}
