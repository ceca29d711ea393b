import { fileURLToPath } from 'node:url';
import { sha256 } from '../../base/hash.ts';
import { type Machine, readableInterpreter } from '../machine.ts';

/** Programs of ours that Deno runs; they lie in this folder and the one above, in `src` as in `dist`. */
const NAMES = [
  ...['entry', 'job', 'names', 'report', 'tools', 'calls', 'load', 'python', 'snapshot'].map(
    (name) => `deno/${name}.mjs`,
  ),
  ...['deno/python-runner.py', 'names.py', 'sdk.py', 'handlers.py', 'sdk.mjs'],
];

/** The folder of our programs as the box's user can read it, and what they are at this moment. */
export interface Programs {
  folder: string;
  /** Tells one state of them from another. */
  stamp: string;
}

/** Gives the folder, or a copy that the box's user can read. */
export async function readablePrograms(machine: Machine): Promise<Programs> {
  const { files } = machine.effects;
  const folder = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');
  const texts = await Promise.all(NAMES.map((name) => files.readText(`${folder}/${name}`)));
  const stamp = sha256(texts.join('\n'));
  return { folder: `${await readableInterpreter(machine, folder, stamp)}/deno`, stamp };
}
