import type { PlanRetry } from '../../events/plan-graph.ts';

/** Kinds by code; what is not here is of its family (spec, runtime 2.6). */
const KINDS: Readonly<Record<string, string>> = {
  'node/timeout': 'timeout',
  'tool/timeout': 'timeout',
  'model/timeout': 'timeout',
  'model/rate-limited': 'rate_limit',
  'node/rate-limited': 'rate_limit',
  'model/overloaded': 'server_error',
  'model/server-error': 'server_error',
  'model/truncated': 'server_error',
  'step/failed': 'server_error',
  'step/crashed': 'server_error',
  'model/unreachable': 'connection_error',
  'model/bad-answer': 'validation_error',
  'state/too-large': 'validation_error',
  'state/not-shared': 'validation_error',
  'model/auth': 'auth_error',
  'model/no-key': 'auth_error',
  'model/payment': 'auth_error',
};

/** Failures that say what is to follow: no other attempt and no replacement would change them. */
const FINAL = new Set([
  'approval/rejected',
  'node/skip-output',
  'node/stopped',
  'node/bad-mapping',
]);

/**
 * What kind of failure a code is, as retry rules name it: timeout, rate_limit, server_error,
 * connection_error, validation_error, auth_error, else the code's family, such as `tool`.
 */
export function failureKind(code: string): string {
  return KINDS[code] ?? code.split('/')[0] ?? code;
}

/** Whether nothing but `on_failure` decides what follows from a failure. */
export function isFinal(code: string): boolean {
  return FINAL.has(code);
}

/**
 * Whether a rule of retries covers a failure: by its kind, its code, its family, or `*` for all. What
 * is never retried wins.
 */
export function isRetryable({ retryable, nonRetryable }: PlanRetry, code: string): boolean {
  const names = [failureKind(code), code, code.split('/')[0] ?? code, '*'];
  const covers = (list: readonly string[]): boolean => names.some((name) => list.includes(name));
  return !isFinal(code) && covers(retryable) && !covers(nonRetryable);
}

/**
 * Milliseconds before the next attempt, after `attempt` of them (spec, runtime 2.6): none; the base
 * times the attempts; the base in seconds to the power of them. Never more than the longest wait.
 */
export function retryDelay({ backoff, baseMs, maxMs }: PlanRetry, attempt: number): number {
  if (backoff === 'none') return 0;
  const ms = backoff === 'linear' ? baseMs * attempt : (baseMs / 1000) ** attempt * 1000;
  return Math.round(Math.min(ms, maxMs));
}
