import { AwpError } from '../../base/errors.ts';

/** Something may not be reached or sent. */
export function denied(message: string, hint?: string): AwpError {
  return new AwpError('network/denied', message, hint === undefined ? {} : { hint });
}

/** An answer or a request has more than it may have. */
export function tooLarge(message: string, cause?: unknown): AwpError {
  return new AwpError('network/too-large', message, {
    hint: 'ask for less, or for a part of it',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Nobody answered in time. */
export function timedOut(message: string, cause?: unknown): AwpError {
  return new AwpError('network/timeout', message, {
    hint: 'try again later, or allow more time',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** No usable answer could be had. */
export function unreachable(message: string, cause?: unknown): AwpError {
  return new AwpError('network/unreachable', message, {
    hint: 'check the address, and that its server runs',
    ...(cause === undefined ? {} : { cause }),
  });
}

const SLOW = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut off',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  UND_ERR_SOCKET: 'the connection was cut off',
};

/** What went wrong with a connection to `host`, as an error of ours; such an error stays as it is. */
export function networkFailure(host: string, error: unknown): AwpError {
  const first = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  if (first instanceof AwpError) return first;
  const code = codeOf(first);
  if (SLOW.has(code)) return timedOut(`${host} did not answer in time`, first);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return tooLarge(`${host} sent too many headers`, first);
  if (code.startsWith('HPE_')) return unreachable(`${host} does not speak HTTP`, first);
  if (/^Z_|^ERR_(?:BROTLI|ZSTD|_ERR)|^ZSTD_/.test(code)) {
    return unreachable(`${host} sent a compressed body that is broken`, first);
  }
  if (/CERT|TLS|SSL|ISSUER|SIGNED/.test(code)) {
    return unreachable(`${host} could not prove that it is what it says`, first);
  }
  return unreachable(`${host} cannot be reached: ${REASONS[code] ?? 'it failed'}`, first);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
