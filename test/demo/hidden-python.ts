import { spawnSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** A command as it runs where no Python can be started. */
export interface HiddenPython {
  command: string;
  args: readonly string[];
}

const BWRAP = 'bwrap';

/** Files of all Pythons that a search could find. */
function pythons(): string[] {
  const folders = new Set([...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin']);
  const names = [...folders].flatMap((folder) =>
    namesIn(folder)
      .filter((name) => /^python[\d.]*$/.test(name))
      .map((name) => join(folder, name)),
  );
  return [...new Set(names.flatMap(fileOf))];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function fileOf(name: string): string[] {
  try {
    return [realpathSync(name)];
  } catch {
    return [];
  }
}

/**
 * Lets a command see this machine with an empty file in place of every Python. Undefined where the
 * system does not allow that.
 */
export function withoutPython(command: string, args: readonly string[]): HiddenPython | undefined {
  const hidden = pythons().flatMap((path) => ['--ro-bind', '/dev/null', path]);
  const view = ['--dev-bind', '/', '/', ...hidden, '--'];
  const { status } = spawnSync(BWRAP, [...view, 'true']);
  if (status !== 0) return undefined;
  const found = spawnSync(BWRAP, [...view, 'python3', '-c', 'pass']);
  if (found.status === 0) throw new Error('a Python could still be started');
  return { command: BWRAP, args: [...view, command, ...args] };
}
