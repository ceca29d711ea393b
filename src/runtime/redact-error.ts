import { AwpError, type ErrorFamily, toAwpError } from '../base/errors.ts';
import type { Redact } from './redact.ts';

/** Causes of causes that are kept. */
const DEEPEST = 5;

/**
 * Any thrown value as an `AwpError` without secrets in its texts, traces and causes; the same one
 * when there are none. Errors of libraries are made anew: nothing else that they carry goes on
 * (threat T14).
 */
export function redactError(thrown: unknown, redact: Redact): AwpError {
  const error = toAwpError(thrown);
  const { code, message, hint, retryAfterMs, findings } = error;
  const told = textsOf(error, DEEPEST);
  if (redact(told) === told) return error;
  const cause = redactCause(error.cause, redact, DEEPEST);
  const hidden = new AwpError(code as `${ErrorFamily}/${string}`, redact(message), {
    ...(hint !== undefined && { hint: redact(hint) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(findings && { findings }),
    ...(cause !== undefined && { cause }),
  });
  hidden.stack = redact(error.stack ?? '');
  return hidden;
}

/** All that is shown of an error. */
function textsOf(error: unknown, deepest: number): string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)];
  const hint = error instanceof AwpError ? (error.hint ?? '') : '';
  const deeper = deepest > 0 ? textsOf(error.cause, deepest - 1) : [];
  return [error.name, error.message, hint, error.stack ?? '', ...deeper];
}

function redactCause(cause: unknown, redact: Redact, deepest: number): Error | undefined {
  if (cause === undefined || deepest === 0) return undefined;
  if (!(cause instanceof Error)) return new Error(redact(String(cause)));
  const deeper = redactCause(cause.cause, redact, deepest - 1);
  const hidden = new Error(redact(cause.message), deeper && { cause: deeper });
  hidden.name = redact(cause.name);
  hidden.stack = redact(cause.stack ?? '');
  return hidden;
}
