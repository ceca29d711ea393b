import { isAbsolute, join, resolve, win32 } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Effects } from '../ports/effects.ts';

/**
 * The folder of what belongs to a user and to no workflow: trusted tools, pinned servers, secrets.
 * It is `AWP_CONFIG_HOME`, else `$XDG_CONFIG_HOME/awp`, else `~/.config/awp`; on Windows
 * `%APPDATA%\awp`. It is not made here. Throws `usage/no-user-folder` when the environment names
 * no home.
 */
export function userFolder({ secrets, processes }: Pick<Effects, 'secrets' | 'processes'>): string {
  const named = secrets.get('AWP_CONFIG_HOME');
  if (named !== undefined) return resolve(named);
  if (processes.platform().os === 'win32') {
    const data = secrets.get('APPDATA');
    if (data !== undefined) return win32.join(data, 'awp');
    throw noFolder('APPDATA');
  }
  // A relative one counts as absent, as its specification says.
  const config = secrets.get('XDG_CONFIG_HOME');
  if (config !== undefined && isAbsolute(config)) return join(config, 'awp');
  const home = secrets.get('HOME');
  if (home !== undefined) return join(home, '.config', 'awp');
  throw noFolder('HOME');
}

function noFolder(variable: string): AwpError {
  return new AwpError('usage/no-user-folder', `the variable ${variable} is not set`, {
    hint: 'set AWP_CONFIG_HOME to a folder of your own; trust and secrets are kept there',
  });
}
