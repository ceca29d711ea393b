import { AwpError } from './errors.ts';

/**
 * The error of a failed write, for people: `store/full`, `store/read-only`; any other error is
 * given back as it is. `what` says what could not be written.
 */
export function writeError(error: unknown, what: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AwpError('store/full', `the disk is full: ${what}`, {
      hint: 'make room, then go on with awp run --resume',
      cause: error,
    });
  }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new AwpError('store/read-only', `no write access: ${what}`, {
      hint: 'give write access to the .awp folder, or choose another one with --home',
      cause: error,
    });
  }
  return error;
}
