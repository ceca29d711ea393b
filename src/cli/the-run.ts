import { AwpError } from '../base/errors.ts';
import type { Arguments } from './command.ts';

/** The run that a command is about. Throws `usage/missing-argument`. */
export function theRun(args: Arguments, command: string): string {
  const [id] = args.positionals;
  if (id !== undefined && id !== '') return id;
  throw new AwpError('usage/missing-argument', `awp ${command} needs the id of a run`, {
    hint: 'awp runs lists them; any unique beginning of an id will do',
  });
}
