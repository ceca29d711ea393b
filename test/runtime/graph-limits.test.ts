import { describe, expect, it } from 'vitest';
import type { Limits } from '../../src/events/plan.ts';
import type { RunState } from '../../src/events/state.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { logOf, only, temporaryFolder } from '../make.ts';
import { countingTool } from './calling.ts';
import { endOf, graphPlan, planAgent, planGraph, stepHost } from './graphs.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
/** US dollars per million tokens: an answer costs a cent. */
const PRICE = { input: 10, output: 100 };
const USAGE = { input: 200, output: 80 };

/** Each of the agents calls a tool, then answers. */
function model({ messages }: ModelRequest): ScriptedAnswer {
  if (messages.at(-1)?.role === 'tool') return { text: '{"n": 1, "confidence": 1}', usage: USAGE };
  return { toolCalls: [{ name: 'mine.look', args: {} }], usage: USAGE };
}

/** Six agents, three at a time, in a run with these limits. */
function begin(folder: string, limits: Partial<Limits>) {
  const tool = countingTool('mine.look', { idempotent: true });
  const host = stepHost(folder, {}, { script: model, tools: [tool], price: PRICE });
  const nodes = Object.fromEntries(NAMES.map((name) => [name, { agent: 'looker' }]));
  const looker = planAgent('looker', { tools: ['mine.*'], maxOutputTokens: 100 });
  const plan = graphPlan(planGraph(nodes, { maxParallel: 3 }), { agents: { looker } });
  const none = { loops: null, tokens: null, tools: null, time: null, calls: null, cost: null };
  return { host, tool, plan: { ...plan, limits: { ...plan.limits, ...none, ...limits } } };
}

function expectNothingLeft({ openFrames, inFlight, openWorkers, ledger }: RunState): void {
  expect([openFrames.size, inFlight.size, openWorkers]).toEqual([0, 0, 0]);
  expect(ledger.reserved.tokens).toBe(0);
  expect(ledger.reserved.cost).toBeCloseTo(0, 9);
}

describe('a limit of a graph', () => {
  it.each([
    ['tokens', 2500],
    ['cost', 0.06],
    ['calls', 5],
    ['tools', 2],
    ['workers', 3],
  ] as const)(
    'on %s is never passed; what there is is kept, and a raised one lets all go on',
    async (dimension, limit) => {
      using folder = temporaryFolder();
      const { host, plan, tool } = begin(folder.path, { [dimension]: limit });
      const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
      await run.done;
      expect(endOf(run.state)).toMatchObject({ status: 'partial', reason: `budget/${dimension}` });
      const { used } = run.state.ledger;
      expect(used[dimension]).toBeGreaterThan(0);
      expect(used[dimension]).toBeLessThanOrEqual(limit);
      expect(used.tools).toBe(tool.calls.length);
      expectNothingLeft(run.state);
      const ended = [...(run.state.graphs.get('0')?.nodes.values() ?? [])];
      expect(ended.some(({ status }) => status !== 'finished')).toBe(true);
      await expect(resumeRun(host, { id: 'r-test' })).rejects.toMatchObject({
        code: 'usage/not-raised',
      });
      const raise = { [dimension]: null };
      const again = await resumeRun(host, { id: 'r-test', raise });
      await again.done;
      expect(again.state.status).toBe('complete');
      expect(Object.keys(again.state.ending?.result ?? {}).sort()).toEqual(NAMES);
      expectNothingLeft(again.state);
    },
  );
});

describe('a model that calls a tool whatever it is asked', () => {
  const calling = (): ScriptedAnswer => ({ toolCalls: [{ name: 'mine.look', args: {} }] });

  it('has failed when it is to sum up, and no limit has to end it', async () => {
    using folder = temporaryFolder();
    const tool = countingTool('mine.look', { idempotent: true });
    const host = stepHost(folder.path, {}, { script: calling, tools: [tool] });
    const looker = planAgent('looker', { tools: ['mine.*'], toolRounds: 2 });
    const plan = graphPlan(planGraph({ a: { agent: 'looker' } }), { agents: { looker } });
    const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
    await run.done;
    expect(endOf(run.state)).toMatchObject({ status: 'failed', reason: 'model/bad-answer' });
    expectNothingLeft(run.state);
    // Sent back once for its empty answer, it may look at its tools again.
    expect(tool.calls.length).toBeLessThanOrEqual(4);
    for (const { data } of only(await logOf(host.store), 'model.asked')) {
      expect(data.messages.filter(({ role }) => role === 'assistant')).toEqual([]);
    }
  });
});
