import { sha256 } from '../../base/hash.ts';
import type { Files } from '../../ports/effects.ts';
import { cacheFolder } from '../cache-folder.ts';
import { runCommand } from '../commands.ts';
import type { Machine } from '../machine.ts';
import { scratchFolder } from '../scratch.ts';
import { denoArgs } from './command.ts';
import type { DenoRuntime, Pyodide } from './locate.ts';
import type { Programs } from './programs.ts';

const PATIENCE_MS = 60_000;

/** What a picture of Pyodide's memory is made from. */
export interface SnapshotParts {
  machine: Machine;
  deno: DenoRuntime;
  pyodide: Pyodide;
  programs: Programs;
}

/**
 * A file with Pyodide's memory after its start, made once per machine and version: no program has
 * run in it. Undefined where it cannot be made or kept; then every start is a slow one.
 */
export async function pyodideSnapshot(parts: SnapshotParts): Promise<string | undefined> {
  const { effects } = parts.machine;
  const folder = cacheFolder(effects);
  if (folder === undefined) return undefined;
  const { deno, pyodide, programs } = parts;
  const key = sha256([deno.version, pyodide.version, programs.stamp].join('\n')).slice(0, 16);
  const file = `${folder}/pyodide-${key}.bin`;
  if ((await effects.files.info(file)) !== undefined) return file;
  try {
    await effects.files.makeFolder(folder, 0o755);
    if (!(await make(parts, file))) return undefined;
    await removeOthers(effects.files, folder, file);
    return file;
  } catch {
    // No room or no right to write there: it is only there to save time.
    return undefined;
  }
}

async function make(parts: SnapshotParts, file: string): Promise<boolean> {
  const { machine, deno, pyodide, programs } = parts;
  const { files } = machine.effects;
  const scratch = await scratchFolder(machine, 'deno');
  const target = `${scratch}/memory.bin`;
  try {
    const done = await runCommand(machine.effects, {
      command: deno.path,
      args: [
        ...denoArgs({ read: [pyodide.folder], write: [target] }),
        ...[`${programs.folder}/snapshot.mjs`, pyodide.folder, target],
      ],
      env: { DENO_DIR: `${scratch}/deno`, NO_COLOR: '1' },
      uid: machine.uid,
      timeoutMs: PATIENCE_MS,
    });
    if (done?.code !== 0) return false;
    await files.write(file, await files.readBytes(target));
    await files.setMode(file, 0o644);
    return true;
  } finally {
    await files.remove(scratch);
  }
}

/** Those of other versions are large, and nobody would ever ask for them again. */
async function removeOthers(files: Files, folder: string, file: string): Promise<void> {
  for (const name of await files.list(folder)) {
    const path = `${folder}/${name}`;
    if (/^pyodide-[0-9a-f]+\.bin$/.test(name) && path !== file) await files.remove(path);
  }
}
