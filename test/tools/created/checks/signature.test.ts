import { describe, expect, it } from 'vitest';
import type { CodeLanguage, DraftProblem } from '../../../../src/events/creation.ts';
import type { Sandbox } from '../../../../src/ports/sandbox.ts';
import { signatureCheck } from '../../../../src/tools/created/checks/signature.ts';
import { argumentsNamed, box, contextFor, draftOf, placeWith } from './checking.ts';

interface Looked {
  problem: DraftProblem | undefined;
  warnings: string[];
}

async function look(language: CodeLanguage, code: string, names = 'a b'): Promise<Looked> {
  const warnings: string[] = [];
  const parameters = argumentsNamed(...names.split(' ').filter((name) => name !== ''));
  const draft = draftOf(language, code, { parameters });
  const problem = await signatureCheck.check(draft, placeWith(), contextFor({}, warnings));
  return { problem, warnings };
}

const END = 'return {"ok": True, "data": 1}';
const END_JS = '{ return { ok: true, data: 1 }; }';

type Row = [code: string, error: string];
const PYTHON_REFUSED: readonly Row[] = [
  ['a = 1', 'the code defines no `handler`'],
  [`class A:\n  def handler(self): ${END}`, 'the code defines no `handler`'],
  [`async def handler(*, a, b): ${END}`, 'line 1, column 1: `handler` is asynchronous'],
  [`def handler(*, a, b):\n  yield a\n  ${END}`, '`handler` is a generator'],
  [`handler = lambda *, a, b: {}`, 'line 1, column 1: `handler` is no function'],
  [`class handler: pass`, '`handler` is no function'],
  [`from json import dumps as handler`, '`handler` is no function'],
  [
    `def handler(*, a, b): ${END}\ndef handler(*, a): ${END}`,
    'line 2, column 1: `handler` gets a second',
  ],
  [
    `def handler(*, a, b): ${END}\nhandler = lambda **k: {}`,
    'line 2, column 1: `handler` gets a second',
  ],
  [
    `def handler(*, a, b): ${END}\nif a:\n  for handler in []: pass`,
    'line 3, column 7: `handler` gets',
  ],
  [
    `def handler(*, a, b): ${END}\ndef f():\n  global handler\n  handler = 1`,
    'line 3, column 3: `handler` gets',
  ],
  [`def handler(*, a, b): ${END}\n(handler := 1)`, 'line 2, column 2: `handler` gets'],
  [`def handler(a, b): ${END}`, 'its arguments can be given by position'],
  [`def handler(a, /, *, b): ${END}`, 'arguments before / cannot be given by name'],
  [`def handler(*, a, b): pass`, '`handler` returns nothing'],
  [`def handler(*, a, b): return`, '`handler` returns nothing'],
  [`def handler(*, a, b): return None`, '`handler` returns nothing'],
  [`def handler(*, a, b):\n  def f(): ${END}`, '`handler` returns nothing'],
  [`def handler(*, a, b, c=1): ${END}`, 'reads "c", which'],
  [
    `def handler(**kw):\n  kw["c"], kw.get("d", 1), kw.pop("e")\n  ${END}`,
    'reads "c", "d", "e", which',
  ],
  [`def handler(*, a, b:\n  ${END}`, 'line 1, column 12: the code cannot be read'],
  [`def handler(*, a, b):\n\tx\n        y`, 'line 3'],
  [`x = ${'-'.repeat(15_000)}1`, 'the code cannot be read'],
  [`x = ${'1+'.repeat(9000)}1`, 'the code cannot be read'],
  [`x = a${'.b'.repeat(9000)}`, 'the code cannot be read'],
  [`x = ${'9'.repeat(19_000)}`, 'the code cannot be read'],
];

const SCRIPT_REFUSED: readonly Row[] = [
  ['const a = 1', 'the code defines no `handler`'],
  ['exports.handler = () => ({})', 'the code defines no `handler`'],
  [`function run({ a, b }) ${END_JS}\nexport { run as handler };`, 'defines no `handler`'],
  [`function* handler({ a, b }) ${END_JS}`, 'line 1, column 1: `handler` is a generator'],
  ['class handler {}', '`handler` is no function'],
  ['import { handler } from "x"', '`handler` is no function'],
  ['const handler = wrap(({ a, b }) => 1)', '`handler` is no function'],
  [
    `function handler({ a, b }) ${END_JS}\nhandler = 1`,
    'line 2, column 1: `handler` gets a second',
  ],
  ['let handler;\nhandler = ({ a, b }) => ({ ok: true })', '`handler` gets a second'],
  [`function handler(a, b) ${END_JS}`, 'more than one parameter'],
  [`function handler(...a) ${END_JS}`, 'its parameter is a list'],
  [`function handler([a, b]) ${END_JS}`, 'its parameter is a list'],
  ['function handler({ a, b }) { return; }', '`handler` returns nothing'],
  ['function handler({ a, b }) { return null; }', '`handler` returns nothing'],
  ['function handler({ a, b }) { [].map(() => { return 1; }); }', '`handler` returns nothing'],
  [`function handler({ a, c = 1 }) ${END_JS}`, 'reads "c", which'],
  [
    `function handler(args) { const { d } = args; return args.c + args["e"] + args.a; }`,
    'reads "d", "c", "e", which',
  ],
  [`function handler({ a, ...rest }) { return rest.c; }`, 'reads "c", which'],
  [`function handler({ a, b }) {\n  return 1 +;\n}`, 'line 2, column 13: the code cannot be read'],
  [
    `function handler({ a, b }) ${END_JS}\nexport function handler() {}`,
    'line 2, column 17: the code',
  ],
  [`with (a) {}`, 'line 1, column 1: the code cannot be read'],
  [`@logged\nclass A {}`, 'line 1, column 1: the code cannot be read'],
  [`const x = ${'!\n'.repeat(30_000)}1`, 'the code cannot be read: Not enough stack'],
];

const TYPES_REFUSED: readonly Row[] = [
  ['enum A { B = evil() }', 'line 1, column 1: the code cannot be read: TypeScript enum'],
  ['const a = 1;\nnamespace A { export const x = 1 }', 'line 2, column 1: the code cannot be read'],
  ['import x = require("fs")', 'the code cannot be read'],
  ['const a = 1\nclass A { constructor(private x: string) {} }', 'line 2, column 31: the code'],
  ['const a: = 1', 'line 1, column 10: the code cannot be read'],
  ['@logged\nclass A {}', 'line 1, column 1: the code cannot be read'],
  [`const x = ${'!\n'.repeat(30_000)}1`, 'the code cannot be read: too many parts'],
  [`let x: ${'keyof\n'.repeat(10_000)}y`, 'the code cannot be read: too many parts'],
];

/** Rows with the beginning of the code as their title. */
function titled<T extends Row | Good>(rows: readonly T[]): [title: string, ...T][] {
  return rows.map((row) => [JSON.stringify(row[0].slice(0, 80)), ...row]);
}

describe.skipIf(!box)('a handler in Python is refused', () => {
  it.each(titled(PYTHON_REFUSED))('%s', async (_, code, error) => {
    const { problem } = await look('python', code);
    expect(problem).toMatchObject({
      ...{ stage: 'signature', status: 400, repairable: true },
      category: error.startsWith('reads') ? 'schema_mismatch' : 'validation',
      error: expect.stringContaining(error),
    });
    expect(problem?.hint).not.toBe('');
  });
});

describe('a handler is refused', () => {
  it.each([
    ...titled(SCRIPT_REFUSED).map((row) => ['javascript', ...row] as const),
    ...titled(TYPES_REFUSED).map((row) => ['typescript', ...row] as const),
  ])('in %s: %s', async (language, _, code, error) => {
    const { problem } = await look(language, code);
    expect(problem).toMatchObject({
      ...{ stage: 'signature', status: 400, repairable: true },
      category: error.startsWith('reads') ? 'schema_mismatch' : 'validation',
      error: expect.stringContaining(error),
    });
    expect(problem?.hint).not.toBe('');
  });

  it('for good when the sandbox cannot run it', async () => {
    const none = { languages: [{ language: 'javascript', description: 'Node' }] } as unknown;
    const context = contextFor({ sandbox: async () => none as Sandbox });
    const draft = draftOf('python', 'no_python_here = 1');
    expect(await signatureCheck.check(draft, placeWith(), context)).toEqual({
      ...{ stage: 'signature', status: 400, category: 'validation', repairable: false },
      error: 'the sandbox has no Python',
      hint: 'write the tool in a language that the sandbox has',
    });
  });

  it('when reading it takes more than there is', async () => {
    const execution = { stdout: '', stderr: '', limits: ['memory'], stopped: 'memory' };
    const languages = [{ language: 'python', description: 'Python' }];
    const tight = { languages, run: async () => execution } as unknown;
    const context = contextFor({ sandbox: async () => tight as Sandbox });
    const draft = draftOf('python', 'much = 1');
    expect(await signatureCheck.check(draft, placeWith(), context)).toMatchObject({
      status: 400,
      error: 'the code cannot be read within the limits of the sandbox (memory)',
    });
  });

  it.each<CodeLanguage>(['python', 'typescript'])(
    'in %s with the reason of who cancels',
    async (language) => {
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      const context = contextFor({ signal: stop.signal });
      const draft = draftOf(language, `cancelled_${language} = 1`);
      await expect(signatureCheck.check(draft, placeWith(), context)).rejects.toThrow('enough');
    },
  );
});

type Good = [code: string, names: string, warning?: string];
const UNREAD = (names: string): string =>
  `\`handler\` does not read ${names} of \`parameters.properties\``;

const PYTHON_GOOD: readonly Good[] = [
  [`def handler(*, a, b=1): ${END}`, 'a b'],
  [`def handler(a, *, b=1): ${END}`, 'a b'],
  [`def handler(): ${END}`, ''],
  [`def handler(**kw): return kw["a"], kw.get("b")`, 'a b'],
  [`def handler(**kw): return dict(kw)`, 'a b'],
  [`def handler(**kw): return kw[kw["a"]]`, 'a b'],
  [`def handler(a, **kw): return kw["b"]`, 'a b'],
  [`def handler(*, a, _secrets, _workspace_dir=""): ${END}`, 'a'],
  [`def handler(*, a):\n  handler_of = 1\n  if a:\n    ${END}`, 'a b', UNREAD('"b"')],
  [`def handler(**kw): return kw["a"]`, 'a b', UNREAD('"b"')],
  [`def f():\n  handler = 1\n  return handler\ndef handler(*, a, b): ${END}`, 'a b'],
  [`@cache\ndef handler(*, a, b):\n  async def g(): yield 1\n  ${END}`, 'a b'],
];

const SCRIPT_GOOD: readonly Good[] = [
  [`function handler({ a, b = 1 }) ${END_JS}`, 'a b'],
  [`export async function handler({ a, b } = {}) ${END_JS}`, 'a b'],
  [`export default function handler({ a: { c }, 'b': d }) ${END_JS}`, 'a b'],
  [`export const handler = async ({ a, b }) => ({ ok: a === b })`, 'a b'],
  [`const handler = async function ({ a, b }) ${END_JS};\nexport { handler };`, 'a b'],
  [`function handler() ${END_JS}`, ''],
  [`function handler(args) { return run(args); }`, 'a b'],
  [`function handler(args) { return args[args.a]; }`, 'a b'],
  [`function handler(args) { const { a, ...rest } = args; return rest; }`, 'a b'],
  [`function handler({ a, ...rest }) { return rest; }`, 'a b'],
  [`function handler({ [a]: x }) ${END_JS}`, 'a b'],
  [`function handler({ a }) ${END_JS}`, 'a b', UNREAD('"b"')],
  [`function handler(args) { return x.args + args.a; }`, 'a b', UNREAD('"b"')],
  [`const f = { handler: 1 };\nfunction handler({ a, b }) { f.handler = 2; return f; }`, 'a b'],
];

const TYPES_GOOD: readonly Good[] = [
  [
    `interface Args { a: number; b?: string }\nexport function handler({ a, b }: Args): unknown ${END_JS}`,
    'a b',
  ],
  [
    `/// <reference path="/etc/passwd" />\ndeclare module "x";\nconst handler = async <T,>({ a, b }: { a: T; b: T }) => ({ ok: true as const, a, b });`,
    'a b',
  ],
];

describe.skipIf(!box)('a handler in Python is taken', () => {
  it.each(titled(PYTHON_GOOD))('%s', async (_, code, names, warning) => {
    expect(await look('python', code, names)).toEqual({
      problem: undefined,
      warnings: warning === undefined ? [] : [warning],
    });
  });
});

describe('a handler is taken', () => {
  it.each<[CodeLanguage, string, ...Good]>([
    ...titled(SCRIPT_GOOD).map((row): [CodeLanguage, string, ...Good] => ['javascript', ...row]),
    ...titled([...SCRIPT_GOOD.slice(0, 4), ...TYPES_GOOD]).map(
      (row): [CodeLanguage, string, ...Good] => ['typescript', ...row],
    ),
  ])('in %s: %s', async (language, _, code, names, warning) => {
    expect(await look(language, code, names)).toEqual({
      problem: undefined,
      warnings: warning === undefined ? [] : [warning],
    });
  });

  it('with a warning that says that callers must give what nobody reads', async () => {
    const warnings: string[] = [];
    const parameters = { ...argumentsNamed('a', 'b'), required: ['b'] };
    const draft = draftOf('javascript', `function handler({ a }) ${END_JS}`, { parameters });
    await signatureCheck.check(draft, placeWith(), contextFor({}, warnings));
    expect(warnings).toEqual([`${UNREAD('"b"')}, although callers must give it`]);
  });
});
