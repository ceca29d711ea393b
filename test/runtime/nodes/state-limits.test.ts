import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { buildGraph } from '../../../src/events/graph-build.ts';
import type { PlanGraph } from '../../../src/events/plan-graph.ts';
import type { StepFunction } from '../../../src/ports/step.ts';
import { missingFields, outputProblem } from '../../../src/runtime/nodes/state-limits.ts';
import { startRun } from '../../../src/runtime/run.ts';
import { only, temporaryFolder } from '../../make.ts';
import {
  endOf,
  graphPlan,
  planAgent,
  planGraph,
  planState,
  runPlan,
  type Steps,
  stepHost,
  type TestNode,
} from '../graphs.ts';

type Limits = PlanGraph['state']['limits'];

const limited = (limits: Partial<Limits>, initial: JsonObject = {}) => ({
  state: planState({ initial, limits: { bytes: 1000, fieldBytes: 100, fields: 10, ...limits } }),
});

/** `{"x":"..."}` of so many bytes. */
const sized = (bytes: number): JsonObject => ({ x: 'x'.repeat(bytes - 8) });

describe('an output', () => {
  const graph = (limits: Partial<Limits>, initial: JsonObject = {}) =>
    buildGraph('0', planGraph({ a: {}, b: {} }, limited(limits, initial)));

  it.each<[string, Partial<Limits>, JsonObject, JsonObject, string | undefined]>([
    ['fits exactly', {}, {}, sized(100), undefined],
    [
      'is a byte too large',
      {},
      {},
      sized(101),
      'the output of a has 101 bytes, and 100 is the most',
    ],
    ['counts in bytes, not in characters', {}, {}, { x: 'é'.repeat(47) }, '102 bytes'],
    ['fits beside what is there', { bytes: 150 }, { i: 'x'.repeat(48) }, sized(100), undefined],
    ['is too much beside it', { bytes: 149 }, { i: 'x'.repeat(48) }, sized(100), '150 bytes'],
    ['is one value too many', { fields: 2 }, { i: 1, j: 2 }, {}, '2 values already'],
  ])('%s', (_, limits, initial, output, problem) => {
    const found = outputProblem(graph(limits, initial), 'a', output);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });

  it('counts once when it takes the place of an earlier one', () => {
    const one = graph({ bytes: 150, fields: 1 });
    for (const _ of [1, 2, 3]) expect(outputProblem(one, 'a', sized(100))).toBeUndefined();
    expect(outputProblem(one, 'b', {})).toContain('values already');
  });

  it('does not count when it was too much', () => {
    const one = graph({ bytes: 150 });
    expect(outputProblem(one, 'a', sized(100))).toBeUndefined();
    expect(outputProblem(one, 'b', sized(90))).toContain('190 bytes');
    expect(outputProblem(one, 'b', sized(50))).toBeUndefined();
  });
});

describe('fields that are required', () => {
  it.each<[string, JsonObject, JsonObject, string[]]>([
    ['are there from the start', { topic: 'x', deep: { er: 1 } }, {}, []],
    ['are handed in', {}, { topic: 'x', deep: { er: 0 } }, []],
    ['are not there', { deep: {} }, {}, ['topic', 'deep.er']],
    ['have no value', { topic: null, 'deep.er': false }, {}, ['topic']],
    ['are not inherited', { deep: [] }, { topic: '' }, ['deep.er']],
  ])('%s', (_, initial, values, missing) => {
    const state = planState({ initial, required: ['topic', 'deep.er', 'a', 'a.text'] });
    expect(missingFields(planGraph({ a: {} }, { state }), values)).toEqual(missing);
  });
});

const big: StepFunction = () => sized(200);

async function run(
  nodes: Readonly<Record<string, TestNode>>,
  steps: Steps,
  change: Partial<PlanGraph> = limited({}),
) {
  using folder = temporaryFolder();
  const host = stepHost(folder.path, steps, { script: () => ({ ...sized(200), confidence: 1 }) });
  return runPlan(
    host,
    graphPlan(planGraph(nodes, change), {
      agents: { big: planAgent('big'), small: planAgent('small') },
    }),
  );
}

describe('an output that is too large for the state', () => {
  const code = 'state/too-large';
  const each: TestNode = {
    after: ['list'],
    fanOut: { source: 'list.items', variable: 'item', maxParallel: 2 },
  };
  const list = () => ({ items: [1, 2] });

  it.each<[string, Readonly<Record<string, TestNode>>, Steps]>([
    ['of a step', { a: {} }, { a: big }],
    ['of an agent', { a: { agent: 'big' } }, {}],
    ['of a round', { a: { repeat: { interactive: false, max: 2 } } }, { a: big }],
    ['of each instance', { list: {}, a: each }, { list, a: big }],
    [
      'of all instances together',
      { list: {}, a: each },
      { list: () => ({ items: Array.from({ length: 20 }, (_, n) => n) }), a: () => sized(90) },
    ],
    [
      'of a sub-workflow',
      { a: { kind: 'subworkflow', graph: planGraph({ x: {} }) } },
      { 'a/x': big },
    ],
  ])('fails the node: that %s', async (_, nodes, steps) => {
    const { state, log } = await run(nodes, steps);
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: code });
    const values = JSON.stringify(state.graphs.get('0')?.state.a ?? {});
    expect(values).not.toContain('xxxx');
    const ends = [...only(log, 'agent.failed'), ...only(log, 'node.failed')];
    expect(ends.map(({ data }) => data.code)).toContain(code);
  });

  it('is replaced by what another agent brings', async () => {
    const { state } = await run(
      { a: { degradation: [{ fallback: 'skip' }] }, b: { after: ['a'] } },
      { a: big, b: ({ input }) => ({ saw: input.a ?? null }) },
    );
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { b: { saw: {} } } });
  });

  it('is not lost: the log has it, and says so', async () => {
    const { state, log } = await run({ a: {} }, { a: big });
    const [failed] = only(log, 'agent.failed');
    expect(failed?.data).toMatchObject({ code, output: sized(200) });
    expect(state.ending?.message).toContain('what it brought is kept');
    expect(state.graphs.get('0')?.state.a).toMatchObject({ confidence: 0 });
    expect(state.graphs.get('0')?.state.a).not.toHaveProperty('x');
  });

  it('is not that of a fan-out only because it has many items', async () => {
    const items = Array.from({ length: 9 }, (_, n) => n);
    const { state } = await run(
      { list: {}, a: each },
      { list: () => ({ items }), a: () => sized(90) },
    );
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { a: { _fan_out_count: 9 } },
    });
  });

  it('lets no other node start that was decided about together with it', async () => {
    const started: string[] = [];
    const { state } = await run(
      {
        a: { repeat: { interactive: false, max: 1 } },
        b: { after: [] },
        c: { after: ['b'] },
      },
      {
        a: () => sized(60),
        b: () => sized(60),
        c: () => {
          started.push('c');
          return {};
        },
      },
      limited({ bytes: 80 }),
    );
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: code });
    expect(started).toEqual([]);
  });
});

describe('the rounds of a loop', () => {
  const loop = (max: number, more: TestNode = {}): TestNode => ({
    ...{ repeat: { interactive: false, max } },
    ...more,
  });

  it.each<[string, number, number, number]>([
    ['all', 3, 1000, 3],
    ['as many as there is room for, the latest', 9, 400, 4],
    ['none', 5, 120, 0],
  ])('are kept beside its output: %s', async (_, max, bytes, kept) => {
    const { state, log } = await run(
      { a: loop(max) },
      { a: ({ round = 1 }) => ({ x: `${round}`.padEnd(52, 'x') }) },
      limited({ bytes }),
    );
    const rounds = Array.from({ length: kept }, (_, index) => ({
      x: `${max - kept + index + 1}`.padEnd(52, 'x'),
    }));
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { a: { _loop_iterations: max, _loop_history: rounds } },
    });
    expect(JSON.stringify(state.graphs.get('0')?.state).length).toBeLessThanOrEqual(bytes + 10);
    const refused = only(log, 'state.refused').map(({ data }) => data.key);
    expect(refused).toEqual(kept === max ? [] : ['_loop_history']);
  });

  it('are kept as far as there is room when a later one fails', async () => {
    const { state } = await run(
      { a: loop(9, { onFailure: 'continue' }) },
      {
        a: ({ round = 1 }) => {
          if (round < 8) return sized(60);
          throw new Error('enough');
        },
      },
      limited({ bytes: 300 }),
    );
    const { a } = (state.ending?.result ?? {}) as Record<string, JsonObject>;
    expect(a).toMatchObject({ error: 'enough', confidence: 0, _loop_iterations: 7, ...sized(60) });
    expect(a?._loop_history).toHaveLength(3);
  });
});

describe('a graph without the values that it requires', () => {
  const state = planState({ required: ['topic'] });

  it('asks nobody and leaves nothing behind', async () => {
    using folder = temporaryFolder();
    const host = stepHost(folder.path, { a: big });
    const plan = graphPlan(planGraph({ a: {} }, { state }));
    const starting = startRun(host, { id: 'r-test', plan, inputs: [] });
    await expect(starting).rejects.toMatchObject({
      code: 'state/missing',
      message: expect.stringContaining('topic'),
    });
    expect(await host.store.list()).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>, JsonObject]>([
    [
      'fails as a sub-workflow',
      { other: 'state.given' },
      { status: 'failed', reason: 'state/missing' },
    ],
    ['starts as a sub-workflow with them', { topic: 'state.given' }, { status: 'complete' }],
  ])('%s', async (_, inputMapping, end) => {
    const sub: TestNode = {
      kind: 'subworkflow',
      graph: planGraph({ x: {} }, { state }),
      inputMapping,
    };
    const { state: ended, log } = await run(
      { sub },
      { 'sub/x': () => ({}) },
      { state: planState({ initial: { given: 'x' } }) },
    );
    expect(endOf(ended)).toMatchObject(end);
    const well = end.status === 'complete';
    expect(only(log, 'subworkflow.finished').map(({ data }) => data.ok)).toEqual([well]);
  });
});
