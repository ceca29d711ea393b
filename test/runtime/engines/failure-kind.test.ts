import { describe, expect, it } from 'vitest';
import type { PlanRetry } from '../../../src/events/plan-graph.ts';
import {
  failureKind,
  isFinal,
  isRetryable,
  retryDelay,
} from '../../../src/runtime/engines/failure-kind.ts';
import { ONE_ATTEMPT } from './graph-bench.ts';

describe('the kind of a failure', () => {
  it.each([
    ['node/timeout', 'timeout'],
    ['model/timeout', 'timeout'],
    ['model/rate-limited', 'rate_limit'],
    ['model/overloaded', 'server_error'],
    ['model/truncated', 'server_error'],
    ['step/failed', 'server_error'],
    ['model/unreachable', 'connection_error'],
    ['model/bad-answer', 'validation_error'],
    ['model/auth', 'auth_error'],
    ['tool/broken', 'tool'],
    ['odd', 'odd'],
  ])('of %s is %s', (code, kind) => {
    expect(failureKind(code)).toBe(kind);
  });
});

describe('what is tried again', () => {
  const rule = (retryable: string[], nonRetryable: string[] = []): PlanRetry => ({
    ...ONE_ATTEMPT,
    retryable,
    nonRetryable,
  });

  it.each<[string, PlanRetry, boolean]>([
    ['model/timeout', rule(['timeout']), true],
    ['model/timeout', rule(['rate_limit']), false],
    ['model/timeout', rule(['timeout'], ['timeout']), false],
    ['model/timeout', rule(['*'], ['timeout']), false],
    ['tool/broken', rule(['*']), true],
    ['tool/broken', rule(['tool']), true],
    ['tool/broken', rule(['tool/broken']), true],
    ['tool/broken', rule(['tool'], ['tool/broken']), false],
    ['tool/broken', rule([]), false],
    ['approval/rejected', rule(['*']), false],
    ['node/skip-output', rule(['*']), false],
  ])('%s by %o: %s', (code, retry, expected) => {
    expect(isRetryable(retry, code)).toBe(expected);
  });

  it('is nothing that a person refused', () => {
    expect(isFinal('approval/rejected')).toBe(true);
    expect(isFinal('model/timeout')).toBe(false);
  });
});

describe('the wait before the next attempt', () => {
  it.each<[PlanRetry['backoff'], number, number, number[]]>([
    ['none', 2000, 60_000, [0, 0, 0]],
    ['linear', 2000, 60_000, [2000, 4000, 6000]],
    ['linear', 2000, 5000, [2000, 4000, 5000]],
    ['exponential', 2000, 60_000, [2000, 4000, 8000, 16_000, 32_000, 60_000]],
    ['exponential', 1500, 60_000, [1500, 2250, 3375]],
    ['exponential', 3000, 10_000, [3000, 9000, 10_000]],
  ])('%s from %i ms, at most %i ms: %j', (backoff, baseMs, maxMs, waits) => {
    const retry = { ...ONE_ATTEMPT, backoff, baseMs, maxMs };
    expect(waits.map((_, index) => retryDelay(retry, index + 1))).toEqual(waits);
  });

  it('stays finite after any number of attempts', () => {
    const retry: PlanRetry = { ...ONE_ATTEMPT, backoff: 'exponential' };
    expect(retryDelay(retry, 100_000)).toBe(60_000);
  });
});
