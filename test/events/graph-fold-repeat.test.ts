import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/base/json.ts';
import {
  closeInstance,
  endInstance,
  openInstance,
  reopenRepeat,
  tryOf,
} from '../../src/events/graph-fold-repeat.ts';
import { itemOf, sourceOf } from '../../src/events/graph-item.ts';
import type { FanOut, GraphNode } from '../../src/events/graph-state.ts';
import {
  planGraph,
  planNode,
  startedGraph,
  type TestNode,
} from '../runtime/engines/graph-bench.ts';
import { fanOutNode, fanOutOver } from '../runtime/engines/repeating.ts';

const fanOf = (node: GraphNode): FanOut => {
  if (!node.fan) throw new Error('no fan-out');
  return node.fan;
};
const well = (n: number): { output: JsonObject; confidence: number } => ({
  output: { n },
  confidence: 0.5,
});
const badly = { code: 'step/failed', message: 'no' };
const each = fanOutOver();

describe('instances', () => {
  it('are counted when they start, fail, are tried again and end', () => {
    const node = fanOutNode(each, 3);
    const fan = fanOf(node);
    openInstance(node, 0, '1.1');
    openInstance(node, 1, '1.2');
    expect([node.openInstances, node.nextInstance]).toEqual([2, 2]);
    closeInstance(node, 0, badly);
    expect([node.openInstances, [...fan.failing], fan.ended]).toEqual([1, [0], 0]);
    expect(tryOf(node, 0)).toMatchObject({ attempt: 1, last: '1.1', failure: badly });
    openInstance(node, 0, '1.3');
    expect([node.openInstances, [...fan.failing], node.nextInstance]).toEqual([2, [], 2]);
    closeInstance(node, 0, well(0));
    endInstance(node, 1, badly);
    expect(fan).toMatchObject({ ended: 2, failed: 1, first: 0, failure: badly });
    expect(tryOf(node, 0)).toMatchObject({ attempt: 2, ended: true, output: { n: 0 } });
  });

  it('that end twice count once', () => {
    const node = fanOutNode(each, 1);
    openInstance(node, 0, '1.1');
    closeInstance(node, 0, well(1));
    endInstance(node, 0, badly);
    expect(fanOf(node)).toMatchObject({ ended: 1, failed: 0 });
    expect(tryOf(node, 0)?.output).toEqual({ n: 1 });
  });

  it('that fail after the fan-out is over have ended', () => {
    const node = fanOutNode(each, 2);
    openInstance(node, 0, '1.1');
    fanOf(node).over = true;
    closeInstance(node, 0, badly);
    expect(fanOf(node)).toMatchObject({ ended: 1, failed: 1 });
    expect(fanOf(node).failing.size).toBe(0);
  });

  it.each<[string, TestNode]>([
    ['a node that has no fan-out', { id: 'each' }],
    ['an instance that never started', each],
  ])('%s: nothing happens', (_, plan) => {
    const node = fanOutNode(plan, 1);
    if (!plan.fanOut) delete node.fan;
    closeInstance(node, 0, well(1));
    endInstance(node, 0, well(1));
    expect(node.instances).toEqual([]);
  });

  it('that ended well stay when the node gets another chance', () => {
    const node = fanOutNode(each, 4);
    for (const index of [0, 1, 2]) openInstance(node, index, `1.${index + 1}`);
    closeInstance(node, 2, well(2));
    closeInstance(node, 0, badly);
    endInstance(node, 0, badly);
    reopenRepeat(node);
    expect(fanOf(node)).toMatchObject({ ended: 1, failed: 0, first: 2, failure: undefined });
    expect([node.nextInstance, node.openInstances]).toEqual([0, 0]);
    openInstance(node, 0, '1.4');
    openInstance(node, 1, '1.5');
    expect(node.nextInstance).toBe(3);
    expect(tryOf(node, 1)?.attempt).toBe(1);
  });

  it('add up whatever happens to them', () => {
    const step = fc.record({
      index: fc.nat(5),
      what: fc.constantFrom('open', 'well', 'badly', 'give up', 'reopen' as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const node = fanOutNode(each, 6);
        for (const { index, what } of steps) change(node, index, what);
        const all = (node.instances ?? []).filter((one) => one !== undefined);
        const fan = fanOf(node);
        const open = all.filter((one) => one.open !== undefined).length;
        const ended = all.filter((one) => one.ended).length;
        const failed = all.filter((one) => one.ended && one.output === undefined).length;
        expect([fan.open.size, fan.ended, fan.failed]).toEqual([open, ended, failed]);
        expect(node.openInstances).toBe(open);
        expect(open + ended + fan.failing.size).toBe(all.length);
      }),
    );
  });
});

function change(node: GraphNode, index: number, what: string): void {
  const one = tryOf(node, index);
  if (what === 'reopen') {
    if (node.openInstances === 0) reopenRepeat(node);
  } else if (what === 'open') {
    const isNext = one === undefined ? index === node.nextInstance : one.open === undefined;
    if (isNext && one?.ended !== true) openInstance(node, index, `1.${index}`);
  } else if (what === 'give up') {
    if (fanOf(node).failing.has(index)) endInstance(node, index, badly);
  } else if (one?.open !== undefined) {
    closeInstance(node, index, what === 'well' ? well(index) : badly);
  }
}

describe('the source of a fan-out', () => {
  const values: JsonObject = {
    list: [1, 2],
    state: { list: [3] },
    planner: { topics: ['a', { name: 'b' }], deep: [[['x']]], none: null },
  };

  it.each<[string, Json | undefined]>([
    ['list', [1, 2]],
    ['state.list', [1, 2]],
    ['state.state.list', [3]],
    ['planner.topics', ['a', { name: 'b' }]],
    ['state.planner.topics', ['a', { name: 'b' }]],
    ['planner.topics.1.name', 'b'],
    ['planner.topics[1].name', 'b'],
    ['planner.deep[0][0]', ['x']],
    ['planner.none', null],
    ['planner.topics.2', undefined],
    ['planner.topics.-1', undefined],
    ['planner.topics.length', undefined],
    ['planner.topics.name', undefined],
    ['other', undefined],
    ['other.topics', undefined],
    ['list.constructor', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['planner.toString.name', undefined],
    ['', undefined],
    ['.', undefined],
  ])('%s', (source, expected) => {
    const { graph, node } = placeWith(source, values);
    expect(sourceOf(graph, node)).toEqual(expected);
  });

  it('gives each instance its item', () => {
    const { graph, node } = placeWith('planner.topics', values);
    expect([0, 1, 2, -1].map((instance) => itemOf(graph, node, instance))).toEqual([
      'a',
      { name: 'b' },
      undefined,
      undefined,
    ]);
  });

  it('gives none where the source is no list, or where there is no fan-out', () => {
    const { graph, node } = placeWith('planner', values);
    expect(itemOf(graph, node, 0)).toBeUndefined();
    expect(sourceOf(graph, { ...node, plan: planNode('each') })).toBeUndefined();
  });
});

function placeWith(source: string, initial: JsonObject) {
  const state = { ...planGraph([]).state, initial };
  const { graph } = startedGraph([fanOutOver({ dependsOn: ['never'] }, { source })], { state });
  const node = graph.nodes.get('each');
  if (!node) throw new Error('no node');
  return { graph, node };
}
