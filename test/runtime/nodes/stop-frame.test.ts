import { describe, expect, it } from 'vitest';
import type { Fact, RunEvent } from '../../../src/events/event.ts';
import { foldAll } from '../../../src/events/reduce.ts';
import type { Finished } from '../../../src/runtime/effect.ts';
import { openBelow, stopFrames } from '../../../src/runtime/nodes/stop-frame.ts';
import { resumeRun } from '../../../src/runtime/run.ts';
import { only, temporaryFolder } from '../../make.ts';
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
} from '../graphs.ts';

async function run(
  nodes: Readonly<Record<string, TestNode>>,
  steps: Steps,
  state: Partial<ReturnType<typeof planState>> = {},
) {
  using folder = temporaryFolder();
  const plan = graphPlan(planGraph(nodes, { state: planState(state) }));
  return runPlan(stepHost(folder.path, steps), plan);
}

const below = planGraph({
  deep: { kind: 'subworkflow', graph: planGraph({ hangs: {}, after: { after: ['hangs'] } }) },
  done: {},
  never: { after: ['deep'] },
});

/** A run whose second node fails while the sub-workflow of the first is at work. */
async function stoppedRun() {
  const isOut = Promise.withResolvers<void>();
  return run(
    { sub: { kind: 'subworkflow', graph: below }, bad: {} },
    {
      bad: async () => {
        await isOut.promise;
        throw new Error('no way');
      },
      'sub/done': () => ({ n: 1 }),
      'sub/deep/hangs': ({ signal }) => {
        isOut.resolve();
        return until(signal);
      },
      ...{ 'sub/deep/after': () => ({}), 'sub/never': () => ({}) },
    },
  );
}

describe('a sub-workflow that is stopped', () => {
  it('is closed with all that is below it, the deepest first', async () => {
    const { state, log } = await stoppedRun();
    expect(endOf(state)).toMatchObject({ status: 'failed', reason: 'step/failed' });
    expect(
      [...state.graphs].map(([id, { left, nodes }]) => [
        id,
        left,
        [...nodes.values()].map(({ plan, status }) => `${plan.id} ${status}`),
      ]),
    ).toEqual([
      ['0', 0, ['sub skipped', 'bad failed']],
      ['1', 0, ['deep skipped', 'done finished', 'never skipped']],
      ['1-1', 0, ['hangs skipped', 'after skipped']],
    ]);
    const failure = log.findIndex(({ type }) => type === 'node.failed');
    expect(log.slice(failure + 1, -2).map(inShort)).toEqual([
      ...['agent.failed 1-1-1', 'node.skipped 1-1 hangs', 'node.skipped 1-1 after'],
      ...['subworkflow.finished 1 deep', 'agent.failed 1-1'],
      ...['node.skipped 1 deep', 'node.skipped 1 never'],
      ...['subworkflow.finished 0 sub', 'agent.failed 1', 'node.skipped 0 sub'],
    ]);
    expect(only(log, 'subworkflow.finished').map(({ data }) => data.ok)).toEqual([false, false]);
    expect([state.openFrames.size, state.inFlight.size]).toEqual([0, 0]);
  });
});

describe('a run that is taken up again', () => {
  it('goes on with what was stopped in a sub-workflow', async () => {
    using folder = temporaryFolder();
    const ran: string[] = [];
    let isBroken = true;
    const isOut = Promise.withResolvers<void>();
    const steps: Steps = {
      bad: async () => {
        await isOut.promise;
        if (isBroken) throw new Error('no way');
        return {};
      },
      'sub/one': () => {
        ran.push('one');
        return { n: 1 };
      },
      'sub/two': ({ signal }) => {
        ran.push('two');
        isOut.resolve();
        return isBroken ? until(signal) : { n: 2 };
      },
      'sub/three': () => {
        ran.push('three');
        return { n: 3 };
      },
    };
    const inner = planGraph({ one: {}, two: { after: ['one'] }, three: { after: ['two'] } });
    const plan = graphPlan(planGraph({ sub: { kind: 'subworkflow', graph: inner }, bad: {} }));
    const host = stepHost(folder.path, steps);
    const { state } = await runPlan(host, plan);
    expect([state.status, ran.splice(0)]).toEqual(['failed', ['one', 'two']]);
    isBroken = false;
    const again = await resumeRun(host, { id: 'r-test' });
    await again.done;
    expect([again.state.status, ran]).toEqual(['complete', ['two', 'three']]);
    expect(again.state.ending?.result.sub).toEqual({
      one: { n: 1 },
      two: { n: 2 },
      three: { n: 3 },
    });
  });
});

function inShort({ type, agent, data }: RunEvent): string {
  const { node = '' } = data as { node?: string };
  return `${type} ${agent} ${node}`.trim();
}

describe('what an agent had brought when it was stopped', () => {
  it('counts as far as the limits of the state let it', async () => {
    const { log } = await stoppedRun();
    const at = log.findIndex(({ type }) => type === 'node.failed');
    const state = foldAll('r-test', log.slice(0, at));
    const limits = { bytes: 1000, fieldBytes: 100, fields: 10 };
    const graph = state.graphs.get('1-1');
    if (graph) graph.plan = { ...graph.plan, state: planState({ limits }) };
    const why = { code: 'node/stopped', message: 'another one failed' };
    const brought = (size: number): Finished => {
      const output = { big: 'x'.repeat(size) };
      const data = { output, text: '', confidence: 1, problems: [] };
      const facts: Fact[] = [{ type: 'agent.finished', agent: '1-1-1', data }];
      return { frame: '1-1-1', facts, files: [] };
    };
    const cuts: string[][] = [];
    const stop = (size: number) =>
      stopFrames(
        {
          stopped: new Set(),
          cut: (frames) => {
            cuts.push([...frames]);
            return [brought(size)];
          },
        },
        state,
        { frames: ['1', '1'], ...why },
      ).map(({ type, agent, data }) => {
        const { code = '', node = '' } = data as { code?: string; node?: string };
        return `${type} ${agent} ${code}${node}`;
      });
    expect(stop(5000).slice(0, 2)).toEqual([
      'agent.failed 1-1-1 state/too-large',
      'node.skipped 1-1 hangs',
    ]);
    // It has ended well: only what comes after it is left out.
    expect(stop(5).slice(0, 2)).toEqual(['agent.finished 1-1-1 ', 'node.skipped 1-1 after']);
    expect(cuts).toEqual([
      ['1-1-1', '1-1', '1'],
      ['1-1-1', '1-1', '1'],
    ]);
    // What has ended is left out.
    expect(openBelow(state, ['1-1', '2']).map(({ id }) => id)).toEqual(['1-1-1', '1-1']);
  });

  it.each(Array.from({ length: 12 }, (_, ticks) => ticks))(
    'is not more than that in a run, %d ticks later',
    async (ticks) => {
      const go = Promise.withResolvers<void>();
      let ready = 0;
      const out = () => {
        ready += 1;
        if (ready === 2) go.resolve();
        return go.promise;
      };
      const limits = { bytes: 1000, fieldBytes: 100, fields: 10 };
      const { state } = await run(
        { a: {}, b: {} },
        {
          a: async () => {
            await out();
            throw new Error('no');
          },
          b: async () => {
            await out();
            for (let tick = 0; tick < ticks; tick++) await null;
            return { big: 'x'.repeat(5000) };
          },
        },
        { limits },
      );
      expect(state.status).toBe('failed');
      expect(JSON.stringify(state.graphs.get('0')?.state.b ?? null).length).toBeLessThan(1000);
      expect(state.graphs.get('0')?.nodes.get('b')?.status).not.toBe('finished');
    },
  );
});
