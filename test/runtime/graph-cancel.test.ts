import { describe, expect, it } from 'vitest';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { begunAgain, endedOften, unsettled } from '../log-sums.ts';
import { logOf, only, temporaryFolder } from '../make.ts';
import {
  hostOfKinds,
  KINDS,
  type KindNode,
  personOfKinds,
  planOfKinds,
  type Wait,
} from './graph-kinds.ts';
import { endOf, until } from './graphs.ts';

const atOnce: Wait = async () => {};

/** What is at work when a run is stopped: a kind of node, and how what it waits for is called. */
const AT_WORK: readonly (readonly [string, KindNode['kind'], RegExp])[] = [
  ['a step', 'step', /^step n0 /],
  ['a model', 'agent', /^agent/],
  ['a tool of an agent', 'caller', /^mine.note/],
  ['a program in its box', 'prepared', /^box/],
  ['code of an agent', 'module', /^code/],
  ['a question of code', 'module', /^agent/],
  ['a tool of code', 'module', /^mine.note/],
  ['a step of a sub-workflow', 'nested', /^step n0.y/],
  ['a manager', 'manager', /^manager/],
  ['the workers of a manager', 'manager', /^worker/],
  ['a round of a loop', 'loop', /^step n0 2/],
  ['instances of a fan-out', 'fan', /^agent/],
  ['a tool that puts results together', 'joined', /^mine.join/],
  ['a person who is asked before', 'before', /^person/],
  ['a person who is asked after', 'after', /^person/],
  ['a person between two rounds', 'talk', /^person/],
];

describe('a graph that is stopped', () => {
  it('has all kinds of node in the table', () => {
    const covered = new Set(AT_WORK.map(([, kind]) => kind));
    expect(KINDS.filter((kind) => !covered.has(kind))).toEqual(['replaced']);
  });

  it.each(AT_WORK)(
    'keeps what there is, and goes on where it was: during %s',
    async (_, kind, at) => {
      using folder = temporaryFolder();
      const usual = { after: [], fails: false, onFailure: 'stop', shaky: false } as const;
      const nodes: KindNode[] = [
        { ...usual, id: 'n0', kind, fanIn: 'merge' },
        { ...usual, id: 'done', kind: 'step', fanIn: 'merge' },
        { ...usual, id: 'end', kind: 'step', fanIn: 'merge', after: ['n0', 'done'] },
      ];
      const reached = Promise.withResolvers<void>();
      const wait: Wait = async (label, signal) => {
        if (!at.test(label)) return;
        reached.resolve();
        if (!signal) return new Promise(() => {});
        await until(signal);
      };
      const plan = planOfKinds(nodes);
      const host = hostOfKinds(nodes, { folder: folder.path, wait });
      const ask = personOfKinds(nodes, wait);
      const run = await startRun(host, { id: 'r-test', plan, inputs: [], ask });
      await reached.promise;
      while (run.state.graphs.get('0')?.nodes.get('done')?.status !== 'finished') {
        await new Promise(setImmediate);
      }
      run.stop('enough');
      await run.done;
      expect(run.state).toMatchObject({ status: 'cancelled', stopReason: 'enough' });
      const before = await logOf(host.store);
      expect(only(before, 'agent.failed')).toEqual([]);
      const { store } = host;
      const again = await resumeRun(
        hostOfKinds(nodes, { folder: folder.path, wait: atOnce, store }),
        {
          id: 'r-test',
          ask: personOfKinds(nodes, atOnce),
        },
      );
      await again.done;
      const log = await logOf(store);
      expect(endOf(again.state)).toMatchObject({
        status: 'complete',
        result: { n0: expect.anything(), done: { of: 'done' }, end: { of: 'end' } },
      });
      expect([...unsettled(log), ...endedOften(log), ...begunAgain(log, before.length)]).toEqual(
        [],
      );
    },
  );
});
