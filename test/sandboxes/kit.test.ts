import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildKit, copyKit, KIT_CACHE } from '../../scripts/kit.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Files } from '../../src/ports/effects.ts';
import { kitFolder } from '../../src/sandboxes/kit.ts';
import { lookAtMachine } from '../../src/sandboxes/machine.ts';
import { temporaryFolder } from '../make.ts';

const effects = nodeEffects();

/** The effects of a machine where what should be in one folder is in another. */
const elsewhere = (folder: string) => {
  const readText: Files['readText'] = (path) =>
    effects.files.readText(path.replace(KIT_CACHE, folder));
  return { ...effects, files: { ...effects.files, readText } };
};

/** A package as it is installed: the kit lies beside the code of the boxes. */
async function packageIn(folder: string): Promise<{ kit: string; kitFolder: typeof kitFolder }> {
  const source = resolve(import.meta.dirname, '../../src');
  for (const name of ['base', 'sandboxes']) {
    cpSync(join(source, name), join(folder, name), { recursive: true });
  }
  await copyKit(join(folder, 'kit'));
  const module = await import(pathToFileURL(join(folder, 'sandboxes/kit.ts')).href);
  return { kit: join(folder, 'kit'), kitFolder: module.kitFolder };
}

beforeAll(async () => {
  await buildKit();
});

describe('the data kit that boxes show', () => {
  it('is the one of this checkout', async () => {
    expect((await kitFolder(effects))?.folder).toBe(KIT_CACHE);
  });

  it('is the one of the package, where there is one', async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o755);
    const inPackage = await packageIn(folder.path);
    expect((await inPackage.kitFolder(effects))?.folder).toBe(inPackage.kit);
  });

  it('can be read by the user of the box, whoever else may read the package', async () => {
    using folder = temporaryFolder();
    const { kit, kitFolder: find } = await packageIn(folder.path);
    chmodSync(folder.path, 0o700);
    const found = await find(effects);
    const { uid } = await lookAtMachine(effects);
    const read = spawnSync('/bin/cat', [`${found?.folder}/kit.mjs`], {
      ...{ encoding: 'utf8', cwd: '/' },
      ...(uid !== undefined && { uid, gid: uid }),
    });
    expect(read.stdout.length).toBeGreaterThan(1000);
    // Only root needs a copy, and this one serves a package that is gone in a moment.
    expect(found?.folder === kit).toBe(uid === undefined);
    if (found && found.folder !== kit) rmSync(found.folder, { recursive: true });
  });

  it('tells the model its calls, its packages with versions, and what is not in it', async () => {
    const { description } = (await kitFolder(effects)) ?? {};
    expect(description).toMatch(/^with the data kit: import \{ readCsv, .*\} from 'kit'/);
    expect(description).toMatch(/; also arquero \d+\.\d+\.\d+, simple-statistics \d/);
    expect(description).toMatch(/vega-lite \d.*There are no mixed models/);
  });

  it('is none where it was not built, or not to its end', async () => {
    using folder = temporaryFolder();
    expect(await kitFolder(elsewhere(folder.path))).toBeUndefined();
    const target = join(folder.path, 'kit');
    await copyKit(target);
    expect(await kitFolder(elsewhere(target))).toBeDefined();
    writeFileSync(join(target, 'manifest.json'), '{"modules": [');
    expect(await kitFolder(elsewhere(target))).toBeUndefined();
    rmSync(join(target, 'manifest.json'));
    expect(await kitFolder(elsewhere(target))).toBeUndefined();
  });
});
