import { describe, expect, it } from 'vitest';
import type { FunctionCall } from '../../src/ports/step.ts';
import { resumeRun, startRun } from '../../src/runtime/run.ts';
import { logOf, only, temporaryFolder } from '../make.ts';
import { endOf, graphPlan, planGraph, type Steps, stepHost, type TestNode } from './graphs.ts';

/** Runs a graph until it fails, then again with all of it mended, and tells what each process ran. */
async function mended(
  nodes: Readonly<Record<string, TestNode>>,
  steps: (ran: (name: string) => void, isBroken: () => boolean) => Steps,
) {
  using folder = temporaryFolder();
  let broken = true;
  const ran: string[] = [];
  const made = steps(
    (name) => ran.push(name),
    () => broken,
  );
  const host = stepHost(folder.path, made);
  const plan = graphPlan(planGraph(nodes));
  const first = await startRun(host, { id: 'r-test', plan, inputs: [] });
  await first.done;
  const before = ran.splice(0);
  broken = false;
  const second = await resumeRun(host, { id: 'r-test' });
  await second.done;
  const log = await logOf(host.store);
  const carried = only(log, 'agent.started').filter(({ data }) => data.continues !== undefined);
  return { first: first.state, second: second.state, before, after: ran, carried };
}

const inner = (): TestNode => ({
  kind: 'subworkflow',
  graph: planGraph({ one: {}, two: { after: ['one'] }, three: { after: ['two'] } }),
});

describe('a sub-workflow that failed', () => {
  it('goes on where it was when the run is taken up again', async () => {
    const seen = await mended({ sub: inner(), end: { after: ['sub'] } }, (ran, isBroken) => {
      const step = (name: string) => async () => {
        ran(name);
        if (name === 'two' && isBroken()) throw new Error('broken');
        return { name };
      };
      return {
        ...{ 'sub/one': step('one'), 'sub/two': step('two') },
        ...{ 'sub/three': step('three'), end: step('end') },
      };
    });
    expect(seen.first.status).toBe('failed');
    expect(seen.before).toEqual(['one', 'two']);
    expect(seen.after).toEqual(['two', 'three', 'end']);
    expect(endOf(seen.second)).toMatchObject({
      status: 'complete',
      result: { sub: { one: { name: 'one' }, three: { name: 'three' } } },
    });
    expect(seen.carried).toHaveLength(1);
    expect([seen.second.openFrames.size, seen.second.inFlight.size]).toEqual([0, 0]);
  });

  it('does so in each instance of a fan-out', async () => {
    const fan: TestNode = {
      ...inner(),
      fanOut: { source: 'items.items', variable: 'item', maxParallel: 4 },
    };
    const seen = await mended({ items: {}, fan: { ...fan, after: ['items'] } }, (ran, isBroken) => {
      const step =
        (name: string) =>
        async ({ input }: FunctionCall) => {
          const item = JSON.stringify(input);
          ran(name);
          if (name === 'two' && isBroken()) throw new Error(`broken ${item}`);
          return { name };
        };
      return {
        items: () => ({ items: [1, 2] }),
        ...{ 'fan/one': step('one'), 'fan/two': step('two'), 'fan/three': step('three') },
      };
    });
    expect(seen.first.status).toBe('failed');
    expect(seen.before.filter((name) => name === 'one')).toHaveLength(2);
    expect(seen.after.toSorted()).toEqual(['three', 'three', 'two', 'two']);
    expect(seen.second.status).toBe('complete');
  });

  it('starts over in another attempt of the same process', async () => {
    const retry = {
      ...{ attempts: 2, backoff: 'none' as const, baseMs: 0, maxMs: 0 },
      ...{ retryable: ['*'], nonRetryable: [] },
    };
    const seen = await mended({ sub: { ...inner(), retry } }, (ran, isBroken) => ({
      'sub/one': () => {
        ran('one');
        return {};
      },
      'sub/two': () => {
        ran('two');
        return isBroken() ? Promise.reject(new Error('broken')) : {};
      },
      'sub/three': () => ({}),
    }));
    expect(seen.before).toEqual(['one', 'two', 'one', 'two']);
    expect(seen.after).toEqual(['two']);
  });
});
