import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import type { CallSession, ToolContext, ToolResult } from '../../src/ports/tool.ts';
import { nothingKept } from '../make.ts';
import { type Bench, makeBench, policy } from './bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => {
  bench.clear();
});

const DONE: Execution = {
  ...{ exitCode: 0, stdout: '', stderr: '', limits: [], files: [], notes: [], ms: 1 },
};

/** What a program asks over its channel, one after the other. */
type Asked = readonly (readonly [name: string, args: JsonObject])[];

interface Case {
  asked?: Asked;
  execution?: Partial<Execution>;
  args?: JsonObject;
  context?: Partial<ToolContext>;
}

interface Solved {
  result: ToolResult;
  job: SandboxJob | undefined;
  replies: Json[];
}

async function solve({ asked = [], execution, args, context }: Case): Promise<Solved> {
  const replies: Json[] = [];
  let job: SandboxJob | undefined;
  const sandbox: Sandbox = {
    ...{ ...nothingKept, name: 'bwrap', isolation: 'for tests' },
    languages: [{ language: 'python', description: 'Python 3' }],
    async run(given, signal) {
      job = given;
      for (const [name, own] of asked) {
        const { ok: _, error, ...reply } = (await given.tools?.call(name, own, signal)) ?? {};
        replies.push({ ...(reply as JsonObject), ...(error !== undefined && { error }) });
      }
      return { ...DONE, ...execution };
    },
  };
  const result = await bench.call(
    'code.solve',
    { code: 'x', language: 'python', ...args },
    { sandbox: async () => sandbox, ...context },
  );
  return { result, job, replies };
}

const returns = (value: Json, more: JsonObject = {}): Asked => [['awp.result', { value, ...more }]];

/** A session that begins with `n` 1, and keeps. */
function session(): CallSession & { kept: JsonObject[] } {
  const kept: JsonObject[] = [];
  const keep = (value: JsonObject): undefined => {
    kept.push(value);
  };
  return { value: { n: 1 }, keep, kept };
}

describe('code.solve', () => {
  it('gives back what solve returned, and what the program printed', async () => {
    const execution = { stdout: 'seen\n', files: [] };
    const { result, job } = await solve({ asked: returns({ a: 1 }), execution });
    expect(result).toEqual({
      ...{ ok: true, status: 200 },
      data: { value: { a: 1 }, files: [], console: { stdout: 'seen\n' } },
    });
    expect(job?.code).toBe('x\n_awp.solve(globals())\n');
    expect(job?.tools?.names).toEqual(['awp.result']);
  });

  it.each<[string, Case, Json]>([
    ['the first of several values', { asked: [...returns(1), ...returns(2)] }, 1],
    ['nothing, where that was returned', { asked: returns(null) }, null],
    [
      'a value before the program was stopped',
      { asked: returns(1), execution: { stopped: 'timeout' } },
      1,
    ],
    ['a value before the program failed', { asked: returns(1), execution: { exitCode: 1 } }, 1],
  ])('takes %s', async (_, given, value) => {
    const { result } = await solve(given);
    expect(result).toMatchObject({ ok: true, data: { value } });
    const isOver = given.execution !== undefined;
    expect(JSON.stringify(result.data).includes('after solve had returned')).toBe(isOver);
  });

  it.each<[string, Case, number, RegExp]>([
    ['ends without a value', {}, 422, /ended before solve had returned/],
    ['fails', { execution: { exitCode: 1, stderr: 'ValueError: no\n' } }, 500, /ValueError: no/],
    [
      'cannot be read',
      {
        execution: {
          exitCode: 1,
          stderr: '  File "program.py", line 1\n    x\n    ^\nSyntaxError: bad\n',
        },
      },
      400,
      /could not be read in line 1/,
    ],
    [
      'takes too long',
      { execution: { stopped: 'timeout' }, args: { timeout: 3 } },
      408,
      /after 3 s/,
    ],
    ['needs too much memory', { execution: { stopped: 'memory' } }, 500, /memory/],
    [
      'is in a language that is not there',
      { args: { language: 'typescript' } },
      503,
      /does not run typescript/,
    ],
    ['returns too much', { asked: returns('x'.repeat(950_000)) }, 422, /more than 900000/],
  ])('tells of a program that %s', async (_, given, status, error) => {
    const { result } = await solve(given);
    expect(result).toMatchObject({ ok: false, status, error: expect.stringMatching(error) });
  });

  it('gives a program its state, and keeps what it hands back first', async () => {
    const own = session();
    const asked: Asked = [
      ['awp.state', {}],
      ...returns(1, { state: { n: 2 } }),
      ...returns(1, { state: { n: 3 } }),
    ];
    const { replies, job } = await solve({ asked, context: { session: own } });
    expect(replies[0]).toMatchObject({ data: { n: 1 } });
    expect(own.kept).toEqual([{ n: 2 }]);
    expect(job?.tools?.names).toEqual(['awp.result', 'awp.state']);
  });

  it.each([
    ['is no object', { state: [1] }],
    ['is not handed back', {}],
  ])('keeps no state that %s', async (_, more) => {
    const own = session();
    await solve({ asked: returns(1, more), context: { session: own } });
    expect(own.kept).toEqual([]);
  });

  it('keeps the state of a program that failed, and tells when it cannot be kept', async () => {
    const own = session();
    const keep = (): string => 'sdk.state was not kept';
    const failed = {
      asked: [['awp.result', { state: { n: 5 } }]],
      execution: { exitCode: 1 },
    } as const;
    await solve({ ...failed, context: { session: own } });
    expect(own.kept).toEqual([{ n: 5 }]);
    const { result } = await solve({ ...failed, context: { session: { ...own, keep } } });
    expect(result.data).toMatchObject({ notes: ['sdk.state was not kept'] });
  });

  it('lets a program call its other tools as often as it may, and then still return', async () => {
    const calls: string[] = [];
    const boxTools = {
      names: ['a.b'],
      orders: new Map([['a.b', ['x']]]),
      call: async (name: string) => {
        calls.push(name);
        return { ok: true, status: 200, data: 1 };
      },
    };
    const sandboxPolicy = { ...policy, toolCalls: 2 };
    const asked: Asked = [...Array.from({ length: 4 }, () => ['a.b', {}] as const), ...returns(9)];
    const { result, replies, job } = await solve({ asked, context: { boxTools, sandboxPolicy } });
    expect(calls).toEqual(['a.b', 'a.b']);
    expect(replies[2]).toMatchObject({ status: 429, error: 'this program may make 2 calls only' });
    expect(result.data).toMatchObject({ value: 9 });
    expect(job?.tools).toMatchObject({ names: ['a.b', 'awp.result'], orders: boxTools.orders });
  });

  it('has nothing else under our names, and no tools that it was not given', async () => {
    const asked: Asked = [
      ['awp.else', {}],
      ['constructor', {}],
      ['a.b', {}],
    ];
    const { replies } = await solve({ asked });
    expect(replies.map((one) => (one as JsonObject).status)).toEqual([404, 404, 404]);
  });

  it('keeps the end of what is printed, or nothing of it', async () => {
    const execution = { stdout: `${'x'.repeat(20_000)}end`, stderr: 'warned' };
    const { result } = await solve({ asked: returns(1), execution });
    const { console: said } = result.data as { console: JsonObject };
    expect(said.stdout).toMatch(/^\.\.\. \d+ characters left out \.\.\. x+end$/);
    expect(said.stderr).toBe('warned');
    const silent = await solve({ asked: returns(1), execution, args: { console: false } });
    expect(silent.result.data).not.toHaveProperty('console');
  });
});
