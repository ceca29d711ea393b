import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../../src/effects/index.ts';
import { statePlace, WorkspaceState } from '../../../src/runtime/codemode/workspace-state.ts';
import { temporaryFolder } from '../../make.ts';

const effects = nodeEffects();

function stateIn(root: string, run: string, call = '1/1.p1'): WorkspaceState {
  const place = statePlace(
    { effects },
    { name: 'w', brought: { tools: [], servers: [], workflow: root } },
    'a.json',
  );
  if (!place) throw new Error('no place');
  return new WorkspaceState(place, { run, call });
}

describe('the state that is kept for later runs', () => {
  it('is that of who wrote last, who is told of what was replaced', async () => {
    using folder = temporaryFolder();
    const [one, two] = [stateIn(folder.path, 'r-1'), stateIn(folder.path, 'r-2')];
    const told: string[] = [];
    expect(await one.read(told)).toBeUndefined();
    expect(await two.read(told)).toBeUndefined();
    expect(await one.write({ n: 1 }, told)).toBe(true);
    expect(told).toEqual([]);
    expect(await two.write({ n: 2 }, told)).toBe(true);
    expect(told).toEqual(['another program had kept a state meanwhile: it was replaced']);
    expect(await stateIn(folder.path, 'r-3').read([])).toEqual({ n: 2 });
  });

  it('is what it was before for a call that is made again', async () => {
    using folder = temporaryFolder();
    await stateIn(folder.path, 'r-1').write({ n: 1 }, []);
    const call = stateIn(folder.path, 'r-2');
    await call.read([]);
    await call.write({ n: 2 }, []);
    expect(await stateIn(folder.path, 'r-2').read([])).toEqual({ n: 1 });
    expect(await stateIn(folder.path, 'r-2', '1/2.p1').read([])).toEqual({ n: 2 });
  });

  it.each<[string, (folder: string) => void]>([
    ['a link', (folder) => symlinkSync('/etc/hostname', `${folder}/a.json`)],
    ['a folder', (folder) => mkdirSync(`${folder}/a.json`)],
    [
      'too large',
      (folder) => writeFileSync(`${folder}/a.json`, `{"a":"${'x'.repeat(2_000_000)}"}`),
    ],
    ['no text', (folder) => writeFileSync(`${folder}/a.json`, Uint8Array.of(0xff, 0xfe, 0))],
    ['empty', (folder) => writeFileSync(`${folder}/a.json`, '')],
    [
      'below a link',
      (folder) => {
        rmSync(folder, { recursive: true });
        symlinkSync('/tmp', folder);
      },
    ],
  ])('is not there, and not written, where its file is %s', async (_, prepare) => {
    using folder = temporaryFolder();
    const state = `${folder.path}/workspace/state`;
    mkdirSync(state, { recursive: true });
    prepare(state);
    const told: string[] = [];
    const one = stateIn(folder.path, 'r-1');
    expect(await one.read(told)).toBeUndefined();
    expect(await one.write({ n: 1 }, told)).toBe(false);
    expect(told).toEqual([
      expect.stringContaining('the state begins anew'),
      expect.stringContaining('the state was not kept'),
    ]);
  });

  it('is in the folder of the user for a run without a workflow, by the name of that', async () => {
    using folder = temporaryFolder();
    const host = { effects, stateFolder: folder.path };
    const places = ['one', 'two'].map((name) => statePlace(host, { name }, 'a.json'));
    expect(places[0]?.below).not.toEqual(places[1]?.below);
    for (const place of places) {
      if (!place) throw new Error('no place');
      await new WorkspaceState(place, { run: 'r', call: 'c' }).write({ n: 1 }, []);
      const text = readFileSync([place.root, ...place.below, place.file].join('/'), 'utf8');
      expect(JSON.parse(text)).toMatchObject({ format: 'awp-state', value: { n: 1 } });
    }
    expect(statePlace({ effects }, { name: 'one' }, 'a.json')).toBeUndefined();
  });
});
