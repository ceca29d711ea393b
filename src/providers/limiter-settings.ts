import { AwpError } from '../base/errors.ts';
import { parseDuration } from '../base/time.ts';
import type { Secrets } from '../ports/effects.ts';
import type { CallLimits } from './call-guard.ts';
import type { Service } from './failure.ts';
import type { LimiterSettings } from './limiter.ts';
import { isLoopback } from './loopback.ts';

/**
 * Calls at once to one service, when nothing is said. More than a run's eight workers, so that
 * several runs go on side by side; few enough that a thousand do not open a thousand connections.
 */
const AT_ONCE = 64;
/** Ollama works on few calls at once, and the time of those that it holds back would run. */
const AT_ONCE_OLLAMA = 4;
const OLLAMA_PORT = '11434';

/**
 * What the environment says of calls to a service: AWP_MODEL_CONCURRENCY (64, and 4 for Ollama),
 * AWP_MODEL_RPM and AWP_MODEL_TPM (requests and tokens a minute; unlimited). Throws `usage/bad-limit`.
 */
export function limiterSettings(
  secrets: Secrets | undefined,
  { name, baseUrl }: Service,
): LimiterSettings {
  const isOllama = name === 'ollama' || new URL(baseUrl).port === OLLAMA_PORT;
  return {
    atOnce: wholeNumber(secrets, 'AWP_MODEL_CONCURRENCY') ?? (isOllama ? AT_ONCE_OLLAMA : AT_ONCE),
    requestsPerMinute: wholeNumber(secrets, 'AWP_MODEL_RPM') ?? null,
    tokensPerMinute: wholeNumber(secrets, 'AWP_MODEL_TPM') ?? null,
  };
}

/**
 * The limits of time that the environment names: AWP_MODEL_CONNECT_TIMEOUT,
 * AWP_MODEL_FIRST_BYTE_TIMEOUT, AWP_MODEL_IDLE_TIMEOUT and AWP_MODEL_TIMEOUT for a whole call, as
 * `90s`, `5m` or a number of seconds. Throws `usage/bad-limit`.
 */
export function timeLimits(secrets: Secrets | undefined): Partial<CallLimits> {
  const connectMs = duration(secrets, 'AWP_MODEL_CONNECT_TIMEOUT');
  const firstByteMs = duration(secrets, 'AWP_MODEL_FIRST_BYTE_TIMEOUT');
  const idleMs = duration(secrets, 'AWP_MODEL_IDLE_TIMEOUT');
  const totalMs = duration(secrets, 'AWP_MODEL_TIMEOUT');
  return {
    ...(connectMs !== undefined && { connectMs }),
    ...(firstByteMs !== undefined && { firstByteMs }),
    ...(idleMs !== undefined && { idleMs }),
    ...(totalMs !== undefined && { totalMs }),
  };
}

/** The variable of a proxy that is set for other programs and not used by this one, for hints. */
export function unusedProxy(secrets: Secrets | undefined, baseUrl: string): string | undefined {
  if (!secrets || isLoopback(baseUrl) || secrets.get('AWP_USE_PROXY') === '1') return undefined;
  const name = baseUrl.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  return [name, name.toLowerCase()].find((variable) => secrets.get(variable));
}

/**
 * A variable that holds a whole number above 0; undefined when it is not set. `example` is for people.
 * Throws `usage/bad-limit`.
 */
export function wholeNumber(
  secrets: Secrets | undefined,
  name: string,
  example = 8,
): number | undefined {
  const text = secrets?.get(name)?.trim();
  if (!text) return undefined;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new AwpError('usage/bad-limit', `${name} is not a whole number above 0`, {
    hint: `for example ${name}=${example}, or unset it`,
  });
}

function duration(secrets: Secrets | undefined, name: string): number | undefined {
  const text = secrets?.get(name)?.trim();
  if (!text) return undefined;
  const value = parseDuration(text) ?? 0;
  if (value > 0) return value;
  throw new AwpError('usage/bad-limit', `${name} is not a time above 0`, {
    hint: `for example ${name}=90s or ${name}=5m, or unset it`,
  });
}
