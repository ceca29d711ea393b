import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { hostOf, openPlace } from '../../src/data/run-place.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { temporaryFolder } from '../make.ts';

describe('what runs keep for each other', () => {
  it('is below the folder of the runs, and nowhere when the caller brought a store', async () => {
    using folder = temporaryFolder();
    const effects = nodeEffects();
    const home = join(folder.path, '.awp');
    const cacheOf = async (options: Parameters<typeof openPlace>[0]) => {
      const place = await openPlace(options, effects);
      try {
        const { store, folder: found } = place;
        const parts = { effects, store, policy: sandboxPolicy(), home: found };
        return (await hostOf({}, parts)).cacheFolder;
      } finally {
        await place.close();
      }
    };
    expect(await cacheOf({ home })).toBe(join(home, 'cache'));
    expect(await cacheOf({ store: memoryStore({ folder: folder.path }) })).toBeUndefined();
  });
});
