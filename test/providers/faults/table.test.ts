import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/events/event.ts';
import { isRetryable, type ModelError } from '../../../src/ports/model-provider.ts';
import { collect, modelRequest } from '../../contracts/provider-contract.ts';
import { say } from '../../fault-server/answers.ts';
import { complete, only } from '../../make.ts';
import { KEY, overServer, overTime } from '../support/over-server.ts';
import { runOver } from '../support/run-over.ts';
import { type Charged, FAULTS, type Fault } from './table.ts';

const CASES = FAULTS.flatMap((fault) =>
  (['one piece', 'stream'] as const)
    .filter((way) => fault.only === undefined || fault.only === way)
    .map((way) => ({ ...fault, way })),
);

/** Spellings of the key that no message may have. */
const SECRETS = [
  KEY,
  encodeURIComponent(KEY),
  JSON.stringify(KEY).slice(1, -1),
  Buffer.from(KEY).toString('hex'),
  Buffer.from(KEY).toString('base64').slice(0, -3),
];

function hasNoSecret(text: string): void {
  for (const secret of SECRETS) expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
}

function usageOf(charged: Charged) {
  if (charged === 'reserved') return { estimated: true };
  return charged === 'nothing' ? { input: 0, output: 0 } : charged;
}

describe('a fault of a service ends as it should', () => {
  it('there are more than sixty of them, each with its own name', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    expect(FAULTS.length).toBeGreaterThan(60);
  });

  it.each(CASES)('$name ($way): $code', async (fault) => {
    const { provider, server, clock, close } = await overServer(() => fault.answer);
    try {
      const asked = collect(provider, modelRequest({ stream: fault.way === 'stream' }));
      const ended = await overTime(
        asked.catch((error: unknown) => error),
        { clock, waits: () => fault.silent === true && server.requests.length > 0 },
      );
      checkOnce(fault, ended);
      expect(server.requests).toHaveLength(1);
      expect(clock.pending).toBe(0);
    } finally {
      await close();
    }
  });
});

function checkOnce({ code, message = /./, charged, attempts }: Fault, ended: unknown): void {
  if (code === undefined) {
    const usage = typeof charged === 'object' ? charged : undefined;
    expect((ended as unknown[]).at(-1)).toMatchObject({ type: 'end', text: 'whole', usage });
    return;
  }
  expect(ended).toMatchObject({ code, message: expect.stringMatching(message) });
  const error = ended as ModelError;
  expect(error.usage).toEqual(charged === 'reserved' ? undefined : usageOf(charged));
  expect(isRetryable(error.code)).toBe(attempts > 1);
  expect(error.hint).toBeTruthy();
  expect(error.message.length).toBeLessThan(500);
  hasNoSecret([error.message, error.hint, JSON.stringify(error), String(error.cause)].join('\n'));
}

describe('a run over a faulty service', () => {
  it.each(CASES.filter(({ code }) => code !== undefined))(
    '$name ($way): asks $attempts times in all, counts each, and fails as $code',
    async (fault) => {
      const { log, requests, tokens } = await runOver({
        handler: () => fault.answer,
        stream: fault.way === 'stream',
        silent: fault.silent === true,
      });
      expect(requests).toBe(fault.attempts);
      expect(tokens).toBe(sumOf(log));
      const failed = only(log, 'model.failed');
      expect(failed).toHaveLength(fault.attempts);
      for (const { data } of failed) {
        expect(data).toMatchObject({ code: fault.code, usage: usageOf(fault.charged) });
      }
      expect(failed.map(({ data }) => data.retryInMs !== undefined)).toEqual(
        Array.from({ length: fault.attempts }, (_, index) => index < fault.attempts - 1),
      );
      expect(only(log, 'run.finished')[0]?.data).toMatchObject({ status: 'failed' });
      hasNoSecret(JSON.stringify(log));
    },
  );

  const passing = CASES.filter(({ attempts }) => attempts > 1);
  it.each(passing)('$name ($way), once: is asked again, and goes on', async (fault) => {
    const text = JSON.stringify(complete());
    const good = say({ text, usage: { prompt_tokens: 7, completion_tokens: 3 } });
    const { log, requests, tokens } = await runOver({
      handler: ({ index }) => (index === 0 ? fault.answer : good),
      stream: fault.way === 'stream',
      silent: fault.silent === true,
    });
    expect(tokens).toBe(sumOf(log) + 10);
    expect(requests).toBe(2);
    expect(only(log, 'model.failed')).toHaveLength(1);
    expect(only(log, 'model.responded')[0]?.data).toMatchObject({
      attempt: 2,
      usage: { input: 7, output: 3 },
    });
    expect(only(log, 'run.finished')[0]?.data).toMatchObject({ status: 'complete' });
  });
});

/** Tokens that all failed calls together were charged. */
function sumOf(log: readonly RunEvent[]): number {
  return only(log, 'model.failed').reduce(
    (sum, { data: { usage } }) => sum + usage.input + usage.output,
    0,
  );
}
