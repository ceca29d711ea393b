import { AwpError } from '../../base/errors.ts';
import type { Approval } from '../../events/state.ts';

/** The error `approval/bad-edit`: what a person put in the place of the arguments cannot be used. */
export function badEdit({ id, tool }: Approval, problem: string, hint: string): AwpError {
  const message = `${id}: ${tool} cannot be answered with that: ${problem}`;
  return new AwpError('approval/bad-edit', message, { hint });
}
