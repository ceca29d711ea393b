import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KIT_CACHE } from '../../scripts/kit.ts';
import type { SandboxFile } from '../../src/ports/sandbox.ts';
import { JOB_INPUTS } from './weather.ts';

const MAP = join(KIT_CACHE, 'import-map.json');

/** Lets Node find the modules of the kit by their bare names. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
const map = ${JSON.stringify(pathToFileURL(MAP).href)};
const { imports } = JSON.parse(readFileSync(new URL(map), 'utf8'));
registerHooks({
  resolve: (name, context, next) =>
    name in imports
      ? { url: new URL(imports[name], map).href, shortCircuit: true }
      : next(name, context),
});
`)}`;

/** What came of a program. */
interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
  files: SandboxFile[];
}

/** Makes a working folder as boxes have it. */
export function workingFolder(folder: string): void {
  cpSync(JOB_INPUTS, join(folder, 'inputs'), { recursive: true });
  mkdirSync(join(folder, 'output'));
}

/** Runs a program in Node with the kit and nothing else. */
export function runInNode(folder: string, code: string): Ended {
  return run(folder, code, [process.execPath, `--import=${HOOK}`]);
}

function run(folder: string, code: string, [command = '', ...args]: readonly string[]): Ended {
  const program = join(folder, 'program.mjs');
  writeFileSync(program, code);
  const env = { PATH: '/usr/bin:/bin', HOME: folder, TZ: 'UTC', NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(command, [...args, program], {
    ...{ cwd: folder, env, encoding: 'utf8' },
  });
  return { status, stdout, stderr, files: filesIn(join(folder, 'output')) };
}

/** The files below a folder, by relative path. */
function filesIn(folder: string): SandboxFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(folder.length + 1), bytes: readFileSync(path) }));
}
