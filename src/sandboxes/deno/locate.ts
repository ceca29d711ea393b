import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCommand } from '../commands.ts';
import { type Machine, readableInterpreter } from '../machine.ts';

/** Where the optional packages of the Deno box are; none of their install scripts has to have run. */

/** Deno as a box can start it. */
export interface DenoRuntime {
  path: string;
  version: string;
}

/** Pyodide as a box can read it. */
export interface Pyodide {
  folder: string;
  /** Of the package. */
  version: string;
  /** Of the Python in it. */
  python: string;
}

/** Finds a Deno: that of the packages, else the first one of `PATH`. Undefined where none starts. */
export async function findDeno(machine: Machine): Promise<DenoRuntime | undefined> {
  for (const candidate of candidates(machine)) {
    const real = await machine.effects.files.realPath(candidate).catch(() => undefined);
    // A link may lead to the package's script, which would start Deno without our descriptors.
    if (real === undefined || path.basename(real) !== path.basename(candidate)) continue;
    const found = await askDeno(machine, real).catch(() => undefined);
    if (found) return found;
  }
  return undefined;
}

/** Finds Pyodide; undefined where its package is not installed. */
export async function findPyodide(machine: Machine): Promise<Pyodide | undefined> {
  const { files } = machine.effects;
  for (const folder of packageFolders('pyodide')) {
    try {
      const { version } = JSON.parse(await files.readText(`${folder}/package.json`));
      const { info } = JSON.parse(await files.readText(`${folder}/pyodide-lock.json`));
      const readable = await readableInterpreter(machine, folder, String(version));
      return { folder: readable, version: String(version), python: String(info.python) };
    } catch {
      // Not complete, or not to be made readable: without it there is no Python.
    }
  }
  return undefined;
}

function candidates({ effects: { processes, secrets } }: Machine): string[] {
  const { os, arch } = processes.platform();
  const file = os === 'win32' ? 'deno.exe' : 'deno';
  const platform = `@deno/${os}-${arch}${os === 'linux' ? '-glibc' : ''}`;
  const main = packageFolders('deno');
  const folders = [...packageFolders(platform, main), ...main];
  const search = secrets.get('PATH')?.split(path.delimiter) ?? [];
  return [...folders, ...search.filter(path.isAbsolute)].map((folder) => path.join(folder, file));
}

/** Folders of a package as it is found from ours, from the working directory and from others. */
function packageFolders(name: string, others: readonly string[] = []): string[] {
  const places = [process.cwd(), ...others].map((place) => path.join(place, 'package.json'));
  const from = [import.meta.url, ...places.map((place) => pathToFileURL(place).href)];
  const found = from.map((place) => {
    try {
      return path.dirname(createRequire(place).resolve(`${name}/package.json`));
    } catch {
      return undefined;
    }
  });
  return [...new Set(found.filter((folder) => folder !== undefined))];
}

async function askDeno(machine: Machine, file: string): Promise<DenoRuntime | undefined> {
  const answer = await runCommand(machine.effects, { command: file, args: ['--version'] });
  const version = /^deno (\d+\.\d+\.\d+)/.exec(answer?.stdout ?? '')?.[1];
  if (version === undefined) return undefined;
  return { path: await readableInterpreter(machine, file, version), version };
}
