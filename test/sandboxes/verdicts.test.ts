import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { Execution } from '../../src/ports/sandbox.ts';
import { makeKit } from '../../src/sandboxes/make-kit.ts';
import type { Provider } from '../../src/sandboxes/provider.ts';
import { type Verdict, verdictOn } from '../../src/sandboxes/verdicts.ts';
import { temporaryFolder } from '../make.ts';

let place: { path: string } & Disposable;
let cache: string;
beforeEach(() => {
  place = temporaryFolder();
  cache = join(realpathSync(place.path), 'cache');
});
afterEach(() => place[Symbol.dispose]());

const DAY = 24 * 3_600_000;

interface World {
  /** What the system says of its kernel. */
  kernel?: string;
  /** Days that have passed. */
  days?: number;
  uid?: number;
  effects?: Partial<Effects>;
  variables?: Readonly<Record<string, string | undefined>>;
  provider?: Partial<Provider>;
  /** What programs of the self-test print; `contained` is what they should. */
  said?: string;
  fresh?: boolean;
}

/** A verdict as another process of this machine would come to it, and how often the box was tried. */
async function verdict(world: World = {}): Promise<Verdict & { tried: number }> {
  const { kernel = '#1 SMP', days = 0, uid = 1000, said = 'contained', fresh = false } = world;
  const real = nodeEffects();
  const readText: Effects['files']['readText'] = async (path) =>
    path === '/proc/sys/kernel/version' ? kernel : await real.files.readText(path);
  const variables = { XDG_CACHE_HOME: cache, ...world.variables };
  const effects: Effects = {
    ...real,
    clock: { ...real.clock, now: () => Date.UTC(2026, 0, 1) + days * DAY },
    files: { ...real.files, readText },
    processes: { ...real.processes, uid: () => uid },
    secrets: { get: (name) => new Map(Object.entries(variables)).get(name) },
    ...world.effects,
  };
  let tried = 0;
  const provider: Provider = {
    ...{ name: 'bwrap', isolation: 'walls', network: false },
    languages: [{ language: 'python', description: 'Python 3.11' }],
    run: async () => {
      tried += 1;
      return executionOf(said);
    },
    ...world.provider,
  };
  const found = await verdictOn(await makeKit(effects), provider, { fresh });
  return { ...found, tried };
}

function executionOf(said: string): Execution {
  const files = [{ path: 'kept.txt', bytes: Buffer.from('kept') }];
  const text = { stdout: `${said}\n`, stderr: '' };
  return { exitCode: said === 'broken' ? 1 : 0, ...text, limits: [], files, notes: [], ms: 1 };
}

const TRIED = { cached: false, tried: 1, leak: undefined };
const KNOWN = { cached: true, tried: 0, leak: undefined };

/** The one file of the cache. */
function verdictFile(): string {
  const folder = join(cache, 'awp-agents/boxes');
  const [name = '', ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return join(folder, name);
}

describe('the verdict on a box', () => {
  it('is that of the first process for all that follow', async () => {
    const first = await verdict();
    expect(first).toMatchObject(TRIED);
    const second = await verdict({ days: 6 });
    expect(second).toMatchObject({ ...KNOWN, at: first.at, ms: first.ms });
    expect([...second.languages]).toEqual(['python']);
  });

  it.each<[string, World]>([
    ['is asked for a fresh one', { fresh: true }],
    ['has another kernel', { kernel: '#2 SMP' }],
    ['has another user', { uid: 1001 }],
    ['has another system', { effects: { processes: otherSystem() } }],
    ['has a box with other walls', { provider: { isolation: 'thinner walls' } }],
    ['has a box of another version', { provider: { stamp: '2.0' } }],
    ['has another box', { provider: { name: 'jail' } }],
    [
      'has another Python',
      { provider: { languages: [{ language: 'python', description: 'Python 3.13' }] } },
    ],
    ['comes a week later', { days: 7 }],
    ['comes when the clock was set back', { days: -1 }],
  ])('is found out again by a process that %s', async (_, world) => {
    await verdict();
    expect(await verdict(world)).toMatchObject(TRIED);
    // The new one counts from then on.
    expect(await verdict({ ...world, fresh: false })).toMatchObject(KNOWN);
  });

  it.each([
    ['is empty', ''],
    ['is no JSON', '{"languages": ["python"], '],
    ['is a list', '[]'],
    ['has no time', '{"languages": ["python"], "ms": 5}'],
    ['has a time that is none', '{"languages": ["python"], "ms": 5, "at": "soon"}'],
    ['has no languages', '{"ms": 5, "at": "2026-01-01T00:00:00.000Z"}'],
    ['lacks a language of the box', '{"languages": [], "ms": 5, "at": "2026-01-01T00:00:00.000Z"}'],
    ['has no duration', '{"languages": ["python"], "at": "2026-01-01T00:00:00.000Z"}'],
  ])('is found out again when its file %s', async (_, text) => {
    await verdict();
    writeFileSync(verdictFile(), text);
    expect(await verdict()).toMatchObject(TRIED);
    expect(await verdict()).toMatchObject(KNOWN);
  });

  it.each<[string, () => void, World]>([
    ['cannot be written', () => writeFileSync(cache, ''), {}],
    ['has a folder in the place of its file', () => {}, {}],
    ['is nowhere', () => {}, { variables: { XDG_CACHE_HOME: undefined } }],
  ])('is found out by each process where the cache %s', async (what, make, world) => {
    make();
    expect(await verdict(world)).toMatchObject(TRIED);
    if (what.startsWith('has a folder')) {
      const file = verdictFile();
      await nodeEffects().files.remove(file);
      mkdirSync(file);
    }
    expect(await verdict(world)).toMatchObject(TRIED);
    expect(await verdict(world)).toMatchObject(TRIED);
  });

  it.each<[string, Partial<Verdict>]>([
    ['reached the network', { leak: 'reached the network' }],
    ['broken', { leak: undefined }],
  ])('that is not good is never kept: %s', async (said, expected) => {
    expect(await verdict({ said })).toMatchObject({ ...expected, cached: false });
    expect(await verdict({ said })).toMatchObject({ ...expected, cached: false, tried: 1 });
    expect(await verdict()).toMatchObject(TRIED);
  });

  it('that was good does not count any more when a fresh test finds a leak', async () => {
    await verdict();
    expect((await verdict({ fresh: true, said: 'saw the host process' })).leak).toBe(
      'saw the host process',
    );
    expect(await verdict()).toMatchObject(TRIED);
  });

  it('is a file of its own in the cache, with nothing but what it needs', async () => {
    const { at, ms } = await verdict();
    const kept = JSON.parse(readFileSync(verdictFile(), 'utf8'));
    expect(kept).toEqual({ languages: ['python'], ms, at });
    await verdict({ provider: { name: 'jail' } });
    expect(readdirSync(join(cache, 'awp-agents/boxes'))).toHaveLength(2);
  });
});

function otherSystem(): Effects['processes'] {
  return {
    ...nodeEffects().processes,
    uid: () => 1000,
    platform: () => ({ os: 'linux', arch: 'riscv64' }),
  };
}
