import { dirname } from 'node:path';
import { runCommand } from './commands.ts';
import { isSystemPath, type PythonRuntime } from './interpreters.ts';
import type { Machine } from './machine.ts';

/** The shell of the machine, as a box can start it (decision 30). */
export interface ShellRuntime {
  path: string;
  /** For the prompt. */
  description: string;
}

const ASK_VERSION = ['--norc', '--noprofile', '-c', 'echo "$BASH_VERSION"'];

/**
 * Bash, else the system's `sh`; undefined without a Python, whose runner starts it and hands its
 * files back, or when neither is in a folder that boxes show.
 */
export async function findShell(
  machine: Machine,
  python: PythonRuntime | undefined,
): Promise<ShellRuntime | undefined> {
  if (!python) return undefined;
  for (const name of ['bash', 'sh']) {
    const path = `/bin/${name}`;
    const target = await machine.effects.files.realPath(path).catch(() => '');
    if (!isSystemPath(target)) continue;
    const version = name === 'bash' ? await bashVersion(machine, path) : '';
    const programs = `with the programs of this machine; python3 is Python ${python.version}`;
    return { path, description: `${name}${version}, ${programs}` };
  }
  return undefined;
}

async function bashVersion(machine: Machine, path: string): Promise<string> {
  const said = await runCommand(machine.effects, { command: path, args: ASK_VERSION });
  const version = /^\d+(?:\.\d+)*/.exec(said?.stdout ?? '')?.[0];
  return version === undefined ? '' : ` ${version}`;
}

/** What a shell program finds besides the programs of the system; paths as the box shows them. */
interface Found {
  /** Files of interpreters; undefined where there is none. */
  node: string | undefined;
  python: string | undefined;
  /** Folders of declared Python packages. */
  layers: readonly string[];
}

/**
 * The environment of a shell program, from that of other programs: `node` and `python3` are the
 * box's own before others, and Python finds the declared packages.
 */
export function shellEnv(
  env: Readonly<Record<string, string>>,
  { node, python, layers }: Found,
): Record<string, string> {
  // A Node of the system is found anyway; its folder must not hide the Python that was chosen.
  const files = [node !== undefined && isSystemPath(node) ? undefined : node, python];
  const folders = files.flatMap((file) => (file === undefined ? [] : [dirname(file)]));
  return {
    ...env,
    PATH: [...folders, env.PATH].join(':'),
    ...(layers.length > 0 && { PYTHONPATH: layers.join(':') }),
  };
}
