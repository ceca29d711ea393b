import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events/event.ts';
import { hasEnded, holdsPlace } from '../../../src/events/graph-nodes.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanDegradation } from '../../../src/events/plan-graph.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import type { Frame } from '../../../src/events/state.ts';
import {
  type End,
  GraphBench,
  graphPlan,
  ONE_ATTEMPT,
  planGraph,
  type TestNode,
} from './graph-bench.ts';

/** A random graph, and how each attempt of each node ends. */
interface Case {
  plan: Plan;
  /** By node: codes of the attempts that fail, in order; all after them end well. */
  fails: Record<string, readonly string[]>;
}

const conditions = fc.constantFrom('success', 'failure', 'always');
const codes = fc.constantFrom('model/timeout', 'model/auth', 'tool/broken', 'step/failed');
const replacements: fc.Arbitrary<PlanDegradation> = fc.constantFrom(
  { fallback: 'agent' as const, agent: 'spare' },
  { fallback: 'skip' as const },
);

function expressionOver(id: string, kind: number): string | undefined {
  return [undefined, undefined, `state.${id}.n > 1`, `len(state.${id}) == 0`, `state.${id}.no.way`][
    kind
  ];
}

const retries = fc.record({
  attempts: fc.integer({ min: 1, max: 3 }),
  backoff: fc.constantFrom('none', 'linear', 'exponential'),
});

/** What a node is besides a plain step. */
const shapes: fc.Arbitrary<Partial<TestNode>> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  fc.record({ max: fc.integer({ min: 1, max: 3 }) }).map(({ max }) => ({
    repeat: { interactive: false, max, condition: 'result.n < 4' },
  })),
  fc.constantFrom('merge', 'concat', 'majority').map((strategy) => ({
    fanOut: { source: 'list', variable: 'item', maxParallel: 2 },
    fanIn: { strategy },
  })),
  fc.constantFrom('stop' as const, 'continue' as const).map((onFailure) => ({
    kind: 'subworkflow' as const,
    graph: planGraph([
      { id: 'p', onFailure },
      { id: 'q', dependsOn: ['p'] },
    ]),
    // An agent cannot take over from a whole graph in this bench.
    degradation: [],
  })),
);

const oneNode = (index: number, failures: readonly TestNode['onFailure'][]) =>
  fc.record({
    id: fc.constant(`n${index}`),
    dependsOn: fc
      .uniqueArray(fc.nat(Math.max(0, index - 1)), { maxLength: index === 0 ? 0 : 3 })
      .chain((ids) =>
        fc.tuple(
          ...ids.map((at) =>
            fc.record({ condition: conditions, kind: fc.nat(4) }).map(({ condition, kind }) => {
              const expr = expressionOver(`n${at}`, kind);
              return { id: `n${at}`, condition, ...(expr !== undefined && { expr }) };
            }),
          ),
        ),
      ),
    enabled: fc.constantFrom(true, true, true, false, 'true'),
    onFailure: fc.constantFrom(...(failures as NonNullable<TestNode['onFailure']>[])),
    retry: retries.map((retry) => ({ ...ONE_ATTEMPT, ...retry })),
    degradation: fc.array(replacements, { maxLength: 2 }),
    shape: shapes,
  });

const graphs = (failures: readonly TestNode['onFailure'][]): fc.Arbitrary<Case> =>
  fc.integer({ min: 1, max: 12 }).chain((size) =>
    fc
      .record({
        nodes: fc.tuple(...Array.from({ length: size }, (_, index) => oneNode(index, failures))),
        order: fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
        mode: fc.constantFrom('sequential', 'parallel', 'conditional', 'adaptive'),
        maxParallel: fc.integer({ min: 1, max: 5 }),
        fails: fc.tuple(...Array.from({ length: size }, () => fc.array(codes, { maxLength: 3 }))),
      })
      .map(({ nodes, order, mode, maxParallel, fails }) => ({
        plan: graphPlan(
          planGraph(
            order.map((at) => {
              const { shape, ...node } = nodes[at]!;
              return { ...(node as TestNode), ...shape };
            }),
            { mode, maxParallel, state: { ...planGraph([]).state, initial: { list: [1, 2, 3] } } },
          ),
        ),
        fails: Object.fromEntries(fails.map((list, index) => [`n${index}`, list])),
      })),
  );

/** How the step of a frame ends: by its node and attempt alone. */
function endOf({ fails }: Case, { node, parent = '' }: Frame): End {
  const { id, attempt, round = 1, instance = 0 } = node!;
  // What is below another graph fails as often as the graph was tried.
  const count = parent === '0' ? attempt : Number(parent.split('.')[1] ?? 1);
  const code = round === 1 && instance < 2 ? fails[id === 'p' ? 'n0' : id]?.[count - 1] : undefined;
  return code === undefined ? { n: round + instance, of: id } : { fails: code };
}

/** Numbers from a seed, each below `below`. */
function picks(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((at / 2 ** 32) * below);
  };
}

/** Ends what is out in a random order, and lets time pass now and then, until the run has ended. */
function runToEnd(one: Case, bench: GraphBench, pick: (below: number) => number): GraphBench {
  for (let step = 0; bench.state.status === 'running'; step += 1) {
    if (step > 1000) throw new Error('it never ends');
    check(bench);
    const { out } = bench;
    const mayWait = bench.waits.length > 0;
    if (out.length === 0 && !mayWait) throw new Error('nothing is out, but it has not ended');
    const at = pick(out.length + (mayWait ? 1 : 0));
    const frame = out[at];
    if (frame) bench.endFrame(frame.id, endOf(one, frame)).go();
    else bench.pass(1000 + pick(5000));
  }
  check(bench);
  return bench;
}

/** What holds at every moment. */
function check({ graph, out }: GraphBench): void {
  if (!graph) return;
  const tries = [...graph.nodes.values()].flatMap(({ main, instances = [] }) => [
    main,
    ...instances.filter((one) => one !== undefined),
  ]);
  expect(graph.open).toBe(tries.filter(holdsPlace).length);
  expect(graph.open).toBeLessThanOrEqual(graph.plan.maxParallel);
  const own = out.filter(({ parent }) => parent === '0');
  expect(own.length).toBeLessThanOrEqual(graph.plan.maxParallel);
  expect(graph.left).toBe([...graph.nodes.values()].filter((node) => !hasEnded(node)).length);
  if (graph.plan.mode === 'sequential') {
    const atWork = new Set(own.map(({ node }) => node!.id));
    expect(atWork.size).toBeLessThanOrEqual(1);
  }
}

/** No agent starts before all that its node depends on has ended. */
function checkOrder({ log, plan }: GraphBench): void {
  const ended = new Set<string>();
  const nodes = new Map(plan.graph!.nodes.map((node) => [node.id, node]));
  const byFrame = new Map<string, string>();
  const isLast = (event: RunEvent): string | undefined => {
    if (event.type === 'agent.finished') return byFrame.get(event.agent ?? '');
    if (/^node\.(skipped|failed|finished)$/.test(event.type) && event.agent === '0') {
      return (event.data as { node: string; instance?: number }).node;
    }
    return undefined;
  };
  for (const event of log) {
    if (event.type === 'agent.started' && event.data.node && event.parent === '0') {
      const { id } = event.data.node;
      byFrame.set(event.agent ?? '', id);
      const open = nodes.get(id)!.dependsOn.filter((before) => !ended.has(before.id));
      expect(open).toEqual([]);
    }
    const id = isLast(event);
    if (id !== undefined) ended.add(id);
  }
}

const outcomeOf = ({ state, statuses, graph }: GraphBench) => ({
  status: state.status,
  statuses,
  result: state.ending?.result,
  values: graph.state,
});

/** The state apart from what the shell takes out of it. */
function foldedState({ state }: Pick<GraphBench, 'state'>) {
  return { ...state, ready: undefined };
}

const goesOn = graphs(['continue', 'skip']);
const mayStop = graphs(['stop', 'continue', 'skip']);

describe('a random graph', { timeout: 300_000 }, () => {
  it('ends the same whatever the order in which its agents end', () => {
    fc.assert(
      fc.property(goesOn, fc.integer(), fc.integer(), (one, first, second) => {
        const run = (seed: number) => runToEnd(one, new GraphBench(one.plan).start(), picks(seed));
        const [a, b] = [run(first), run(second)];
        checkOrder(a);
        expect(outcomeOf(b)).toEqual(outcomeOf(a));
      }),
      { numRuns: 300 },
    );
  });

  it('always ends, with nothing open, also when a failure stops it', () => {
    fc.assert(
      fc.property(mayStop, fc.integer(), (one, seed) => {
        const bench = runToEnd(one, new GraphBench(one.plan).start(), picks(seed));
        checkOrder(bench);
        expect(bench.state.openFrames.size).toBe(0);
        expect(bench.state.inFlight.size).toBe(0);
        expect(bench.state.openWorkers).toBe(0);
        expect(bench.graph.open).toBe(0);
        expect(['complete', 'partial', 'failed']).toContain(bench.state.status);
      }),
      { numRuns: 200 },
    );
  });

  it('adds up to the same state from its log', () => {
    fc.assert(
      fc.property(mayStop, fc.integer(), (one, seed) => {
        const bench = runToEnd(one, new GraphBench(one.plan).start(), picks(seed));
        const state = foldAll('r-test', JSON.parse(JSON.stringify(bench.log)) as RunEvent[]);
        const live = foldedState(bench);
        const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        expect(plain([...state.frames.values()])).toEqual(plain([...live.frames.values()]));
        expect(plain(state.graphs.get('0'))).toEqual(plain(bench.graph));
        expect(foldedState({ state })).toEqual(live);
      }),
      { numRuns: 100 },
    );
  });

  it('ends the same when its log is cut off anywhere and it is taken up again', () => {
    fc.assert(
      fc.property(goesOn, fc.integer(), fc.nat(), (one, seed, cut) => {
        const whole = runToEnd(one, new GraphBench(one.plan).start(), picks(seed));
        const length = 1 + (cut % (whole.log.length - 1));
        const bench = new GraphBench(one.plan).load(whole.log.slice(0, length)).resume();
        runToEnd(one, bench, picks(seed + 1));
        expect(outcomeOf(bench)).toEqual(outcomeOf(whole));
      }),
      { numRuns: 300 },
    );
  });
});
