import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { isObject, parseJson } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import { runCommand } from './commands.ts';
import { isReadable, lookAtMachine, type Machine, readableInterpreter } from './machine.ts';

/** The Node that runs us, as a box can start it. */
export interface NodeRuntime {
  /** Where its file can be read. */
  source: string;
  /** Where programs find it. */
  path: string;
  version: string;
}

/** A Python, as a box can start it. */
export interface PythonRuntime {
  /** Where its file is. */
  path: string;
  version: string;
  /** Folders besides those of the system that it needs: where each can be read, and its own path. */
  folders: readonly { source: string; path: string }[];
  /** Versions of the libraries that prompts name. */
  libraries: ReadonlyMap<string, string>;
}

/** Libraries that are worth a word in a prompt. */
const LIBRARIES = ['pandas', 'numpy', 'matplotlib', 'scikit-learn', 'scipy', 'seaborn'];
const OLDEST: readonly [number, number] = [3, 8];
const SYSTEM_FOLDERS = /^\/(?:usr|bin|lib|lib64|sbin)(?:\/|$)/;

/** Whether a path is below the folders that every box shows anyway. */
export function isSystemPath(path: string): boolean {
  return SYSTEM_FOLDERS.test(path);
}

/** Finds the Node that runs us; throws `sandbox/broken` if it cannot be made readable. */
export async function findNode(machine: Machine): Promise<NodeRuntime> {
  const { files, processes } = machine.effects;
  const path = await files.realPath(processes.node());
  const version = process.versions.node;
  return { source: await readableInterpreter(machine, path, version), path, version };
}

/** What people are told of a Python of this machine. */
export type FoundPython = Pick<Found, 'path' | 'version' | 'libraries'>;

/** The Pythons of this machine, the best first. */
export async function surveyPythons(effects: Effects): Promise<readonly FoundPython[]> {
  return await findPythons(await lookAtMachine(effects));
}

/** A Python of this machine, before anything was done for it. */
export interface Found {
  path: string;
  version: [number, number, number];
  prefixes: string[];
  libraries: Map<string, string>;
  readable: boolean;
}

/** Asks a Python for itself. It is the user's own and runs outside of any box. */
const ASK = `
import json, sys
from importlib import metadata
there = {}
for name in ${JSON.stringify(LIBRARIES)}:
    try:
        there[name] = metadata.version(name)
    except Exception:
        pass
print(json.dumps({'path': sys.executable, 'version': sys.version_info[:3], 'libraries': there,
  'prefixes': [sys.prefix, sys.base_prefix, sys.exec_prefix]}))
`;

/** The Python that the user named: no other will do. */
async function namedPython(machine: Machine, name: string, search: string): Promise<Found> {
  // A path begins where we were started, not where the question is asked.
  const command = name.includes('/') ? resolve(name) : name;
  const found = await askPython(machine, command, search);
  if (found) return found;
  throw new AwpError('sandbox/no-python', `${name} is no Python 3.8 or newer that can be started`, {
    hint: 'name another with --python or AWP_PYTHON, or none: then the best of the machine is taken',
  });
}

/**
 * All Pythons on the search path and the system's own, the best first: with pandas before without,
 * readable for the box's user before not, newer before older (decision 31). Nothing is copied. The
 * variable `AWP_PYTHON` names the only one that will do; throws `sandbox/no-python` if it does not.
 */
export async function findPythons(machine: Machine): Promise<Found[]> {
  const { secrets } = machine.effects;
  const search = secrets.get('PATH') ?? '';
  const named = secrets.get('AWP_PYTHON');
  if (named !== undefined) return [await namedPython(machine, named, search)];
  const folders = [...search.split(':').filter((part) => part.startsWith('/')), '/usr/bin'];
  const names = await Promise.all(folders.map((folder) => pythonIn(machine, folder)));
  // A venv's link leads to another Python's file, so its name counts and not what it leads to.
  const candidates = new Map(names.flatMap((one) => (one ? [[one.key, one.name]] : [])));
  const found = await Promise.all(
    [...candidates.values()].map((name) => askPython(machine, name, search)),
  );
  const good = found.filter((one) => one !== undefined);
  const unique = [...new Map(good.map((one) => [one.path, one])).values()];
  return unique.sort((a, b) => worth(b) - worth(a));
}

async function pythonIn(
  { effects: { files } }: Machine,
  folder: string,
): Promise<{ key: string; name: string } | undefined> {
  for (const name of [`${folder}/python3`, `${folder}/python`]) {
    const target = await files.realPath(name).catch(() => undefined);
    if (target !== undefined) return { key: isSystemPath(target) ? target : name, name };
  }
  return undefined;
}

function worth({ libraries, readable, version: [major, minor] }: Found): number {
  const data = libraries.has('pandas') ? 1_000_000 : 0;
  return data + (readable ? 100_000 : 0) + libraries.size * 1000 + major * 100 + minor;
}

async function askPython(
  machine: Machine,
  command: string,
  search: string,
): Promise<Found | undefined> {
  const home = machine.effects.secrets.get('HOME') ?? '/';
  const answer = await runCommand(machine.effects, {
    ...{ command, args: ['-I', '-c', ASK], env: { PATH: search, HOME: home }, timeoutMs: 10_000 },
  });
  const said = parseJson(answer?.stdout.trim() ?? '');
  if (!isObject(said) || typeof said.path !== 'string' || !Array.isArray(said.version)) {
    return undefined;
  }
  const [major = 0, minor = 0, micro = 0] = said.version.map(Number);
  if (major !== OLDEST[0] || minor < OLDEST[1]) return undefined;
  const prefixes = Array.isArray(said.prefixes) ? [...new Set(said.prefixes.map(String))] : [];
  const libraries = isObject(said.libraries) ? Object.entries(said.libraries) : [];
  const outside = prefixes.filter((prefix) => !isSystemPath(prefix));
  const readable = await Promise.all(outside.map((prefix) => isReadable(machine, prefix)));
  return {
    path: said.path,
    version: [major, minor, micro],
    prefixes: outside,
    libraries: new Map(libraries.map(([name, version]) => [name, String(version)])),
    readable: readable.every(Boolean),
  };
}

/** Makes a Python that was found readable for the box's user. */
export async function preparePython(machine: Machine, found: Found): Promise<PythonRuntime> {
  const folders: { source: string; path: string }[] = [];
  const stamp = JSON.stringify([found.version, ...found.libraries]);
  for (const path of found.prefixes) {
    folders.push({ source: await readableInterpreter(machine, path, stamp), path });
  }
  const { libraries } = found;
  return { path: found.path, version: found.version.join('.'), folders, libraries };
}

/** The sentence about Python for the prompt. */
export function describePython({ version, libraries }: PythonRuntime): string {
  const there = [...libraries].map(([name, its]) => `${name} ${its}`).join(', ');
  return `Python ${version} with ${there === '' ? 'the standard library only' : there}`;
}

/** The sentence about JavaScript or TypeScript for the prompt. */
export function describeNode({ version }: NodeRuntime, language: string): string {
  const types =
    language === 'TypeScript' ? '; types are stripped, so no enum and no namespace' : '';
  return `${language} on Node ${version}, an ES module with the node: modules${types}`;
}
