import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Plan } from '../../src/events/plan.ts';
import type { Host } from '../../src/ports/host.ts';
import { ModelError, type ModelRequest } from '../../src/ports/model-provider.ts';
import type { FunctionCall } from '../../src/ports/step.ts';
import type { Store } from '../../src/ports/store.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import { answerApproval } from '../../src/runtime/approvals/answer.ts';
import type { AskPerson } from '../../src/runtime/approvals/desk.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { begunAgain, endedOften, unsettled } from '../log-sums.ts';
import { askedBy, logOf, only, temporaryFolder } from '../make.ts';
import { planNode } from './engines/repeating.ts';
import { quality, repair, rubric, scoredGraph, sentBack } from './evaluation/scored.ts';
import { hostOfKinds, KINDS, type KindNode, personOfKinds, planOfKinds } from './graph-kinds.ts';
import { endOf, graphPlan, planAgent, planGraph, type Steps, stepHost } from './graphs.ts';

interface Scenario {
  plan: Plan;
  steps?: Steps;
  /** What the model answers depends on the question alone, as after a crash. */
  model?: (request: ModelRequest) => ScriptedAnswer;
  /** What else is outside of the run. */
  host?: (folder: string, store: Store) => Host;
  /** Who answers; nobody is there when left out, and answers come between two processes. */
  ask?: AskPerson;
}

const retried = (attempts: number) => ({
  retry: { ...planNode('x').retry, attempts, retryable: ['step', 'server_error', 'unknown'] },
});
const seen = ({ node, input }: FunctionCall): JsonObject => ({ node, saw: Object.keys(input) });
const limited = (plan: Plan): Plan => ({ ...plan, limits: { ...plan.limits, workers: 2 } });
const broken = (): never => {
  throw new Error('broken');
};

/** A graph of nodes of these kinds behind each other, with a person who is there or not. */
function ofKinds(list: readonly Partial<KindNode>[], isThere = true): Scenario {
  const wait = async (): Promise<void> => {};
  const nodes = list.map((one, index): KindNode => {
    const usual = { kind: 'step', fails: false, onFailure: 'continue', shaky: false } as const;
    const after = index % 3 === 0 || one.fails ? [] : [`n${index - (index % 3)}`];
    return { ...usual, fanIn: 'merge', id: `n${index}`, after, ...one };
  });
  return {
    plan: planOfKinds(nodes),
    host: (folder, store) => hostOfKinds(nodes, { folder, wait, store }),
    ...(isThere && { ask: personOfKinds(nodes, wait) }),
  };
}

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
  'nodes of all kinds': ofKinds(KINDS.map((kind) => ({ kind }))),
  'nodes of all kinds that fail once': ofKinds(KINDS.map((kind) => ({ kind, shaky: true }))),
  'nodes of all kinds that fail': ofKinds(KINDS.map((kind) => ({ kind, fails: true }))),
  'nodes of all kinds that fail and are left out': ofKinds(
    KINDS.map((kind) => ({ kind, fails: true, onFailure: 'skip' })),
  ),
  'people who answer between two processes': ofKinds(
    [{ kind: 'before' }, { kind: 'after' }, { kind: 'talk' }, { kind: 'fan' }],
    false,
  ),
  'the first of several instances': {
    plan: graphPlan(
      planGraph({
        list: {},
        race: {
          after: ['list'],
          fanOut: { source: 'list.items', variable: 'item', maxParallel: 1 },
          fanIn: { strategy: 'first' },
        },
        end: { after: ['race'] },
      }),
    ),
    steps: {
      list: () => ({ items: ['a', 'b', 'c'] }),
      race: ({ item }) => (item === 'a' ? broken() : { item: item ?? null }),
      end: seen,
    },
  },
  'nodes that are left out': {
    plan: graphPlan(
      planGraph({
        a: {},
        off: { enabled: false },
        when: { after: ['a'], when: 'state.a.n > 5' },
        bad: { after: ['a'], when: 'state.nobody.n > 5' },
        untaken: { dependsOn: [{ id: 'a', condition: 'failure' }] },
        below: { after: ['when'] },
        other: {
          dependsOn: [
            { id: 'off', condition: 'success' },
            { id: 'a', condition: 'success', expr: 'state.a.node == "a"' },
          ],
        },
      }),
    ),
    steps: { a: seen, when: seen, bad: seen, untaken: seen, below: seen, other: seen, off: seen },
  },
  'results that are scored, sent back and judged': {
    plan: scoredGraph(
      {
        a: { agent: 'a' },
        each: {
          agent: 'b',
          after: ['a'],
          fanOut: { source: 'a.list', variable: 'item', maxParallel: 2 },
        },
        again: { agent: 'c', after: ['a'], repeat: { interactive: false, max: 2 } },
        end: { agent: 'd', after: ['each', 'again'] },
      },
      {
        hooks: ['worker_result', 'final_answer'],
        metrics: [quality, rubric],
        repair,
      },
    ),
    model: (request) =>
      request.headers['x-awp-role'] === 'judge'
        ? { score: 0.9, reason: 'clear' }
        : { quality: sentBack(request) > 0 ? 0.9 : 0.1 + 0.3, list: [1, 2], confidence: 1 },
  },
};

/** Plays a scenario, from the beginning or from a part of its log, until nobody is waited for. */
async function endsLike(folder: string, scenario: Scenario, prefix: readonly RunEvent[] = []) {
  const store = memoryStore({ folder });
  const { plan, steps = {}, model = () => ({}), ask } = scenario;
  const host = scenario.host?.(folder, store) ?? stepHost(folder, steps, { store, script: model });
  const id = 'r-test';
  const cuts: number[] = [];
  const append = store.append.bind(store);
  store.append = async (lease, events, durability) => {
    await append(lease, events, durability);
    cuts.push(events.at(-1)?.seq ?? 0);
  };
  if (prefix.length > 0) await begun(store, prefix);
  const there = ask ? { ask } : {};
  let run =
    prefix.length > 0
      ? await resumeRun(host, { id, ...there })
      : await startRun(host, { id, plan, inputs: [], ...there });
  await run.done;
  while (run.state.status === 'waiting') {
    for (const request of run.state.pendingApprovals) {
      await answerApproval(host, { run: id, id: request, answer: YES });
    }
    run = await resumeRun(host, { id });
    await run.done;
  }
  const log = await logOf(store);
  const nodes = [...run.state.graphs].flatMap(([frame, graph]) =>
    [...graph.nodes.values()].map(({ plan: { id: node }, status }) => `${frame} ${node} ${status}`),
  );
  return { log, cuts, end: { ...endOf(run.state), nodes }, state: run.state };
}

const YES = { decision: 'approved', by: 'test' } as const;

/** A run whose process has died after these events. */
async function begun(store: Store, prefix: readonly RunEvent[]): Promise<void> {
  const lease = await store.create('r-test', 'a process that died');
  await store.append(lease, prefix, 'full');
  await store.release(lease);
}

/** What no log may tell, wherever its processes died: `length` is where the last one did. */
function problemsOf(
  { log, state }: Awaited<ReturnType<typeof endsLike>>,
  length: number,
): string[] {
  const finished = only(log, 'node.finished')
    .filter(({ data }) => data.instance === undefined)
    .map(({ agent, data }) => `${agent} ${data.node}`);
  const problems = [...unsettled(log), ...endedOften(log), ...begunAgain(log, length)];
  if (new Set(finished).size !== finished.length) problems.push('a node has finished twice');
  if (log.some(({ seq }, index) => seq !== index + 1)) problems.push('the log has a gap');
  const { inFlight, openFrames, pendingApprovals, unsettled: charged } = state;
  for (const left of [inFlight, openFrames, pendingApprovals, charged]) {
    if (left.size > 0) problems.push(`something is left: ${[...left.keys()].join(', ')}`);
  }
  return problems;
}

describe('a graph that is cut off anywhere and taken up again', () => {
  it.each(Object.entries(SCENARIOS))(
    'ends the same: %s',
    async (_, scenario) => {
      using folder = temporaryFolder();
      const whole = await endsLike(folder.path, scenario);
      expect(problemsOf(whole, 0)).toEqual([]);
      for (let length = 1; length < whole.log.length; length += 1) {
        const resumed = await endsLike(folder.path, scenario, whole.log.slice(0, length));
        const cut = `after event ${length}, ${whole.log[length - 1]?.type}`;
        expect({ cut, ...resumed.end }).toEqual({ cut, ...whole.end });
        expect([cut, ...problemsOf(resumed, length)]).toEqual([cut]);
      }
    },
    300_000,
  );

  it('ends the same when each of its processes dies soon', { timeout: 300_000 }, async () => {
    using folder = temporaryFolder();
    const scenario = ofKinds(KINDS.map((kind) => ({ kind, shaky: true })));
    const whole = await endsLike(folder.path, scenario);
    for (const appends of [4, 5, 7]) {
      let log: RunEvent[] = [];
      for (;;) {
        const last = log.length;
        const next = await endsLike(folder.path, scenario, log);
        expect([appends, ...problemsOf(next, last)]).toEqual([appends]);
        const end = next.cuts.filter((seq) => seq > last)[appends - 1];
        if (end === undefined || end === next.log.length) {
          expect({ appends, ...next.end }).toEqual({ appends, ...whole.end });
          break;
        }
        log = next.log.slice(0, end);
      }
    }
  });
});
