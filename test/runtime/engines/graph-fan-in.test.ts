import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { PlanFanIn } from '../../../src/events/plan-graph.ts';
import { joinResults, keptResults } from '../../../src/runtime/engines/graph-fan-in.ts';
import { endedFanOut, type TestEnd } from './repeating.ts';

const node = (fanIn: PlanFanIn | undefined, ends: readonly TestEnd[], order?: number[]) =>
  endedFanOut({ id: 'each', ...(fanIn && { fanIn }) }, ends, order);

const a: JsonObject = { n: 1, tags: ['x', 'y'], confidence: 0.4 };
const b: JsonObject = { n: 2, tags: ['z'], confidence: 0.8 };
const failed: JsonObject = { error: 'no', confidence: 0 };

describe('results of instances', () => {
  it.each<[string, PlanFanIn | undefined, TestEnd[], JsonObject, number]>([
    ['without a strategy they are a list', undefined, [a, b], { items: [a, b] }, 0.6],
    ['merge is a list', { strategy: 'merge' }, [a, b], { items: [a, b] }, 0.6],
    [
      'merge puts the list into the target field',
      { strategy: 'merge', targetField: 'all' },
      [a],
      { all: [a] },
      0.4,
    ],
    [
      'merge has an error in the place of an instance that failed',
      { strategy: 'merge' },
      [a, 'no', b],
      { items: [a, failed, b] },
      0.4,
    ],
    [
      'concat also joins the lists of the same name',
      { strategy: 'concat' },
      [a, 'no', b],
      { items: [a, failed, b], tags: ['x', 'y', 'z'] },
      0.4,
    ],
    [
      'concat: a list of the results stands before the list of results',
      { strategy: 'concat' },
      [{ items: [1] }, { items: [2, 3] }],
      { items: [1, 2, 3] },
      0.5,
    ],
    [
      'concat keeps both with a target field',
      { strategy: 'concat', targetField: 'all' },
      [{ items: [1] }, { items: [2] }],
      { items: [1, 2], all: [{ items: [1] }, { items: [2] }] },
      0.5,
    ],
    [
      'concat leaves what is no list, and what is a list only once',
      { strategy: 'concat' },
      [{ v: [1] }, { v: 2 }],
      { items: [{ v: [1] }, { v: 2 }], v: [1] },
      0.5,
    ],
    [
      'reduce computes with acc and item',
      { strategy: 'reduce', targetField: 'n', expr: 'acc.n + item.n' },
      [a, b, { n: 5 }],
      { n: 8 },
      (0.4 + 0.8 + 0.5) / 3,
    ],
    [
      'reduce takes `result` without a target field',
      { strategy: 'reduce', expr: 'acc.result + item.result' },
      [{ result: 'a' }, { result: 'b' }, { result: 'c' }],
      { result: 'abc' },
      0.5,
    ],
    [
      'reduce leaves out what failed',
      { strategy: 'reduce', targetField: 'n', expr: 'acc.n + item.n' },
      ['no', a, 'no', b],
      { n: 3 },
      0.3,
    ],
    [
      'reduce goes on with a map as it is',
      { strategy: 'reduce', targetField: 'last', expr: 'item' },
      [{ n: 1 }, { n: 2 }, { n: 3 }],
      { last: { n: 3 } },
      0.5,
    ],
    [
      'reduce over one result gives its field',
      { strategy: 'reduce', targetField: 'n', expr: 'acc.n + item.n' },
      [a],
      { n: 1 },
      0.4,
    ],
    [
      'reduce over one result without such a field gives the one that is computed with',
      { strategy: 'reduce', expr: 'acc.n + item.n' },
      [{ n: 1 }],
      { result: 1 },
      0.5,
    ],
    [
      'reduce computes with a field that is called otherwise than its target',
      { strategy: 'reduce', targetField: 'sum', expr: 'acc.n + item.n' },
      [{ n: 1 }, { n: 3 }, { n: 2 }],
      { sum: 6 },
      0.5,
    ],
    [
      'reduce computes with several fields under its target',
      { strategy: 'reduce', targetField: 'sum', expr: "acc.get('sum', acc.n) + item.n" },
      [{ n: 1 }, { n: 3 }, { n: 2 }],
      { sum: 6 },
      0.5,
    ],
    ['majority is what most said', { strategy: 'majority' }, [b, a, a], a, 0.4],
    [
      'majority takes the earliest of equal numbers',
      { strategy: 'majority' },
      [{ v: 1 }, { v: 2 }, { v: 2 }, { v: 1 }],
      { v: 1 },
      0.5,
    ],
    [
      'majority counts neither the order of keys nor confidence',
      { strategy: 'majority' },
      [{ v: 0 }, { v: 1, w: 2, confidence: 0.9 }, { w: 2, v: 1, confidence: 0.7 }],
      { v: 1, w: 2, confidence: 0.9 },
      0.8,
    ],
    [
      'majority does not count failures',
      { strategy: 'majority' },
      ['no', 'no', { v: 1 }],
      { v: 1 },
      0.5,
    ],
    [
      'majority puts it into the target field',
      { strategy: 'majority', targetField: 'vote' },
      [{ v: 1 }],
      { vote: { v: 1 }, confidence: 0.5 },
      0.5,
    ],
    [
      'a field with the name of a prototype stays a field',
      { strategy: 'merge', targetField: '__proto__' },
      [a],
      JSON.parse('{"__proto__": [{"n": 1, "tags": ["x", "y"], "confidence": 0.4}]}') as JsonObject,
      0.4,
    ],
  ])('%s', (_, fanIn, ends, fields, confidence) => {
    const joined = joinResults(node(fanIn, ends));
    const strategy = fanIn?.strategy ?? 'merge';
    const single = strategy === 'majority' && fanIn?.targetField === undefined;
    expect(joined).toEqual({
      output: {
        ...fields,
        _fan_out_count: ends.length,
        ...(!single && { confidence: expect.closeTo(confidence, 10) as number }),
      },
      confidence: expect.closeTo(confidence, 10) as number,
    });
  });

  it.each<[string, string | undefined, JsonObject]>([
    ['as it is', undefined, { v: 2, _fan_out_count: 3 }],
    ['in the target field', 'best', { best: { v: 2 }, _fan_out_count: 3, confidence: 0.5 }],
  ])('first is the one that ended first, %s', (_, targetField, output) => {
    const fanIn: PlanFanIn = { strategy: 'first', ...(targetField && { targetField }) };
    const joined = joinResults(node(fanIn, ['no', { v: 1 }, { v: 2 }], [0, 2, 1]));
    expect(joined).toEqual({ output, confidence: 0.5 });
  });

  it('custom gives all results to a tool', () => {
    const joined = joinResults(node({ strategy: 'custom', tool: 'mine.join' }, [a, 'no']));
    expect(joined).toEqual({ tool: 'mine.join', args: { items: [a, failed] } });
  });

  it.each<[string, string, TestEnd[]]>([
    ['a field that is not there', 'acc.n + item.n', [{ n: 1 }, { m: 2 }]],
    ['a name that is not there', 'acc.n + other', [{ n: 1 }, { n: 2 }]],
    ['a text that is no expression', 'acc +', [{ n: 1 }, { n: 2 }]],
    [
      'more than a reduction may look at',
      'acc.result + item.result',
      Array.from({ length: 2000 }, () => ({ result: Array(450).fill(0) as number[] })),
    ],
  ])('reduce has no value: %s', (_, expr, ends) => {
    const joined = joinResults(node({ strategy: 'reduce', targetField: 'result', expr }, ends));
    expect(joined).toEqual({ expression: expr, message: expect.any(String) as string });
  });

  it('what is kept of a fan-out that fails is its list', () => {
    const fanIn: PlanFanIn = { strategy: 'reduce', targetField: 'n', expr: '1 / 0' };
    expect(keptResults(node(fanIn, [a, 'no']))).toEqual({
      n: [a, failed],
      _fan_out_count: 2,
      confidence: 0.2,
    });
  });

  it('the order of ends changes nothing but which is first', () => {
    const end = fc.oneof(
      fc.constant('no'),
      fc.record({ v: fc.nat(2), tags: fc.array(fc.nat(3), { maxLength: 2 }) }),
    );
    const shuffled = fc.array(end, { minLength: 1, maxLength: 8 }).chain((ends) =>
      fc.tuple(
        fc.constant(ends),
        fc.shuffledSubarray([...ends.keys()], {
          minLength: ends.length,
          maxLength: ends.length,
        }),
      ),
    );
    const strategy = fc.constantFrom<PlanFanIn>(
      { strategy: 'merge' },
      { strategy: 'concat' },
      { strategy: 'reduce', targetField: 'v', expr: 'acc.v * 3 + item.v' },
      { strategy: 'majority' },
      { strategy: 'custom', tool: 'a.b' },
    );
    fc.assert(
      fc.property(shuffled, strategy, ([ends, order], fanIn) => {
        expect(joinResults(node(fanIn, ends, order))).toEqual(joinResults(node(fanIn, ends)));
      }),
    );
  });
});
