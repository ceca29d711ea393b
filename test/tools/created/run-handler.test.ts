import { expect, it } from 'vitest';
import type { Clock } from '../../../src/ports/effects.ts';
import type { Execution } from '../../../src/ports/sandbox.ts';
import { policyIn } from '../../../src/tools/created/place.ts';
import { type HandlerRun, handlerRun } from '../../../src/tools/created/run-handler.ts';
import { policy } from '../bench.ts';
import { created, fakeBox, placeIn } from './making.ts';

const never = new AbortController().signal;

/** A clock that goes on when it is told to. */
function fakeClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  const timers = new Map<() => void, number>();
  return {
    now: () => now,
    monotonic: () => now,
    timer(ms, fire) {
      timers.set(fire, now + ms);
      return () => void timers.delete(fire);
    },
    advance(ms) {
      now += ms;
      for (const [fire, at] of timers) if (at <= now && timers.delete(fire)) fire();
    },
  };
}

function runOf(
  program: Parameters<typeof fakeBox>[0],
  clock = fakeClock(),
): HandlerRun & { done: Promise<Execution> } {
  const run = handlerRun(fakeBox(program), {
    call: { draft: created(''), args: {}, trial: false },
    place: {
      ...{ inputs: undefined, shared: undefined, output: [], timeoutMs: 1000 },
      policy: policyIn(placeIn().namespace, policy),
    },
    clock,
  });
  return { ...run, done: run.run(run.job, never) };
}

it('the first word of a handler counts, and what it says later is refused', async () => {
  const replies: number[] = [];
  const run = runOf(async ({ tools }) => {
    for (const text of ['first', 'second']) {
      const reply = await tools?.call('awp.result', { text }, never);
      replies.push(reply?.status ?? 0);
    }
    return {};
  });
  await run.done;
  expect(replies).toEqual([200, 409]);
  expect(run.said()).toEqual({ text: 'first' });
});

it('a word after the end of the program does not count', async () => {
  const run = runOf(async () => ({}));
  await run.done;
  expect((await run.job.tools?.call('awp.result', { text: 'late' }, never))?.status).toBe(409);
  expect(run.said()).toBeUndefined();
});

it('a handler calls no tools', async () => {
  const run = runOf(async ({ tools }) => {
    const reply = await tools?.call('file.read', { path: 'x' }, never);
    return { stdout: JSON.stringify(reply) };
  });
  const { stdout } = await run.done;
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, status: 403 });
  expect(run.said()).toBeUndefined();
});

it('a program that goes on after its result is ended a second later', async () => {
  const clock = fakeClock();
  const run = runOf(async ({ tools }, signal) => {
    await tools?.call('awp.result', { result: 1 }, never);
    clock.advance(1000);
    return { exitCode: undefined, ...(signal.aborted && { stopped: 'cancelled' as const }) };
  }, clock);
  expect((await run.done).stopped).toBe('cancelled');
  expect(run.said()).toEqual({ result: 1 });
});
