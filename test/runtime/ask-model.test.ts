import { describe, expect, it } from 'vitest';
import { apiError, say, silentHead } from '../fault-server/answers.ts';
import { complete, only } from '../make.ts';
import { runOver } from '../providers/support/run-over.ts';

const done = say(JSON.stringify(complete()));
const slow = (seconds: string) => apiError(429, 'slow down', { 'retry-after': seconds });

describe('a model call that failed', () => {
  it('is tried five times in all, each time after a longer wait at most', async () => {
    const { log, requests } = await runOver({ handler: () => apiError(503, 'busy') });
    const waits = only(log, 'model.failed').map(({ data }) => data.retryInMs);
    expect(requests).toBe(5);
    expect(waits.at(-1)).toBeUndefined();
    for (const [index, bound] of [500, 1000, 2000, 4000].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(50);
      expect(waits[index]).toBeLessThanOrEqual(bound);
    }
  });

  it('is tried again after the wait that the service named, spread a little', async () => {
    const { log } = await runOver({
      handler: ({ index }) => (index === 0 ? slow('20') : done),
      budget: { time: '60s' },
    });
    const [{ data } = { data: undefined }] = only(log, 'model.failed');
    expect(data?.retryAfterMs).toBe(20_000);
    expect(data?.retryInMs).toBeGreaterThanOrEqual(20_000);
    expect(data?.retryInMs).toBeLessThanOrEqual(20_500);
    expect(only(log, 'run.finished')[0]?.data).toMatchObject({ status: 'complete' });
  });

  it('is not tried again at once although the service says so', async () => {
    const { log } = await runOver({ handler: ({ index }) => (index < 3 ? slow('0') : done) });
    for (const { data } of only(log, 'model.failed')) {
      expect(data.retryInMs).toBeGreaterThanOrEqual(0);
      expect(data.retryAfterMs).toBe(0);
    }
    expect(only(log, 'model.responded')).toHaveLength(1);
  });

  it('ends the run with the time to come back when the wait passes the time that is left', async () => {
    const { log, requests } = await runOver({
      handler: () => slow('86400'),
      budget: { time: '300s' },
    });
    expect(requests).toBe(1);
    const [{ data } = { data: undefined }] = only(log, 'model.failed');
    expect(data).toMatchObject({ code: 'model/rate-limited', retryAfterMs: 86_400_000 });
    expect(data?.retryInMs).toBeUndefined();
    expect(data?.message).toMatch(/it takes calls again in 24h00m, from 2026-01-02T00:00:/);
    const [finished] = only(log, 'run.finished');
    expect(finished?.data).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(finished?.data)).toContain('24h00m');
  });

  it('says when to come back also when its attempts are used up', async () => {
    const { log, requests } = await runOver({ handler: () => slow('3') });
    expect(requests).toBe(5);
    expect(only(log, 'model.failed').at(-1)?.data.message).toContain('calls again in 3.0s');
  });

  it('is not tried again when no time is left for it', async () => {
    const { log, requests } = await runOver({
      handler: () => silentHead(),
      silent: true,
      budget: { time: '30s' },
    });
    expect(requests).toBeLessThanOrEqual(2);
    expect(only(log, 'run.finished')).toHaveLength(1);
  });
});
