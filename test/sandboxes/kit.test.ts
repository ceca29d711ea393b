import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildKit, copyKit, KIT_CACHE } from '../../scripts/kit.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Files } from '../../src/ports/effects.ts';
import { kitFolder } from '../../src/sandboxes/kit.ts';
import { temporaryFolder } from '../make.ts';

const effects = nodeEffects();

/** Where the kit is in a package that was built, beside the code of the boxes. */
const IN_PACKAGE = resolve(import.meta.dirname, '../../src/kit');

/** The effects of a machine where what should be in one folder is in another. */
const elsewhere = (folder: string, wanted = KIT_CACHE) => {
  const readText: Files['readText'] = (path) =>
    effects.files.readText(path.replace(wanted, folder));
  return { ...effects, files: { ...effects.files, readText } };
};

beforeAll(async () => {
  await buildKit();
});

describe('the data kit that boxes show', () => {
  it('is the one of this checkout', async () => {
    expect((await kitFolder(effects))?.folder).toBe(KIT_CACHE);
  });

  it('is the one of the package, where there is one', async () => {
    const found = await kitFolder(elsewhere(KIT_CACHE, IN_PACKAGE));
    expect(found?.folder).toBe(IN_PACKAGE);
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
