import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../../src/effects/index.ts';
import { creationOf } from '../../../src/events/creation-state.ts';
import { emptyState } from '../../../src/events/reduce.ts';
import { KeptTools } from '../../../src/runtime/creation/kept-follow.ts';
import { keptFile } from '../../../src/runtime/creation/kept-places.ts';
import { temporaryFolder } from '../../make.ts';
import { keptText } from './kept.ts';

describe('files of tools that a run keeps for later ones', () => {
  it('are taken away after a crash when the tool was, unless they are another run’s', async () => {
    using folder = temporaryFolder();
    const state = emptyState('r-test');
    for (const name of ['stats.own', 'stats.other', 'stats.gone']) {
      creationOf(state).removed.add(name);
    }
    mkdirSync(join(folder.path, 'kept'));
    const put = (name: string, run: string): void => {
      const provenance = { creator_agent: 'one', created_at: '2026-01-02T03:04:05Z', run };
      const path = join(folder.path, 'kept', keptFile(name));
      writeFileSync(path, keptText(name, { provenance }));
    };
    put('stats.own', 'r-test');
    put('stats.other', 'r-later');
    const place = { files: nodeEffects().files, root: folder.path, below: 'kept' };
    await new KeptTools(state, place).repair();
    expect(readdirSync(join(folder.path, 'kept'))).toEqual([keptFile('stats.other')]);
  });
});
