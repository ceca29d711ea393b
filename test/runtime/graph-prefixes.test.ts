import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Plan } from '../../src/events/plan.ts';
import { ModelError, type ModelRequest } from '../../src/ports/model-provider.ts';
import type { FunctionCall } from '../../src/ports/step.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { askedBy, logOf, only, temporaryFolder } from '../make.ts';
import { planNode } from './engines/repeating.ts';
import { endOf, graphPlan, planAgent, planGraph, type Steps, stepHost } from './graphs.ts';

interface Scenario {
  plan: Plan;
  steps?: Steps;
  /** What the model answers depends on the question alone, as after a crash. */
  model?: (request: ModelRequest) => ScriptedAnswer;
}

const retried = (attempts: number) => ({
  retry: { ...planNode('x').retry, attempts, retryable: ['step', 'server_error', 'unknown'] },
});
const seen = ({ node, input }: FunctionCall): JsonObject => ({ node, saw: Object.keys(input) });
const limited = (plan: Plan): Plan => ({ ...plan, limits: { ...plan.limits, workers: 2 } });
const broken = (): never => {
  throw new Error('broken');
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'steps in a diamond': {
    plan: graphPlan(
      planGraph({ a: {}, b: { after: ['a'] }, c: { after: ['a'] }, d: { after: ['b', 'c'] } }),
    ),
    steps: { a: seen, b: seen, c: seen, d: seen },
  },
  'steps one at a time': {
    plan: graphPlan(planGraph({ a: {}, b: {}, c: {} }, { mode: 'sequential' })),
    steps: { a: seen, b: seen, c: seen },
  },
  'agents that call tools': {
    plan: graphPlan(
      planGraph({ a: { agent: 'adder' }, b: { agent: 'writer', after: ['a'] }, c: {} }),
      {
        agents: {
          adder: planAgent('adder', { tools: ['arithmetic.*'] }),
          writer: planAgent('writer', { output: { ...planAgent('x').output, required: ['text'] } }),
        },
      },
    ),
    steps: { c: seen },
    model: (request) => {
      const text = JSON.stringify(request.messages);
      if (askedBy(request) === 'a') {
        return request.messages.at(-1)?.role === 'tool'
          ? { total: 3, confidence: 1 }
          : { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] };
      }
      return text.includes('not accepted') ? { text: 'done', confidence: 1 } : { confidence: 1 };
    },
  },
  'failures of all kinds': {
    plan: graphPlan(
      planGraph({
        twice: retried(3),
        never: { ...retried(2), onFailure: 'continue' },
        empty: { onFailure: 'skip' },
        instead: { onFailure: 'continue', degradation: [{ fallback: 'agent', agent: 'other' }] },
        after: { after: ['never'] },
        fallback: { dependsOn: [{ id: 'never', condition: 'failure' }] },
        end: { after: ['twice', 'empty', 'instead'] },
      }),
    ),
    steps: {
      twice: ({ attempt }) => (attempt < 3 ? broken() : { attempt }),
      ...{ never: broken, empty: broken, instead: broken, after: seen, fallback: seen, end: seen },
    },
    model: () => ({ other: true, confidence: 1 }),
  },
  'a failure that stops all': {
    plan: graphPlan(planGraph({ a: {}, b: { after: ['a'] }, c: { after: ['b'] } })),
    steps: { a: seen, b: broken, c: seen },
  },
  'a model that refuses': {
    plan: graphPlan(
      planGraph({ a: {}, b: { agent: 'writer', onFailure: 'continue' }, c: { after: ['b'] } }),
    ),
    steps: { a: seen, c: seen },
    model: () => new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } }),
  },
  'a sub-workflow': {
    plan: graphPlan(
      planGraph({
        a: {},
        sub: {
          ...{
            kind: 'subworkflow',
            after: ['a'],
            graph: planGraph({ x: {}, y: { after: ['x'] } }),
          },
          outputMapping: { y: 'y' },
        },
        b: { after: ['sub'] },
      }),
    ),
    steps: { a: seen, 'sub/x': seen, 'sub/y': seen, b: seen },
  },
  'rounds and instances': {
    plan: graphPlan(
      planGraph({
        list: {},
        each: {
          after: ['list'],
          fanOut: { source: 'list.items', variable: 'item', maxParallel: 2 },
        },
        again: { after: ['each'], repeat: { interactive: false, max: 3 } },
      }),
    ),
    steps: {
      list: () => ({ items: ['a', 'b', 'c'] }),
      each: ({ item, index }) => ({ item: item ?? null, index: index ?? null }),
      again: ({ round, last }) => ({ round: round ?? null, last: last?.round ?? null }),
    },
  },
  'a limit on agents': {
    plan: limited(graphPlan(planGraph({ a: {}, b: { after: ['a'] }, c: { after: ['b'] } }))),
    steps: { a: seen, b: seen, c: seen },
  },
};

async function endsLike(
  folder: string,
  { plan, steps = {}, model = () => ({}) }: Scenario,
  prefix: readonly RunEvent[] = [],
) {
  const store = memoryStore({ folder });
  const host = stepHost(folder, steps, { store, script: model });
  if (prefix.length > 0) {
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, prefix, 'full');
    await store.release(lease);
  }
  const run =
    prefix.length > 0
      ? await resumeRun(host, { id: 'r-test' })
      : await startRun(host, { id: 'r-test', plan, inputs: [] });
  await run.done;
  const log = await logOf(store);
  const nodes = [...run.state.graphs].flatMap(([frame, graph]) =>
    [...graph.nodes.values()].map(({ plan: { id }, status }) => `${frame} ${id} ${status}`),
  );
  return { log, end: { ...endOf(run.state), nodes }, state: run.state };
}

/** What must not be there twice: frames that end, and outputs of nodes. */
function expectOnce(log: readonly RunEvent[]): void {
  const ends = log.filter(({ type }) => type === 'agent.finished' || type === 'agent.failed');
  const started = only(log, 'agent.started').map(({ agent }) => agent);
  expect(new Set(started).size).toBe(started.length);
  // The root frame ends again after it was opened again.
  const inner = ends.map(({ agent }) => agent).filter((agent) => agent !== '0');
  expect(new Set(inner).size).toBe(inner.length);
  const finished = only(log, 'node.finished')
    .filter(({ data }) => data.instance === undefined)
    .map(({ agent, data }) => `${agent} ${data.node}`);
  expect(new Set(finished).size).toBe(finished.length);
}

describe('a graph that is cut off anywhere and taken up again', () => {
  it.each(Object.entries(SCENARIOS))('ends the same: %s', async (_, scenario) => {
    using folder = temporaryFolder();
    const whole = await endsLike(folder.path, scenario);
    expectOnce(whole.log);
    for (let length = 1; length < whole.log.length; length += 1) {
      const resumed = await endsLike(folder.path, scenario, whole.log.slice(0, length));
      const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
      expect({ cut, ...resumed.end }).toEqual({ cut, ...whole.end });
      expect(resumed.log.map(({ seq }) => seq)).toEqual(resumed.log.map((_, index) => index + 1));
      expectOnce(resumed.log);
      expect([cut, resumed.state.inFlight.size, resumed.state.openFrames.size]).toEqual([
        cut,
        0,
        0,
      ]);
    }
  });
});
