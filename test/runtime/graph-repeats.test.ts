import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { only, temporaryFolder } from '../make.ts';
import {
  endOf,
  graphPlan,
  planGraph,
  planState,
  runPlan,
  type Steps,
  stepHost,
  type TestNode,
  until,
} from './graphs.ts';

const fanOut = { source: 'topics', variable: 'topic', maxParallel: 3 };
const play = async (
  nodes: Readonly<Record<string, TestNode>>,
  steps: Steps,
  initial: JsonObject,
) => {
  using folder = temporaryFolder();
  const plan = graphPlan(planGraph(nodes, { state: planState({ initial }) }));
  return runPlan(stepHost(folder.path, steps), plan);
};

describe('a run with fan-outs and loops', () => {
  it('hands each instance its item, and what comes after it all results', async () => {
    const seen: unknown[] = [];
    const { state, log } = await play(
      { each: { fanOut }, sum: { after: ['each'] } },
      {
        each: ({ item, index }) => {
          seen.push([index, item]);
          return { n: Number(item) * 10 };
        },
        sum: ({ input }) => ({ saw: input.each ?? null }),
      },
      { topics: [1, 2, 3, 4, 5] },
    );
    const items = [10, 20, 30, 40, 50].map((n) => ({ n }));
    expect(seen).toEqual([0, 1, 2, 3, 4].map((index) => [index, index + 1]));
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { each: { items, _fan_out_count: 5 }, sum: { saw: { items } } },
    });
    expect(only(log, 'agent.started').map(({ agent }) => agent)).toEqual([
      '0',
      '1',
      ...['1.2', '1.3', '1.4', '1.5'],
      '2',
    ]);
  });

  it('stops the others when the first has ended well', async () => {
    const aborted: unknown[] = [];
    const { state } = await play(
      { race: { fanOut, fanIn: { strategy: 'first' } } },
      {
        race: async ({ index, signal }) => {
          if (index === 1) return { winner: index };
          try {
            return await until(signal);
          } finally {
            aborted.push(index);
          }
        },
      },
      { topics: ['a', 'b', 'c', 'd'] },
    );
    expect(endOf(state)).toMatchObject({ status: 'complete', result: { race: { winner: 1 } } });
    expect(aborted).toEqual([0, 2]);
    expect(state.inFlight.size + state.openFrames.size + state.openWorkers).toBe(0);
  });

  it('goes round while the condition is true, and shows each round the last result', async () => {
    const seen: unknown[] = [];
    const { state } = await play(
      {
        improve: { repeat: { interactive: false, max: 9, condition: 'result.score < state.goal' } },
      },
      {
        improve: ({ round = 0, last }) => {
          seen.push([round, last ?? null]);
          return { score: round * 2 };
        },
      },
      { goal: 5 },
    );
    expect(seen).toEqual([
      [1, null],
      [2, { score: 2 }],
      [3, { score: 4 }],
    ]);
    expect(endOf(state)).toMatchObject({
      status: 'complete',
      result: { improve: { score: 6, _loop_iterations: 3 } },
    });
  });
});
