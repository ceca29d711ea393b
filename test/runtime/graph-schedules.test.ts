import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultOf } from '../../src/events/result.ts';
import type { RunState } from '../../src/events/state.ts';
import { startRun } from '../../src/runtime/run.ts';
import { logOf, only, temporaryFolder } from '../make.ts';
import {
  hostOfKinds,
  KINDS,
  type KindNode,
  personOfKinds,
  planOfKinds,
  type Wait,
} from './graph-kinds.ts';

/** A node of a random graph: what it depends on is named by distance. */
interface RandomNode extends Omit<KindNode, 'id' | 'after'> {
  back: readonly number[];
}

interface Random {
  nodes: readonly RandomNode[];
  mode: 'parallel' | 'sequential';
  maxParallel: number;
}

const random = (onFailure: readonly KindNode['onFailure'][]): fc.Arbitrary<Random> =>
  fc.record<Random>({
    nodes: fc.array(
      fc.record<RandomNode>({
        back: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
        kind: fc.constantFrom(...KINDS),
        fails: fc.boolean(),
        onFailure: fc.constantFrom(...onFailure),
        shaky: fc.boolean(),
        fanIn: fc.constantFrom('merge', 'concat', 'reduce', 'majority'),
        condition: fc.constantFrom('success', 'success', 'failure', 'always'),
        asks: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    mode: fc.constantFrom('parallel', 'parallel', 'sequential'),
    maxParallel: fc.integer({ min: 1, max: 4 }),
  });

function named(nodes: readonly RandomNode[]): KindNode[] {
  return nodes.map(({ back, ...node }, index) => {
    const before = [...new Set(back.map((distance) => index - distance))].filter((at) => at >= 0);
    return { ...node, id: `n${index}`, after: before.map((at) => `n${at}`) };
  });
}

async function ranWith(
  { nodes, mode, maxParallel }: Random,
  wait: Wait,
  settle: (done: Promise<void>) => Promise<void>,
) {
  using folder = temporaryFolder();
  const list = named(nodes);
  const host = hostOfKinds(list, { folder: folder.path, wait });
  const plan = planOfKinds(list, { mode, maxParallel });
  const ask = personOfKinds(list, wait);
  const run = await startRun(host, { id: 'r-test', plan, inputs: [], ask });
  await settle(run.done);
  return { state: run.state, log: await logOf(host.store) };
}

const atOnce = (graph: Random) =>
  ranWith(
    graph,
    async () => {},
    (done) => done,
  );
const ordered = (graph: Random, scheduler: fc.Scheduler) =>
  ranWith(
    graph,
    (label) => scheduler.schedule(Promise.resolve(), label),
    (done) => scheduler.waitFor(done),
  );

/** Level by level, as a scheduler with a barrier has it: what began together ends before more begins. */
function byLevels(graph: Random) {
  let waiting: (() => void)[] = [];
  const wait: Wait = () => new Promise<void>((resolve) => waiting.push(resolve));
  return ranWith(graph, wait, async (done) => {
    let isOver = false;
    const over = done.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const before = waiting.length;
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
      if (waiting.length > before) continue;
      const level = waiting;
      waiting = [];
      for (const release of level) release();
    }
    await over;
  });
}

/**
 * All that a run came to, but for what the order decides: the failure that is told of first, names
 * and numbers that are given in the order of starts, and times.
 */
function finalState(state: RunState) {
  const { status, reason = '', result, nodes, usage } = resultOf(state, '');
  const { used, reserved } = state.ledger;
  const inside = [...state.graphs]
    .flatMap(([frame, graph]) =>
      [...graph.nodes.values()].map((node) => ({
        at: `${frame} ${node.plan.id}`,
        ...{ status: node.status, runs: node.runs, left: node.left, action: node.action ?? '' },
        ...{ attempt: node.main.attempt, degraded: node.main.degraded, rounds: node.rounds },
        instances: node.instances?.map(({ output, attempt }) => ({ output, attempt })),
        output: graph.state[node.plan.id],
      })),
    )
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const people = [...state.approvals.values()].map(
    ({ call, tool, resolution }) => `${call} ${tool} ${resolution?.decision}`,
  );
  return {
    ...{ status, reason, result, inside, people: people.sort() },
    nodes: Object.fromEntries(
      Object.entries(nodes ?? {}).map(([path, node]) => [path, { ...node, reason: '' }]),
    ),
    counts: {
      models: usage.modelCalls,
      tools: usage.toolCalls,
      workers: usage.workers,
      used,
      reserved,
    },
  };
}

function expectNothingLeft({ state, log }: Awaited<ReturnType<typeof ranWith>>): void {
  expect([state.openFrames.size, state.inFlight.size, state.openWorkers]).toEqual([0, 0, 0]);
  expect([state.pendingApprovals.size, state.unsettled.size, state.nested.size]).toEqual([0, 0, 0]);
  const ended = log.filter(({ type }) => type === 'agent.finished' || type === 'agent.failed');
  const started = only(log, 'agent.started').map(({ agent }) => agent);
  expect(ended.map(({ agent }) => agent).sort()).toEqual(started.sort());
}

const PATIENCE = 300_000;

describe('nodes of all kinds whose effects end in any order', () => {
  it('give the same final state, whatever the order', { timeout: PATIENCE }, async () => {
    const schedule = fc.asyncProperty(
      random(['continue', 'skip']),
      fc.scheduler(),
      async (graph, scheduler) => {
        const soon = await atOnce(graph);
        const other = await ordered(graph, scheduler);
        expect(finalState(other.state)).toEqual(finalState(soon.state));
        expectNothingLeft(other);
      },
    );
    await fc.assert(schedule, { numRuns: 100 });
  });

  it('give the same final state level by level', { timeout: PATIENCE }, async () => {
    const property = fc.asyncProperty(random(['continue', 'skip']), async (graph) => {
      const leveled = await byLevels(graph);
      expect(finalState(leveled.state)).toEqual(finalState((await atOnce(graph)).state));
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('leave nothing behind when a failure stops the others', { timeout: PATIENCE }, async () => {
    const schedule = fc.asyncProperty(
      random(['stop', 'continue', 'skip']),
      fc.scheduler(),
      async (graph, scheduler) => {
        expectNothingLeft(await ordered(graph, scheduler));
      },
    );
    await fc.assert(schedule, { numRuns: 60 });
  });

  it.each(KINDS)('%s: three of them beside each other', { timeout: PATIENCE }, async (kind) => {
    const node = { kind, onFailure: 'continue', fanIn: 'merge', back: [] } as const;
    const graph = (fails: boolean): Random => ({
      nodes: [
        { ...node, fails: false, shaky: false },
        { ...node, fails, shaky: true },
        { ...node, fails: false, shaky: true, back: [1] },
      ],
      ...{ mode: 'parallel', maxParallel: 3 },
    });
    const schedule = fc.asyncProperty(fc.boolean(), fc.scheduler(), async (fails, scheduler) => {
      const soon = await atOnce(graph(fails));
      const other = await ordered(graph(fails), scheduler);
      expect(finalState(other.state)).toEqual(finalState(soon.state));
      expect(soon.state.graphs.get('0')?.nodes.get('n0')?.status).toBe('finished');
    });
    await fc.assert(schedule, { numRuns: 10 });
  });
});
