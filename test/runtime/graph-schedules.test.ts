import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { RunState } from '../../src/events/state.ts';
import { ModelError } from '../../src/ports/model-provider.ts';
import { startRun } from '../../src/runtime/run.ts';
import { askedBy, logOf, only, temporaryFolder } from '../make.ts';
import { planNode } from './engines/repeating.ts';
import { endOf, graphPlan, planGraph, type Steps, stepHost, type TestNode } from './graphs.ts';

/** A node of a random graph: what it depends on is named by distance. */
interface RandomNode {
  back: number[];
  fails: boolean;
  onFailure: 'stop' | 'continue' | 'skip';
  kind: 'step' | 'agent' | 'nested';
  attempts: number;
}

const nodes = (stops: boolean) =>
  fc.array(
    fc.record<RandomNode>({
      back: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
      fails: fc.boolean(),
      onFailure: stops
        ? fc.constantFrom('stop', 'continue', 'skip')
        : fc.constantFrom('continue', 'skip'),
      kind: fc.constantFrom('step', 'agent', 'nested'),
      attempts: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 1, maxLength: 8 },
  );

type Wait = (label: string) => Promise<unknown>;

function graphOf(list: readonly RandomNode[], wait: Wait) {
  const made: Record<string, TestNode> = {};
  const steps: Record<string, Steps[string]> = {};
  for (const [index, { back, fails, onFailure, kind, attempts }] of list.entries()) {
    const id = `n${index}`;
    const after = [...new Set(back.map((distance) => index - distance))].filter((at) => at >= 0);
    const retry = {
      ...planNode(id).retry,
      attempts,
      retryable: ['step', 'unknown'],
      nonRetryable: [],
    };
    const work =
      (name: string, breaks: boolean): Steps[string] =>
      async () => {
        await wait(name);
        if (breaks) throw new Error(`${name} is broken`);
        return { name };
      };
    made[id] = { after: after.map((at) => `n${at}`), onFailure, retry };
    steps[id] = work(id, fails);
    if (kind === 'agent') Object.assign(made[id], { kind: 'agent', agent: fails ? 'bad' : 'good' });
    if (kind !== 'nested') continue;
    const graph = planGraph({ x: {}, y: { after: ['x'], onFailure }, z: {} });
    Object.assign(made[id], { kind: 'subworkflow', graph });
    for (const inner of ['x', 'y', 'z'])
      steps[`${id}/${inner}`] = work(`${id}/${inner}`, fails && inner === 'y');
  }
  return { plan: graphPlan(planGraph(made, { maxParallel: 3 })), steps };
}

async function ranWith(
  list: readonly RandomNode[],
  wait: Wait,
  settle: (done: Promise<void>) => Promise<void>,
) {
  using folder = temporaryFolder();
  const { plan, steps } = graphOf(list, wait);
  const usage = { input: 0, output: 0 };
  const host = stepHost(folder.path, steps, {
    script: async (request) => {
      const name = askedBy(request);
      await wait(name);
      const fails = request.messages[0]?.text.includes('You are bad.');
      return fails
        ? new ModelError('model/auth', 'no', { usage })
        : { agent: 'good', confidence: 1 };
    },
  });
  const run = await startRun(host, { id: 'r-test', plan, inputs: [] });
  await settle(run.done);
  return { state: run.state, log: await logOf(host.store) };
}

function statusesOf({ graphs }: RunState): string[] {
  return [...(graphs.get('0')?.nodes.values() ?? [])].map(
    ({ plan, status }) => `${plan.id} ${status}`,
  );
}

/** Which failure is told of first depends on the order. */
function resultOf(state: RunState): JsonObject {
  const { message: _, ...end } = endOf(state);
  return end;
}

function expectNothingLeft({ state, log }: Awaited<ReturnType<typeof ranWith>>): void {
  expect([state.openFrames.size, state.inFlight.size, state.openWorkers]).toEqual([0, 0, 0]);
  const ended = log.filter(({ type }) => type === 'agent.finished' || type === 'agent.failed');
  const started = only(log, 'agent.started').map(({ agent }) => agent);
  expect(ended.map(({ agent }) => agent).sort()).toEqual(started.sort());
}

describe('steps that end in any order', () => {
  it('give the same end, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(nodes(false), fc.scheduler(), async (list, scheduler) => {
        const soon = await ranWith(
          list,
          async () => {},
          (done) => done,
        );
        const other = await ranWith(
          list,
          (label) => scheduler.schedule(Promise.resolve(), label),
          (done) => scheduler.waitFor(done),
        );
        expect(statusesOf(other.state)).toEqual(statusesOf(soon.state));
        expect(resultOf(other.state)).toEqual(resultOf(soon.state));
        expectNothingLeft(other);
      }),
      { numRuns: 60 },
    );
  });

  it('leave nothing behind when a failure stops the others', async () => {
    await fc.assert(
      fc.asyncProperty(nodes(true), fc.scheduler(), async (list, scheduler) => {
        expectNothingLeft(
          await ranWith(
            list,
            (label) => scheduler.schedule(Promise.resolve(), label),
            (done) => scheduler.waitFor(done),
          ),
        );
      }),
      { numRuns: 60 },
    );
  });
});
