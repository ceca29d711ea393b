import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { ModelError, NO_USAGE } from '../../src/ports/model-provider.ts';
import { only } from '../make.ts';
import { countingTool } from './calling.ts';
import { type OneTurn, runOneTurn, type WorkerModel, workerEnds } from './one-turn.ts';

const LIMIT = 'a limit ended the work before it was done';
const FOREVER = 10_000_000;
const report = { summary: 'what there was', confidence: 0.9 };
const sibling = { worker_id: 'b', instructions: 'be quick' };
const slow = (timeout: number): JsonObject => ({
  ...{ worker_id: 'a', instructions: 'take your time', timeout },
});
const isLast = (last: string): boolean => last.includes('Report now');

/** A tool that returns only when it is ended. */
const hanging = () =>
  countingTool('wait.long', {
    timeoutMs: FOREVER,
    run: (_args, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  });

const overloaded = () =>
  new ModelError('model/overloaded', 'busy', { retryAfterMs: 20_000, usage: NO_USAGE });

/** Worker `a` does this, `b` reports at once. */
const first =
  (answer: WorkerModel): WorkerModel =>
  (asked) =>
    asked.who === 'a' ? answer(asked) : report;

const CASES: Readonly<Record<string, OneTurn & { ends: string; reason?: string }>> = {
  'whose model does not answer': {
    envelopes: [slow(60), sibling],
    ends: 'a ok 0.5',
    worker: first(({ last }) => (isLast(last) ? report : { text: 'never', delayMs: FOREVER })),
  },
  'whose tool does not return': {
    envelopes: [slow(60), sibling],
    ends: 'a ok 0.4',
    reason: 'all 1 tool calls failed',
    tools: [hanging()],
    worker: first(({ last }) =>
      isLast(last) ? report : { toolCalls: [{ name: 'wait.long', args: {} }] },
    ),
  },
  'that calls tools for ever': {
    envelopes: [slow(60), sibling],
    ends: 'a ok 0.5',
    tools: [countingTool('x.y')],
    options: { budget: { tools: null, calls: null } },
    worker: first(({ last }) =>
      isLast(last) ? report : { toolCalls: [{ name: 'x.y', args: {} }], delayMs: 5000 },
    ),
  },
  'whose model is always overloaded': {
    envelopes: [slow(60), sibling],
    ends: 'a ok 0.5',
    worker: first(({ last }) => (isLast(last) ? report : overloaded())),
  },
};

describe('a worker with a time of its own', () => {
  it.each(Object.entries(CASES))(
    '%s reports from what it has',
    async (_, { ends, reason, ...turn }) => {
      const { state, log, clock } = await runOneTurn(turn);
      expect(state.status).toBe('complete');
      expect(workerEnds(state)).toEqual([ends, 'b ok 0.9']);
      expect(only(log, 'worker.overdue').map(({ agent, data }) => [agent, data.timeoutMs])).toEqual(
        [['1.1', 60_000]],
      );
      const { usedMs } = only(log, 'worker.overdue')[0]!.data;
      expect(usedMs).toBeGreaterThanOrEqual(48_000);
      expect(usedMs).toBeLessThan(60_000);
      expect(only(log, 'output.checked').find(({ agent }) => agent === '1.1')?.data).toMatchObject({
        ...{ said: 0.9, reasons: [...(reason ? [reason] : []), LIMIT] },
      });
      expect(clock.pending).toBe(0);
    },
  );

  it.each(Object.entries(CASES))(
    '%s does so after a crash, wherever it happened',
    async (_, { ends, reason: _why, ...turn }) => {
      const whole = await runOneTurn(turn);
      for (const cut of whole.cuts.slice(0, -1)) {
        const { state, log } = await runOneTurn({ ...turn, prefix: whole.log.slice(0, cut) });
        expect([cut, state.status, ...workerEnds(state)]).toEqual([
          ...[cut, 'complete', ends, 'b ok 0.9'],
        ]);
        expect(only(log, 'worker.overdue')).toHaveLength(1);
      }
    },
  );

  it('that does not report either fails alone, with what it had', async () => {
    const { state, log } = await runOneTurn({
      envelopes: [slow(60), sibling],
      tools: [countingTool('x.y')],
      worker: first(({ rounds }) =>
        rounds === 0
          ? { text: 'I begin.', toolCalls: [{ name: 'x.y', args: {} }] }
          : { text: 'never', delayMs: FOREVER },
      ),
    });
    expect(state.status).toBe('complete');
    expect(workerEnds(state)).toEqual(['a worker/timeout 0', 'b ok 0.9']);
    expect(only(log, 'agent.failed').map(({ data }) => data)).toEqual([
      {
        ...{ code: 'worker/timeout', message: 'the work took longer than 1m00s' },
        text: 'I begin.',
      },
    ]);
  });

  it('that is too short for a report fails at once, and is not asked again', async () => {
    const { state, log } = await runOneTurn({
      envelopes: [slow(5), sibling],
      worker: first(() => ({ text: 'never', delayMs: FOREVER })),
    });
    expect(workerEnds(state)).toEqual(['a worker/timeout 0', 'b ok 0.9']);
    expect(only(log, 'model.asked').filter(({ agent }) => agent === '1.1')).toHaveLength(1);
    expect(only(log, 'model.failed').map(({ data }) => data.code)).toEqual(['worker/timeout']);
  });

  it('that is in time is not touched', async () => {
    const { state, log } = await runOneTurn({
      envelopes: [slow(60)],
      worker: () => ({ text: JSON.stringify(report), delayMs: 40_000 }),
    });
    expect(workerEnds(state)).toEqual(['a ok 0.9']);
    expect(only(log, 'worker.overdue')).toEqual([]);
  });

  it('that is repairing its report has all of the time for that', async () => {
    const contract = { required_fields: ['mean'] };
    const { state, log } = await runOneTurn({
      envelopes: [{ ...slow(60), output_contract: contract }],
      worker: ({ rounds }) => ({
        text: JSON.stringify(rounds === 0 ? { summary: 'x' } : { mean: 1, confidence: 1 }),
        delayMs: 28_000,
      }),
    });
    expect(workerEnds(state)).toEqual(['a ok 0.8']);
    expect(only(log, 'worker.overdue')).toHaveLength(1);
  });
});
