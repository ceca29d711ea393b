import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cyclesOf, type Edges } from '../../../src/base/graph.ts';
import { findingsOf } from '../example.ts';
import { findingsBy, graph } from './write.ts';

const RUNS = { numRuns: 60 };

/** A graph without cycles: each node waits for some before it, and the nodes stand in any order. */
const acyclic = fc
  .integer({ min: 2, max: 14 })
  .chain((size) =>
    fc.record({
      edges: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 40 }),
      order: fc.shuffledSubarray(
        Array.from({ length: size }, (_, at) => at),
        { minLength: size, maxLength: size },
      ),
    }),
  )
  .map(({ edges, order }) => {
    const waits = new Map(order.map((at) => [at, new Set<number>()]));
    for (const [from, to] of edges) {
      if (from !== to) waits.get(Math.max(from, to))?.add(Math.min(from, to));
    }
    return waits;
  });

function written(waits: ReadonlyMap<number, ReadonlySet<number>>): string {
  return graph(
    [...waits].map(([at, on]) => {
      const ids = [...on].map((id) => `n${id}x`).join(', ');
      return `{ id: n${at}x, agent: writer, depends_on: [${ids}] }`;
    }),
  );
}

/** A way along the edges, if there is one. */
function way(waits: ReadonlyMap<number, ReadonlySet<number>>, from: number, to: number): boolean {
  const queue = [from];
  for (const at of queue) {
    if (at === to) return true;
    for (const next of waits.get(at) ?? []) if (!queue.includes(next)) queue.push(next);
  }
  return false;
}

describe('graphs of any form', () => {
  it('have no finding without a cycle', async () => {
    await fc.assert(
      fc.asyncProperty(acyclic, async (waits) => {
        const found = await findingsOf(written(waits));
        expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
      }),
      RUNS,
    );
  });

  it('have one cycle when one edge leads back, and it is the one that is named', async () => {
    await fc.assert(
      fc.asyncProperty(acyclic, fc.nat(), fc.nat(), async (waits, first, second) => {
        const nodes = [...waits.keys()];
        const from = nodes[first % nodes.length] ?? 0;
        const to = nodes[second % nodes.length] ?? 0;
        fc.pre(way(waits, from, to));
        waits.get(to)?.add(from);
        const [found, ...others] = await findingsBy('R6', written(waits));
        expect(others).toEqual([]);
        const ids = [...(found?.note ?? '').matchAll(/n(\d+)x/g)].map(([, id]) => Number(id));
        expect(ids.length).toBeGreaterThan(1);
        expect(ids[0]).toBe(ids.at(-1));
        // Each node waits for the one before it.
        for (const [index, id] of ids.slice(1).entries()) {
          expect(waits.get(id)?.has(ids[index] ?? -1)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('have as many cycles as groups of nodes that reach each other', () => {
    const edges = fc
      .array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 })
      .map((pairs) => pairs.map(([from, to]) => [`n${from}`, `n${to}`] as const));
    fc.assert(
      fc.property(edges, (pairs) => {
        const map = new Map<string, string[]>();
        for (const [from, to] of pairs) {
          map.set(from, [...(map.get(from) ?? []), to]);
          if (!map.has(to)) map.set(to, []);
        }
        const cycles = cyclesOf(map);
        for (const cycle of cycles) {
          for (const [index, node] of cycle.slice(1).entries()) {
            expect(map.get(cycle[index] ?? '')).toContain(node);
          }
        }
        expect(cycles.length).toBe(groupsOf(map));
      }),
    );
  });

  it('have a finding for every dependency that is not there, and no other error', async () => {
    const names = fc.array(fc.stringMatching(/^[p-z]{3,8}$/), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(names, async (unknown) => {
        const text = graph([
          '{ id: aaaa, agent: writer }',
          `{ id: bbbb, agent: writer, depends_on: [aaaa, ${unknown.map((id) => `"${id}"`).join(', ')}] }`,
        ]);
        const errors = (await findingsOf(text)).filter(({ severity }) => severity === 'error');
        expect(errors.map(({ rule }) => rule)).toEqual(unknown.map(() => 'R7'));
      }),
      RUNS,
    );
  });
});

/** Groups of nodes of which each reaches itself and all others of the group, found by trying. */
function groupsOf(edges: Edges): number {
  const reach = new Map([...edges.keys()].map((node) => [node, reachable(node, edges)]));
  const seen = new Set<string>();
  let groups = 0;
  for (const [node, others] of reach) {
    if (!others.has(node) || seen.has(node)) continue;
    groups++;
    for (const other of others) if (reach.get(other)?.has(node)) seen.add(other);
  }
  return groups;
}

function reachable(node: string, edges: Edges): Set<string> {
  const found = new Set<string>();
  const queue = [node];
  for (const at of queue) {
    for (const next of edges.get(at) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      queue.push(next);
    }
  }
  return found;
}
