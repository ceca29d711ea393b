import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { UNKNOWN } from '../../../src/providers/capabilities.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { builtinTools } from '../../../src/tools/index.ts';
import { only, type TestHostOptions, temporaryFolder, testHost } from '../../make.ts';
import { endOf, planAgent, runPlan } from '../graphs.ts';
import { block, codemodePlan, Ended, type Solve, solveBox } from './solve-box.ts';

interface Ran {
  end: JsonObject;
  log: RunEvent[];
  asked: ModelRequest[];
}

/** Runs an agent in code mode that gives these answers, one after another. */
async function ran(
  plan: ReturnType<typeof codemodePlan>,
  answers: readonly ScriptedAnswer[],
  sandbox: Sandbox,
  more: Partial<TestHostOptions> = {},
): Promise<Ran> {
  using folder = temporaryFolder();
  const asked: ModelRequest[] = [];
  const left = [...answers];
  const script = (request: ModelRequest): ScriptedAnswer => {
    asked.push(request);
    return left.shift() ?? 'there is no answer left';
  };
  const host = testHost(folder.path, { script, tools: builtinTools, sandbox, ...more });
  const { state, log } = await runPlan(host, plan);
  return { end: endOf(state), log, asked };
}

const output = (change: Partial<PlanAgent['output']>): Partial<PlanAgent> => ({
  output: { ...planAgent('writer').output, ...change },
});

const adds: Solve = async ({ call }) => ({
  sum: ((await call('arithmetic.add', { a: 1, b: 2 })) as { result: number }).result,
  confidence: 0.7,
});
const fails: Solve = async () => {
  const stderr = 'Traceback (most recent call last):\n  File "program.py", line 3\nKeyError: "x"\n';
  throw new Ended({ exitCode: 1, stderr, stdout: 'seen 3 rows\n' });
};
const PROGRAMS: Readonly<Record<string, Solve>> = {
  adds,
  fails,
  lists: async () => [1],
  says: async () => 'a text',
  nothing: async () => null,
  silent: async () => undefined,
  unsure: async () => ({ sum: 1, confidence: 7 }),
  bare: async () => ({ confidence: 1 }),
  written: async () => '{"sum": 4, "confidence": 0.2}',
  slow: async () => {
    throw new Ended({ exitCode: undefined, stopped: 'timeout' } as never);
  },
  away: async ({ call }) => (await call('web.search', { query: 'x' })) as JsonObject,
};

const last = (request: ModelRequest | undefined): string => request?.messages.at(-1)?.text ?? '';

describe('an agent in code mode', () => {
  it('is told of its tools in a text, is given none, and answers with what its program returns', async () => {
    const { end, log, asked } = await ran(codemodePlan(), [block('adds')], solveBox(PROGRAMS));
    expect(end).toEqual({ status: 'complete', result: { writer: { sum: 3, confidence: 0.7 } } });
    expect(only(log, 'model.asked').map(({ data }) => data.tools)).toEqual([[]]);
    expect(asked[0]?.tools).toEqual([]);
    const [system, user] = asked[0]?.messages ?? [];
    expect(system?.text).toContain('## SDK\n```python\nclass Sdk:');
    expect(system?.text).toContain('async def add(*, a: float, b: float)');
    expect(system?.text).not.toContain('code.solve');
    expect(user?.text).toContain('What `solve` returns is one JSON object.');
    const [derived] = only(log, 'calls.derived');
    const args = { code: 'adds', language: 'python', timeout: 20, console: true };
    expect(derived?.data).toEqual({
      ...{ call: '1/1', from: 'code_block' },
      calls: [{ id: '1/1.p1', name: 'code.solve', args }],
    });
    expect(only(log, 'tool.called').map(({ data }) => [data.call, data.parentCall])).toEqual([
      ['1/1.p1', undefined],
      ['1/1.p1.i1', '1/1.p1'],
    ]);
  });

  it.each<[string, string, Partial<PlanAgent>, RegExp]>([
    ['a program that fails', block('fails'), {}, /KeyError.*The end of its stdout: "seen 3 rows"/s],
    ['a program that is stopped', block('slow'), {}, /stopped after 20 s/],
    [
      'a program that returns nothing',
      block('nothing'),
      {},
      /solve returned nothing, not an object/,
    ],
    ['a program that ends before', block('silent'), {}, /ended before solve had returned/],
    ['a list', block('lists'), {}, /solve returned a list, not an object/],
    [
      'a list where a text is wanted',
      block('lists'),
      output({ format: 'text' }),
      /a list, not a text/,
    ],
    ['a missing field', block('bare'), output({ required: ['sum'] }), /the field "sum" is missing/],
    [
      'a confidence that is none',
      block('unsure'),
      output({ validation: 'strict', required: ['sum'] }),
      /confidence/,
    ],
    ['a tool that it does not have', block('away'), {}, /web\.search/],
    [
      'no program',
      'I think that it is 3.',
      {},
      /the answer has no program: write one fenced code block/,
    ],
    [
      'a program in another language',
      block('adds', 'js'),
      {},
      /in python that defines async def solve/,
    ],
  ])('is told of %s, and may write another', async (_, answer, agent, told) => {
    const right = agent.output?.format === 'text' ? block('says') : block('adds');
    const { end, asked } = await ran(
      codemodePlan({}, { agent }),
      [answer, right],
      solveBox(PROGRAMS),
    );
    expect(end.status).toBe('complete');
    expect(asked).toHaveLength(2);
    expect(last(asked[1])).toMatch(told);
    expect(last(asked[1])).toContain('Write the whole program again, in one code block.');
  });

  it.each<[string, ScriptedAnswer, Partial<PlanAgent>, JsonObject]>([
    ['a JSON object', { sum: 3, confidence: 1 }, {}, { sum: 3, confidence: 1 }],
    ['JSON as a text of a program', block('written'), {}, { sum: 4, confidence: 0.2 }],
    ['a text', block('says'), output({ format: 'text' }), { result: 'a text', confidence: 0.5 }],
  ])('may answer with %s', async (_, answer, agent, value) => {
    const { end } = await ran(codemodePlan({}, { agent }), [answer], solveBox(PROGRAMS));
    expect(end).toEqual({ status: 'complete', result: { writer: value } });
  });

  it.each([
    [0, 1],
    [1, 2],
    [3, 4],
  ])('fails after %i further programs, which it was asked for', async (retries, asks) => {
    const answers = Array.from({ length: 9 }, () => block('fails'));
    const { end, asked, log } = await ran(codemodePlan({ retries }), answers, solveBox(PROGRAMS));
    expect(asked).toHaveLength(asks);
    expect(end.status).not.toBe('complete');
    expect(only(log, 'agent.failed')[0]?.data).toMatchObject({
      code: 'model/bad-answer',
      message: expect.stringContaining('KeyError'),
    });
  });

  it('has no more than its time and the calls of the run', async () => {
    const box = solveBox(PROGRAMS);
    await ran(codemodePlan({ timeoutMs: 1500 }), [block('adds')], box);
    expect(box.jobs[0]?.timeoutMs).toBe(1500);
    const { end, log } = await ran(
      codemodePlan({}, { plan: { limits: { ...codemodePlan().limits, tools: 1 } } }),
      [block('adds')],
      solveBox(PROGRAMS),
    );
    expect(end.status).not.toBe('complete');
    expect(only(log, 'tool.returned').map(({ data }) => data.status)).toEqual([429, 500]);
  });

  it('keeps nothing of what is printed where its author wants that', async () => {
    const { log, asked } = await ran(
      codemodePlan({ console: false }),
      [block('fails'), block('adds')],
      solveBox(PROGRAMS),
    );
    expect(JSON.stringify(log)).not.toContain('seen 3 rows');
    expect(last(asked[1])).toContain('KeyError');
  });

  it('calls only what is on its surface, what its rules leave, and no other program', async () => {
    const tries =
      (name: string): Solve =>
      async ({ call }) => ({
        said: await call(name, {}).catch((error: Ended) => error.execution.stderr ?? ''),
      });
    const names = ['arithmetic.add', 'file.list', 'file.delete', 'code.solve', 'code.execute'];
    const said: Record<string, string> = {};
    for (const name of names) {
      const agent = { denied: ['file.delete'], tools: ['*.*', 'code.*', 'code.solve'] };
      const only = ['file.*', 'code.*'];
      const plan = codemodePlan({ only }, { agent });
      const { end } = await ran(plan, [block('tries')], solveBox({ tries: tries(name) }));
      said[name] = String((end.result as { writer?: JsonObject }).writer?.said);
    }
    expect(said).toEqual({
      'arithmetic.add': expect.stringContaining('not on the surface of writer'),
      'file.list': expect.not.stringContaining('ToolError'),
      'file.delete': expect.stringContaining('forbidden'),
      'code.solve': expect.stringContaining('a program cannot call code.solve'),
      'code.execute': expect.stringContaining('a program cannot call code.execute'),
    });
  });

  it.each([
    [
      'namespaces',
      { calls: { max: null, parallel: 1, timeoutMs: 10, overrides: [], namespaces: ['file'] } },
    ],
    ['time for one call', { calls: { max: null, parallel: 1, timeoutMs: 10, overrides: [] } }],
  ] as const)('runs its program whatever its tools are limited to: %s', async (_, agent) => {
    const { end, log } = await ran(
      codemodePlan({}, { agent }),
      [block('plain')],
      solveBox({ plain: async () => ({ confidence: 1 }) }),
    );
    expect(end.status).toBe('complete');
    expect(only(log, 'security.denied')).toEqual([]);
  });

  it('needs no model that can call tools', async () => {
    using folder = temporaryFolder();
    const script = block('adds');
    const host = testHost(folder.path, {
      script: () => script,
      tools: builtinTools,
      sandbox: solveBox(PROGRAMS),
    });
    const models: typeof host.models = (name) => {
      return { ...host.models(name), capabilities: { ...UNKNOWN, tools: false } };
    };
    const { state } = await runPlan({ ...host, models }, codemodePlan());
    expect(state.status).toBe('complete');
  });

  it.each([
    ['none', { name: 'none' }, 'sandbox/refused', /needs a sandbox with a boundary/],
    [
      'one without its language',
      { languages: [] },
      'sandbox/unavailable',
      /writes programs in python/,
    ],
  ] as const)('does not start in a box that is %s', async (_, change, code, message) => {
    const sandbox = { ...solveBox(PROGRAMS), ...change } as Sandbox;
    await expect(ran(codemodePlan(), [block('adds')], sandbox)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });
});
