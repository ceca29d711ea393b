import { describe, expect, it } from 'vitest';
import { AwpError } from '../../../src/base/errors.ts';
import type { Json } from '../../../src/base/json.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import type { Host } from '../../../src/ports/host.ts';
import { ModelError } from '../../../src/ports/model-provider.ts';
import type { ModuleCall } from '../../../src/ports/step.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { type Run, resumeRun, startRun } from '../../../src/runtime/run.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, only, type TestHostOptions, temporaryFolder, testHost } from '../../make.ts';
import {
  endOf,
  graphPlan,
  planAgent,
  planGraph,
  runPlan,
  type TestNode,
  until,
} from '../graphs.ts';

type Code = (call: ModuleCall) => Promise<Json | undefined>;

/** A plan whose node `x` is code. */
function codePlan(
  agent: Partial<PlanAgent> = {},
  node: TestNode = {},
  change: Partial<Plan> = {},
): Plan {
  const graph = planGraph({ x: { ...node, kind: 'module', agent: 'x' } });
  const x = planAgent('x', { module: '/flow/agents/x/agent.ts', ...agent });
  return graphPlan(graph, { agents: { x }, ...change });
}

/** A host on which the code of agents is this function. */
function codeHost(folder: string, code: Code, more: Partial<TestHostOptions> = {}): Host {
  return { ...testHost(folder, { script: [], ...more }), runModule: { run: code } };
}

const user = (text: string) => [{ role: 'user' as const, text }];

const tool = (name: string, run: Tool['run'], more: Partial<Tool> = {}): Tool => ({
  ...{ name, description: name, parameters: { type: 'object' }, idempotent: true, run },
  ...more,
});

describe('a question of code', () => {
  it('goes to the model of its agent, and is in the log, the budget and the usage', async () => {
    using folder = temporaryFolder();
    const code: Code = async (call) => {
      const answers = await Promise.all(
        ['a', 'b'].map((text) => call.ask({ messages: user(text) })),
      );
      return { texts: answers.map(({ text }) => text).sort(), ...answers[0]?.usage };
    };
    const usage = { input: 5, output: 2 };
    const script = [
      { text: 'one', usage },
      { text: 'two', usage },
    ];
    const host = codeHost(folder.path, code, { script });
    const { state, log } = await runPlan(host, codePlan({ temperature: 0.7 }));
    expect(endOf(state)).toEqual({
      status: 'complete',
      result: { x: { texts: ['one', 'two'], input: 5, output: 2 } },
    });
    expect(
      only(log, 'model.asked').map(({ agent, data }) => [agent, data.call, data.temperature]),
    ).toEqual([
      ['1', '1/1', 0.7],
      ['1', '1/2', 0.7],
    ]);
    expect(state.ledger.used).toMatchObject({ calls: 2, tokens: 14, workers: 1 });
    expect(state.ledger.reserved.tokens).toBe(0);
    expect(state.frames.get('1')?.usage).toMatchObject({ calls: 2, input: 10, output: 4 });
  });

  it('is tried again, then goes to the next model, like one of an agent', async () => {
    using folder = temporaryFolder();
    const asked: string[] = [];
    const script = ({ model }: { model: string }) => {
      asked.push(model);
      if (model !== 'second') throw new ModelError('model/overloaded', 'busy', { retryAfterMs: 0 });
      return { text: 'fine' };
    };
    const host = codeHost(
      folder.path,
      async (call) => ({ ...(await call.ask({ messages: user('a') })) }),
      { script },
    );
    const { state, log } = await runPlan(
      host,
      codePlan({ model: 'first', fallback: ['second'], attempts: 2 }),
    );
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { x: { text: 'fine' } } });
    expect(asked).toEqual(['first', 'first', 'second']);
    expect(only(log, 'model.switched')).toMatchObject([{ data: { from: 'first', to: 'second' } }]);
    expect(only(log, 'model.asked').map(({ data }) => [data.call, data.attempt])).toEqual([
      ['1/1', 1],
      ['1/1', 2],
      ['1/1', 3],
    ]);
  });

  it('that fails is told to the code, which may go on without it', async () => {
    using folder = temporaryFolder();
    const code: Code = async (call) => {
      const failure = await call.ask({ messages: user('a') }).catch((error: AwpError) => error);
      return { code: failure instanceof AwpError ? failure.code : 'none' };
    };
    const script = () => {
      throw new ModelError('model/auth', 'not you');
    };
    const { state } = await runPlan(codeHost(folder.path, code, { script }), codePlan());
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { x: { code: 'model/auth' } },
    });
  });

  it('cannot be asked without a model', async () => {
    using folder = temporaryFolder();
    const code: Code = async (call) => ({ ...(await call.ask({ messages: user('a') })) });
    const { state } = await runPlan(codeHost(folder.path, code), codePlan({ model: '' }));
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: 'model/none' });
  });

  it('beyond the budget is refused, said once, and costs nothing', async () => {
    using folder = temporaryFolder();
    const code: Code = async (call) => {
      const codes = [];
      for (let index = 0; index < 3; index += 1) {
        codes.push(
          await call.ask({ messages: user('a') }).then(
            () => 'fine',
            ({ code: why }) => why,
          ),
        );
      }
      return { codes };
    };
    const plan = codePlan();
    const host = codeHost(folder.path, code, { script: () => ({ text: 'x' }) });
    const { state, log } = await runPlan(host, { ...plan, limits: { ...plan.limits, calls: 1 } });
    expect(state.frames.get('1')?.outcome?.output).toEqual({
      codes: ['fine', 'budget/calls', 'budget/calls'],
    });
    expect(only(log, 'budget.exhausted')).toHaveLength(1);
    expect(endOf(state)).toMatchObject({ status: 'partial', reason: 'budget/calls' });
  });

  it('that the code does not wait for ends with it, and is settled before its output', async () => {
    using folder = temporaryFolder();
    const code: Code = async (call) => {
      void call.ask({ messages: user('a') }).catch(() => {});
      await new Promise((done) => setImmediate(done));
      return {};
    };
    const { state, log } = await runPlan(
      codeHost(folder.path, code, {
        script: {
          name: 'slow',
          ask: (_request, signal) => ({
            [Symbol.asyncIterator]: () => ({ next: () => until(signal) }),
          }),
        },
      }),
      codePlan(),
    );
    expect(endOf(state).status).toBe('complete');
    const types = log.map(({ type }) => type).filter((type) => /^(model|agent)\./.test(type));
    expect(types.slice(-2)).not.toContain('model.asked');
    expect(state.inFlight.size).toBe(0);
    expect(state.ledger.reserved.tokens).toBe(0);
  });
});

describe('a tool call of code', () => {
  const adds = tool('shop.add', async (args) => ({ ok: true, status: 200, data: args }), {
    origin: 'custom',
  });

  it('is made by the grants of its agent, and is in the log below the code', async () => {
    using folder = temporaryFolder();
    const code: Code = async (call) => {
      const { ok, data } = await call.callTool('shop.add', { a: 1 });
      const denied = await call.callTool('shop.gone', {});
      return { tools: [...call.tools], ok, data, denied: denied.status };
    };
    const gone = tool('shop.gone', async () => ({ ok: true, status: 200, data: {} }), {
      origin: 'custom',
    });
    const host = codeHost(folder.path, code, { tools: [adds, gone] });
    const { state, log } = await runPlan(host, codePlan({ denied: ['shop.gone'] }));
    expect(endOf(state)).toMatchObject({
      result: { x: { tools: ['shop.add'], ok: true, data: { a: 1 }, denied: 403 } },
    });
    expect(only(log, 'tool.called').map(({ data }) => [data.call, data.parentCall])).toEqual([
      ['1.i1', '1'],
    ]);
    expect(only(log, 'agent.started').at(-1)?.data.tools).toEqual(['shop.add']);
    expect(state.ledger.used.tools).toBe(1);
  });

  it('says that there are none for an agent without tools', async () => {
    using folder = temporaryFolder();
    const code: Code = async (call) => ({ ...(await call.callTool('shop.add', {})) });
    const { state } = await runPlan(codeHost(folder.path, code, { tools: [] }), codePlan());
    expect(endOf(state)).toMatchObject({ result: { x: { ok: false, status: 404 } } });
  });
});

describe('code whose process died', () => {
  it('is called again, and gets the answers that are in the log', async () => {
    using folder = temporaryFolder();
    const store = memoryStore({ folder: folder.path });
    let calls = 0;
    let sent = 0;
    const sends = tool(
      'shop.send',
      async () => {
        sent += 1;
        return { ok: true, status: 200, data: { sent } };
      },
      { idempotent: false, origin: 'custom' },
    );
    const started = Promise.withResolvers<Run>();
    const waits = tool(
      'shop.wait',
      async (_args, { signal }) => {
        (await started.promise).stop('for the test');
        return until(signal);
      },
      { idempotent: false, origin: 'custom' },
    );
    const model = { count: 0 };
    const script = () => {
      model.count += 1;
      return { text: `answer ${model.count}` };
    };
    const code: Code = async (call) => {
      calls += 1;
      const { text } = await call.ask({ messages: user('once') });
      const one = await call.callTool('shop.send', { to: 'a' });
      const two = await call.callTool('shop.wait', {});
      const more = await call.ask({ messages: user('twice') });
      return { text, one: one.data, two: two.error ?? '', more: more.text };
    };
    const host = codeHost(folder.path, code, { store, script, tools: [sends, waits] });
    const run = await startRun(host, { id: 'r-test', plan: codePlan(), inputs: [] });
    started.resolve(run);
    await run.done;
    const again = await resumeRun(host, { id: 'r-test' });
    await again.done;
    expect(endOf(again.state)).toMatchObject({
      status: 'complete',
      result: { x: { text: 'answer 1', one: { sent: 1 }, more: 'answer 2' } },
    });
    const { two } = again.state.frames.get('1')?.outcome?.output ?? {};
    expect(two).toMatch(/^tool\/interrupted/);
    expect({ calls, sent, asked: model.count }).toEqual({ calls: 2, sent: 1, asked: 2 });
    expect(only(await logOf(store), 'model.asked').map(({ data }) => data.call)).toEqual([
      '1/1',
      '1/2',
    ]);
  });
});

describe('code that is looked at before the run', () => {
  it('is opened with its modules, and closed with the run', async () => {
    using folder = temporaryFolder();
    const seen: unknown[] = [];
    const host: Host = {
      ...testHost(folder.path, { script: [] }),
      runModule: {
        open: async (modules) => {
          seen.push(modules);
          return async () => {
            seen.push('closed');
          };
        },
        run: async () => ({ fine: true }),
      },
    };
    const { state } = await runPlan(host, codePlan());
    expect(endOf(state).status).toBe('complete');
    expect(seen).toEqual([['/flow/agents/x/agent.ts'], 'closed']);
  });

  it('keeps a run from starting that it does not trust', async () => {
    using folder = temporaryFolder();
    const open = async (): Promise<never> => {
      throw new AwpError('trust/needed', 'nobody has trusted it');
    };
    const host: Host = {
      ...testHost(folder.path, { script: [] }),
      runModule: { open, run: async () => ({}) },
    };
    await expect(runPlan(host, codePlan())).rejects.toMatchObject({ code: 'trust/needed' });
    expect(await logOf(host.store).catch(() => [])).toEqual([]);
  });
});
