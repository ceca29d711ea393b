import { resolve } from 'node:path';

/** Folder of the built package, compiled, so that no types are stripped while it is measured. */
export const DIST = resolve(import.meta.dirname, '../dist');

/** The package as users get it; bench/run.ts has built it. */
export async function built(): Promise<typeof import('../src/index.ts')> {
  return import(`${DIST}/index.js`);
}

/** What it ships for tests, from the same build. */
export async function builtForTests(): Promise<typeof import('../src/testing.ts')> {
  return import(`${DIST}/testing.js`);
}
