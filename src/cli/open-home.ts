import { resolve } from 'node:path';
import type { Home } from '../data/home.ts';
import type { Arguments } from './command.ts';
import type { Shell } from './shell.ts';

/** Opens the place where runs are kept, does something with it and closes it. */
export async function withHome<T>(
  shell: Shell,
  args: Arguments,
  use: (home: Home) => Promise<T>,
): Promise<T> {
  const [openHome, effects] = await Promise.all([shell.openHome(), shell.effects()]);
  const home = await openHome({ ...homeOption(args, shell), cwd: shell.cwd, effects });
  try {
    return await use(home);
  } finally {
    await home.close();
  }
}

/** The folder that `--home` names, if it was given. */
export function homeOption(args: Arguments, shell: Shell): { home?: string } {
  const home = args.text('home');
  return home === undefined ? {} : { home: resolve(shell.cwd, home) };
}
