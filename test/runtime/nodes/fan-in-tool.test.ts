import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { RunEvent } from '../../../src/events/event.ts';
import type { AccessRule, Plan } from '../../../src/events/plan.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import type { AskPerson } from '../../../src/runtime/approvals/desk.ts';
import { resumeRun, startRun } from '../../../src/runtime/run.ts';
import { DEFAULT_TOOL_POLICY } from '../../../src/runtime/tools/policy.ts';
import { memoryStore } from '../../../src/stores/memory-store.ts';
import { logOf, only, temporaryFolder } from '../../make.ts';
import { endOf, graphPlan, planGraph, planState, stepHost, type TestNode } from '../graphs.ts';

/** A tool that counts its calls. */
function joiner(change: Partial<Tool> = {}): Tool & { calls: JsonObject[] } {
  const calls: JsonObject[] = [];
  return {
    ...{ name: 'mine.join', description: 'Joins', parameters: { type: 'object' } },
    ...{ sideEffects: false, idempotent: true, network: false },
    calls,
    run: async (args) => {
      calls.push(args);
      const items = args.items as JsonObject[];
      return { ok: true, status: 200, data: { total: items.length, confidence: 0.75 } };
    },
    ...change,
  } as Tool & { calls: JsonObject[] };
}

const returning =
  (data: Json): Tool['run'] =>
  async () => ({ ok: true, status: 200, data });

const nodes = (more: TestNode = {}): Readonly<Record<string, TestNode>> => ({
  list: {},
  each: {
    after: ['list'],
    fanOut: { source: 'list.items', variable: 'item', maxParallel: 4 },
    fanIn: { strategy: 'custom', tool: 'mine.join' },
    ...more,
  },
  end: { after: ['each'] },
});

interface Setting {
  more?: TestNode;
  change?: Partial<Plan>;
  ask?: AskPerson;
  prefix?: readonly RunEvent[];
  sensitive?: readonly string[];
}

async function run(tool: Tool, { more, change, ask, prefix, sensitive = [] }: Setting = {}) {
  using folder = temporaryFolder();
  const store = memoryStore({ folder: folder.path });
  const host = stepHost(
    folder.path,
    {
      list: () => ({ items: ['a', 'b'] }),
      each: ({ item }) => ({ item: item ?? null }),
      end: ({ input }) => ({ saw: input.each ?? null }),
    },
    { tools: [tool], store },
  );
  const state = planState();
  const graph = planGraph(nodes(more), {
    state: { ...state, sharing: { ...state.sharing, sensitive } },
  });
  if (prefix) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const started = await (prefix
    ? resumeRun(host, { id: 'r-test', ...(ask && { ask }) })
    : startRun(host, {
        id: 'r-test',
        plan: graphPlan(graph, change),
        inputs: [],
        ...(ask && { ask }),
      }));
  await started.done;
  return { state: started.state, end: endOf(started.state), log: await logOf(store) };
}

describe('a tool that puts the results of a fan-out together', () => {
  it('is called once with all of them, and what it returns is the output of the node', async () => {
    const tool = joiner();
    const { end, state, log } = await run(tool);
    expect(tool.calls).toEqual([{ items: [{ item: 'a' }, { item: 'b' }] }]);
    const each = { total: 2, confidence: 0.75 };
    expect(end).toMatchObject({ status: 'complete', result: { each, end: { saw: each } } });
    expect(state.graphs.get('0')?.nodes.get('each')?.main.confidence).toBe(0.75);
    expect(state.ledger.used.tools).toBe(1);
    expect(only(log, 'tool.called')[0]).toMatchObject({ agent: '0', data: { tool: 'mine.join' } });
  });

  it.each<[string, Json, JsonObject]>([
    ['an object', { a: 1 }, { a: 1 }],
    ['a text', 'all of it', { result: 'all of it' }],
    ['a list', [1], { result: [1] }],
    ['nothing', null, { result: null }],
  ])('may return %s', async (_, data, each) => {
    const { end } = await run(joiner({ run: returning(data) }));
    expect((end.result as JsonObject).each).toEqual(each);
  });

  it('fails the node when it fails, with the reason', async () => {
    const broken = joiner({
      run: async () => {
        throw new Error('no glue');
      },
    });
    const { end } = await run(broken, { more: { onFailure: 'continue' } });
    expect(end).toMatchObject({ status: 'partial', reason: 'node/failed' });
    expect(JSON.stringify(end)).toContain('no glue');
  });

  it('has its sensitive values hidden', async () => {
    const tool = joiner({ run: returning({ pin: '1234', ok: 1 }) });
    const { end, log } = await run(tool, { sensitive: ['pin'] });
    expect(end).toMatchObject({ result: { each: { pin: '[redacted]', ok: 1 } } });
    expect(JSON.stringify(log)).not.toContain('1234');
  });

  const deny: AccessRule[] = [{ agent: 'each', denied: ['mine.*'] }];
  it.each<[string, Partial<Plan>, string]>([
    ['access', { tools: { ...DEFAULT_TOOL_POLICY, access: deny } }, 'tool/not-granted'],
    ['the budget', { limits: { ...graphPlan(planGraph({})).limits, tools: 0 } }, 'budget/tools'],
    [
      'a quota',
      { tools: { ...DEFAULT_TOOL_POLICY, overrides: [{ tool: 'mine.join', calls: 0 }] } },
      'tool/quota',
    ],
  ])('is bound by %s like any call', async (_, change, code) => {
    const tool = joiner();
    const { state } = await run(tool, { change });
    expect(tool.calls).toEqual([]);
    expect(state.graphs.get('0')?.nodes.get('each')).toMatchObject({ status: 'failed', code });
  });

  it('waits for a person where the tool wants one, and is not called without a yes', async () => {
    const tool = joiner({ approval: () => 'glue is dear' });
    const answers = ['approved', 'rejected'] as const;
    for (const decision of answers) {
      const { state } = await run(tool, { ask: async () => ({ decision, by: 'test' }) });
      expect(state.status).toBe(decision === 'approved' ? 'complete' : 'failed');
    }
    expect(tool.calls).toHaveLength(1);
    expect((await run(tool)).state.status).toBe('waiting');
  });

  it('has its result looked at by a person where the node says so', async () => {
    const tool = joiner();
    const { end } = await run(tool, {
      more: { approval: 'after' },
      ask: async ({ args }) => ({
        ...{ decision: 'approved', by: 'test' },
        args: { output: { ...(args.output as JsonObject), seen: true } },
      }),
    });
    expect(tool.calls).toHaveLength(1);
    expect(end).toMatchObject({ result: { each: { total: 2, seen: true } } });
  });

  it('is a tool that the run must have', async () => {
    await expect(run(joiner({ name: 'mine.other' }))).rejects.toMatchObject({
      code: 'tool/missing',
    });
  });
});

describe('a call that puts results together, cut off anywhere', () => {
  it.each([true, false])(
    'is made again only where it may be: idempotent %s',
    async (idempotent) => {
      const whole = await run(joiner({ idempotent }), { more: { onFailure: 'continue' } });
      for (let length = 1; length < whole.log.length; length += 1) {
        const prefix = whole.log.slice(0, length);
        const isOut =
          prefix.some(({ type }) => type === 'tool.called') &&
          !prefix.some(({ type }) => type === 'tool.returned');
        const tool = joiner({ idempotent });
        const { end, state } = await run(tool, { prefix });
        const isLost = isOut && !idempotent;
        const isCalled =
          !prefix.some(({ type }) => type === 'tool.called') || (isOut && idempotent);
        expect([length, tool.calls.length]).toEqual([length, isCalled ? 1 : 0]);
        if (!isLost) expect({ length, ...end }).toEqual({ length, ...whole.end });
        else {
          const each = state.graphs.get('0')?.nodes.get('each');
          expect(each).toMatchObject({ code: 'tool/interrupted' });
        }
      }
    },
  );
});
