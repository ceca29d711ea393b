import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { BoxToolReply, BoxTools, Execution, Sandbox } from '../../src/ports/sandbox.ts';
import { solveTools, solving } from '../../src/tools/solve-box.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';
import { openBox } from './boxes.ts';
import { openDeno } from './deno-box.ts';
import { openQuickjs } from './quickjs-box.ts';

type Script = 'python' | 'javascript' | 'typescript';

const BOXES: Readonly<Record<string, () => Promise<Sandbox>>> = {
  bwrap: () => openBox('bwrap'),
  jail: () => openBox('jail'),
  deno: () => openDeno(),
  quickjs: () => openQuickjs(),
};

/** What programs asked for, and a host that knows some tools. */
function host(): { tools: BoxTools; asked: [string, JsonObject][] } {
  const asked: [string, JsonObject][] = [];
  const answers: Readonly<Record<string, (args: JsonObject) => Json>> = {
    'file.read': ({ path }) => ({ path: path ?? null, content: `text of ${String(path)}` }),
    'stats.mean': ({ values }) => ({ mean: values ?? null }),
    'shape.of': (args) => args,
    'tools.create': ({ name }) => ({ name: name ?? null, registered: true }),
    'tools.list': () => ({ tools: [], count: 0 }),
    'tools.remove': ({ name }) => ({ name: name ?? null, unregistered: true }),
  };
  const names = Object.keys(answers);
  const orders = new Map([
    ['file.read', ['path', 'lines']],
    ['stats.mean', ['values']],
    ['shape.of', ['record']],
    ['tools.create', ['name', 'description', 'parameters', 'code', 'meta']],
    ['tools.remove', ['name']],
  ]);
  return {
    asked,
    tools: {
      names,
      orders,
      async call(name, args): Promise<BoxToolReply> {
        asked.push([name, args]);
        const answer = Object.hasOwn(answers, name) ? answers[name] : undefined;
        if (answer) return { ok: true, status: 200, data: answer(args) };
        const error = `tool/unknown: there is no tool ${name} for this agent`;
        return { ok: false, status: 404, data: {}, error };
      },
    },
  };
}

interface Solved {
  value: Json | undefined;
  state: JsonObject | undefined;
  asked: [string, JsonObject][];
  execution: Execution;
}

async function solved(
  sandbox: Sandbox,
  language: Script,
  code: string,
  state?: JsonObject,
): Promise<Solved> {
  const { tools, asked } = host();
  const session = state && { value: state, keep: () => undefined };
  const solve = solveTools(tools, { session, most: 100 });
  const execution = await sandbox.run(
    {
      ...{ language, code: solving(code, language), timeoutMs: 60_000, policy: POLICY },
      ...{ inputs: undefined, shared: undefined, output: [], tools: solve.tools },
    },
    new AbortController().signal,
  );
  return { ...solve.handed(), value: solve.handed().value, asked, execution } as Solved;
}

interface Case {
  python: string;
  script: string;
  value?: Json;
  asked?: [string, JsonObject][];
  /** What its error output says. */
  says?: RegExp;
  state?: JsonObject;
  kept?: JsonObject;
}

const py = (body: string, head = 'async def solve(sdk):'): string =>
  `${head}\n${body
    .trim()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}`;
const js = (body: string): string => `export async function solve(sdk) {\n${body.trim()}\n}`;

const CASES: Readonly<Record<string, Case>> = {
  'calls with named arguments': {
    python: py('return await sdk.file.read(path="a.csv")'),
    script: js("return await sdk.file.read({ path: 'a.csv' });"),
    value: { path: 'a.csv', content: 'text of a.csv' },
    asked: [['file.read', { path: 'a.csv' }]],
  },
  'calls with arguments in the order of the schema': {
    python: py('return (await sdk.file.read("a.csv", 3))["path"]'),
    script: js("return (await sdk.file.read('a.csv', 3)).path;"),
    value: 'a.csv',
    asked: [['file.read', { path: 'a.csv', lines: 3 }]],
  },
  'calls with one object': {
    python: py('return await sdk.stats.mean({"values": [1, 2]})'),
    script: js('return await sdk.stats.mean({ values: [1, 2] });'),
    value: { mean: [1, 2] },
  },
  'takes one object that is no set of arguments for the first of them': {
    python: py('return await sdk.shape.of({"a": 1})'),
    script: js('return await sdk.shape.of({ a: 1 });'),
    value: { record: { a: 1 } },
  },
  'takes an empty object for no arguments': {
    python: py('return await sdk.shape.of({})'),
    script: js('return await sdk.shape.of({});'),
    value: {},
  },
  'calls that are made together': {
    python: `import asyncio\n${py('return await asyncio.gather(*[sdk.stats.mean(values=[n]) for n in range(40)])')}`,
    script: js(
      'return await Promise.all([...Array(40).keys()].map((n) => sdk.stats.mean({ values: [n] })));',
    ),
    value: [...Array(40).keys()].map((n) => ({ mean: [n] })),
  },
  'a call as a task of its own': {
    python: `import asyncio\n${py('task = asyncio.create_task(sdk.stats.mean([1]))\nreturn await task')}`,
    script: js('const task = sdk.stats.mean([1]);\nreturn await task;'),
    value: { mean: [1] },
  },
  'the blocking ones': {
    python: py('return sdk.sync.stats.mean([1])'),
    script: js('return sdk.sync.stats.mean([1]);'),
    value: { mean: [1] },
  },
  'a solve that is not async': {
    python: py('return sdk.stats.mean([1])', 'def solve(sdk):'),
    script: 'export function solve(sdk) { return sdk.sync.stats.mean([1]); }',
    value: { mean: [1] },
  },
  'a call before solve': {
    python: `found = sdk.stats.mean([1])\n${py('return found')}`,
    script: `const found = await sdk.stats.mean([1]);\n${js('return found;')}`,
    value: { mean: [1] },
  },
  'making, listing and removing a tool': {
    python: py(`
made = await sdk.tools.create("my.tool", "does", {"type": "object", "properties": {"a": {}}}, "code")
listed = await sdk.tools.list()
gone = await sdk.tools.remove("my.tool")
return [made, listed, gone]`),
    script: js(`
const made = await sdk.tools.create('my.tool', 'does', { type: 'object', properties: { a: {} } }, 'code');
const listed = await sdk.tools.list();
const gone = await sdk.tools.remove('my.tool');
return [made, listed, gone];`),
    value: [
      { name: 'my.tool', registered: true },
      { tools: [], count: 0 },
      { name: 'my.tool', unregistered: true },
    ],
    asked: [
      [
        'tools.create',
        {
          ...{ name: 'my.tool', description: 'does', code: 'code' },
          parameters: { type: 'object', properties: { a: {} } },
        },
      ],
      ['tools.list', {}],
      ['tools.remove', { name: 'my.tool' }],
    ],
  },
  'a name that is nearly right': {
    python: py('return await sdk.stats.meen(values=[1])'),
    script: js('return await sdk.stats.meen({ values: [1] });'),
    says: /there is no tool stats\.meen.*did you mean sdk\.stats\.mean/s,
  },
  'an error that a program catches': {
    python: py(
      'try:\n    await sdk.no.such(a=1)\nexcept ToolError as error:\n    return error.status',
    ),
    script: js(
      'try { await sdk.no.such({ a: 1 }); } catch (error) { return [error.name, error.status]; }',
    ).replace('[error.name, error.status]', 'error.status'),
    value: 404,
  },
  'too many arguments': {
    python: py('return await sdk.stats.mean([1], 2)'),
    script: js('return await sdk.stats.mean([1], 2);'),
    says: /sdk\.stats\.mean takes .*values/,
  },
  'a state that is used again': {
    python: py('sdk.state["n"] = sdk.state.get("n", 0) + 1\nreturn sdk.state["n"]'),
    script: js('sdk.state.n = (sdk.state.n ?? 0) + 1;\nreturn sdk.state.n;'),
    ...{ state: { n: 4 }, value: 5, kept: { n: 5 } },
  },
  'a state that is replaced': {
    python: py('sdk.state = {"all": "new"}\nreturn 1'),
    script: js("sdk.state = { all: 'new' };\nreturn 1;"),
    ...{ state: { n: 4 }, value: 1, kept: { all: 'new' } },
  },
  'a state of a program that fails': {
    python: py('sdk.state["seen"] = True\nraise ValueError("no luck")'),
    script: js("sdk.state.seen = true;\nthrow new Error('no luck');"),
    ...{ state: {}, kept: { seen: true }, says: /no luck/ },
  },
  'a value that is no number': {
    python: py('return {"x": float("nan")}'),
    script: js('return { x: NaN };'),
    says: /what solve returned.*(?:nan|NaN)/,
  },
  'a value that holds itself': {
    python: py('a = []\na.append(a)\nreturn a'),
    script: js('const a = [];\na.push(a);\nreturn a;'),
    says: /[Cc]ircular/,
  },
  'a value that is too large': {
    python: py('return "x" * 2_000_000'),
    script: js("return 'x'.repeat(2_000_000);"),
    says: /larger than 1 MiB/,
  },
  'no solve at all': {
    python: 'print(1)',
    script: 'console.log(1);',
    says: /defines no function solve\(sdk\)/,
  },
  'names of its own that are ours': {
    python: `tools = sdk_ = json = None\n${py('return (await sdk.stats.mean([1]))')}`,
    script: `const tools = 1, ToolError = 2;\n${js('return await sdk.stats.mean([1]);')}`,
    value: { mean: [1] },
  },
};

/** What differs between boxes of one language: how calls wait, and what reports look like. */
const SOME = [
  'calls with arguments in the order of the schema',
  'a call as a task of its own',
  'the blocking ones',
  'a solve that is not async',
  'a name that is nearly right',
  'a state of a program that fails',
];

/** All cases once in each language, and those that differ in every box. */
const WHERE: Readonly<Record<string, readonly (readonly [Script, 'all' | readonly string[]])[]>> = {
  bwrap: [
    ['python', 'all'],
    ['javascript', SOME],
    ['typescript', 'all'],
  ],
  jail: [
    ['python', SOME],
    ['javascript', SOME],
  ],
  deno: [
    ['python', SOME],
    ['javascript', SOME],
    ['typescript', SOME.slice(0, 1)],
  ],
  quickjs: [
    ['javascript', 'all'],
    ['typescript', SOME.slice(0, 1)],
  ],
};

describe.each(Object.entries(BOXES))('sdk in a box of %s', (name, open) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await open();
    // The first program of Pyodide makes the picture of memory that the others start from.
    if (name === 'deno') await solved(sandbox, 'python', 'def solve(sdk): return 1');
  }, 120_000);
  afterAll(() => sandbox?.close());

  const table = WHERE[name]?.flatMap(([language, titles]) =>
    Object.entries(CASES)
      .filter(([title]) => titles === 'all' || titles.includes(title))
      .map(([title, one]) => [language, title, one] as const),
  );

  it.each(table ?? [])('%s: %s', async (language, _, { python, script, state, ...expected }) => {
    const code = language === 'python' ? python : script;
    const { value, asked, execution, state: kept } = await solved(sandbox, language, code, state);
    if (expected.says) expect(execution.stderr).toMatch(expected.says);
    else expect(execution.stderr).toBe('');
    expect(value).toEqual(expected.value);
    if (expected.asked) expect(asked).toEqual(expected.asked);
    if (expected.kept) expect(kept).toEqual(expected.kept);
  });
});
