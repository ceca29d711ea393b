import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../bench/graphs/engine.ts';
import { ENGINES, graphParts, missingPeers } from '../../bench/graphs/engines.ts';
import { ours, oursFanOut } from '../../bench/graphs/ours.ts';
import { promises } from '../../bench/graphs/promises.ts';
import {
  byLayer,
  chain,
  criticalPath,
  fan,
  layers,
  type Shape,
  sinks,
  skewed,
  splitFan,
  Work,
} from '../../bench/graphs/shapes.ts';

async function runs(engine: Engine, shape: Shape): Promise<void> {
  const work = new Work(shape);
  const run = await engine.build(shape, (node, inputs) => work.of(node, inputs));
  await run();
  work.check();
}

describe('the graphs of the benchmark', () => {
  it('have each node behind all that it needs, in later layers, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 60 }), (seed, count) => {
        const shape = layers(count, { wide: 7, seed });
        const seen = new Map<string, number>();
        for (const { id, needs, layer } of shape.nodes) {
          for (const one of needs) expect(seen.get(one)).toBeLessThan(layer);
          seen.set(id, layer);
        }
        expect(byLayer(shape).flat()).toEqual(shape.nodes);
      }),
    );
  });

  it('are the same in every process', () => {
    const edges = (shape: Shape): number => shape.nodes.flatMap(({ needs }) => needs).length;
    const dag = layers(1000, { wide: 50, seed: 42 });
    expect([edges(dag), sinks(dag).length]).toEqual([2322, 121]);
    expect(criticalPath(skewed(200))).toBe(1462);
  });

  it('know their longest way and who needs all', () => {
    const timed = chain(3).nodes.map((node) => ({ ...node, ms: 5 }));
    expect(criticalPath({ name: 'x', nodes: timed })).toBe(15);
    const { wide, join } = splitFan(fan(4));
    expect(join.needs).toEqual(wide.map(({ id }) => id));
  });
});

describe('the work of a node', () => {
  it.each<[string, number]>([
    ['a node that did not run', 2],
    ['a node that ran twice', 4],
  ])('notices %s', async (_what, times) => {
    const shape = fan(2);
    const work = new Work(shape);
    const [node] = shape.nodes;
    for (let time = 0; node && time < times; time++) await work.of(node, []);
    expect(() => work.check()).toThrow(/of 3 nodes, sum/);
  });

  it('notices a node that did not get its inputs', async () => {
    const shape = chain(2);
    const work = new Work(shape);
    for (const node of shape.nodes) await work.of(node, []);
    expect(() => work.check()).toThrow('2 of 2 nodes, sum 2 instead of 3');
  });
});

describe('the engines of the benchmark', () => {
  const shapes: [string, Shape][] = [
    ['a chain', chain(20)],
    ['a fan-out', fan(20)],
    ['layers', layers(40, { wide: 8, seed: 1 })],
  ];

  it.each(shapes)('bring the right values for %s', async (_name, shape) => {
    await runs(promises, shape);
    await runs(ours, shape);
  });

  it('bring them for instances of one node', async () => {
    await runs(oursFanOut, fan(20));
  });

  it('are measured only when they are there, and named when they are not', () => {
    const missing = new Set(missingPeers());
    const measured = new Set(graphParts().map(([, name]) => name));
    for (const { name, peer } of ENGINES) {
      expect(measured.has(name)).toBe(peer === undefined || !missing.has(peer));
    }
  });
});
