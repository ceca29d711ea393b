import { AwpError } from '../../base/errors.ts';
import { isObject, parseJson } from '../../base/json.ts';
import { isSystemPath, type PythonRuntime } from '../interpreters.ts';
import { copyReadable, isReadable, type Machine, readableInterpreter } from '../machine.ts';
import { type Kit, libraryEnv, readablePath } from '../provider.ts';
import type { Tool } from './command.ts';
import type { PackageSource } from './source.ts';

/** pip of a Python, as the box's user can start it; whether it is there is seen when it starts. */
export function pipTool(python: PythonRuntime): Tool {
  return {
    interpreter: readablePath(python),
    program: '',
    env: libraryEnv(python),
    reads: python.folders.map(({ source }) => source),
  };
}

/**
 * The first npm of the search path, else the one beside our own Node, to be run with our own Node.
 * Throws `sandbox/no-installer`.
 */
export async function npmTool(kit: Kit): Promise<Tool> {
  const { machine } = kit;
  const { files, processes, secrets } = machine.effects;
  const folders = (secrets.get('PATH') ?? '').split(':').filter((one) => one.startsWith('/'));
  const node = await files.realPath(processes.node());
  for (const folder of [...folders, node.slice(0, node.lastIndexOf('/'))]) {
    const program = await files.realPath(`${folder}/npm`).catch(() => '');
    // Launchers of version managers have no end; the program that they start has.
    const inside = /^(.*)(\/bin\/npm-cli\.js)$/.exec(program);
    if (!inside?.[1] || !inside[2]) continue;
    return await toolIn(kit, inside[1], inside[2]);
  }
  throw new AwpError('sandbox/no-installer', 'npm was not found on the search path', {
    hint: 'install npm, which comes with Node (for instance: apt install npm)',
  });
}

async function toolIn(kit: Kit, folder: string, program: string): Promise<Tool> {
  const { machine } = kit;
  const about = parseJson(await machine.effects.files.readText(`${folder}/package.json`));
  const version = isObject(about) ? String(about.version) : '';
  const source = await readableInterpreter(machine, folder, version);
  const { source: interpreter } = await kit.node();
  const reads = [interpreter, source].filter((path) => !isSystemPath(path));
  return { interpreter, program: source + program, env: {}, reads };
}

/** A source whose folder of wheels the box's user can read: its own, or a copy in `place`. */
export async function readableSource(
  machine: Machine,
  source: PackageSource,
  place: string,
): Promise<PackageSource> {
  const { folder } = source;
  if (folder === undefined) return source;
  if ((await machine.effects.files.info(folder)) === undefined) {
    throw new AwpError('sandbox/bad-index', `${folder} is not there`, {
      hint: 'set AWP_PIP_WHEELS to a folder with wheels',
    });
  }
  if (await isReadable(machine, folder)) return source;
  await copyReadable(machine, folder, place);
  return { ...source, folder: place };
}
