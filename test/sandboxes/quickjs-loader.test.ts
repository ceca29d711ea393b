import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Programs that run elsewhere have no types.
const { makeLoader } = await import(
  new URL('../../src/sandboxes/quickjs/loader.mjs', import.meta.url).href
);

/** What the loader makes of a name that a program imports. */
function answer(kit: string, name: string): string {
  const loader = makeLoader({ modules: new Map(), files: { find: () => undefined }, kit });
  const found = loader.normal('/box/program.mjs', name);
  try {
    return loader.load(found);
  } catch (error) {
    return error instanceof Error ? `refused: ${error.message}` : String(error);
  }
}

describe('the modules of a program in QuickJS', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'awp-loader-'));
    await mkdir(path.join(folder, 'kit/deep'), { recursive: true });
    await writeFile(path.join(folder, 'kit/tables.mjs'), 'export default "kit";');
    await writeFile(path.join(folder, 'kit/deep/part.mjs'), 'export default "part";');
    await writeFile(path.join(folder, 'outside.mjs'), 'export default "of the host";');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['tables', 'export default "kit";'],
    ['deep/part', 'export default "part";'],
  ])('are those of the data kit: %s', (name, text) => {
    expect(answer(path.join(folder, 'kit'), name)).toBe(text);
  });

  it.each([
    ...['a/../../outside', '../outside', 'deep/../../outside', 'x/../../outside', './../outside'],
    ...['..', '.', '@a/../../outside', 'tables/..', '/etc/passwd', 'kit:../outside'],
    ...['file:///etc/passwd', 'data:text/javascript,1', 'deep/./part', 'awp:/guest/main.mjs'],
  ])('are never a file beside it: %s', (name) => {
    expect(answer(path.join(folder, 'kit'), name)).toMatch(/^refused: /);
  });
});
