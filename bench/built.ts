import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Folder of the built package; it is built when it is not there. */
export function dist(): string {
  const folder = resolve(import.meta.dirname, '../dist');
  if (!existsSync(`${folder}/cli/main.js`)) {
    spawnSync(process.execPath, [resolve(import.meta.dirname, '../scripts/build.ts')]);
  }
  return folder;
}

/** The package as users get it: compiled, so that no types are stripped while it is measured. */
export async function built(): Promise<typeof import('../src/index.ts')> {
  return import(`${dist()}/index.js`);
}

/** What it ships for tests, from the same build. */
export async function builtForTests(): Promise<typeof import('../src/testing.ts')> {
  return import(`${dist()}/testing.js`);
}
