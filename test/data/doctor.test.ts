import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Examination, examine, type Finding } from '../../src/data/doctor.ts';
import { openHome } from '../../src/data/home.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { temporaryFolder } from '../make.ts';

let place: { path: string } & Disposable;
let cwd: string;
beforeEach(() => {
  place = temporaryFolder();
  cwd = realpathSync(place.path);
});
afterEach(() => place[Symbol.dispose]());

type Variables = Readonly<Record<string, string>>;

/** This machine, with an environment that has only these variables and those of a system. */
function machine(variables: Variables): Effects {
  const effects = nodeEffects();
  const system = new Set(['PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME']);
  const get = (name: string) =>
    variables[name] ?? (system.has(name) ? effects.secrets.get(name) : undefined);
  return { ...effects, secrets: { get } };
}

interface World {
  variables?: Variables;
  home?: string;
  fresh?: boolean;
  effects?: Partial<Effects>;
}

const look = ({ variables = {}, fresh = false, home, effects }: World = {}): Promise<Examination> =>
  examine(
    { ...machine(variables), ...effects },
    { cwd, fresh, ...(home !== undefined && { home: join(cwd, home) }) },
  );

const ofArea = ({ findings }: Examination, area: Finding['area']): Finding[] =>
  findings.filter((finding) => finding.area === area);

/** A server of this machine that gives every question the same answer. */
async function serving(
  status: number,
  use: (url: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer(({ url, headers }, response) => {
    asked.push(`${url} ${headers.authorization ?? 'no key'}`);
    response.writeHead(status).end('{"data":[]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** An address of this machine at which nothing answers. */
async function deadAddress(): Promise<string> {
  let found = '';
  await serving(200, async (url) => {
    found = url;
  });
  return found;
}

describe('the examination of a machine', () => {
  it('goes through runtime, store, Pythons, boxes and models, each finding with its words', async () => {
    const { findings } = await look();
    const areas = findings.map(({ area }) => area);
    expect([...new Set(areas)]).toEqual(['node', 'store', 'python', 'sandbox', 'model']);
    expect(findings.filter(({ name, words }) => name === '' || words === '')).toEqual([]);
    expect(findings[0]).toEqual({
      ...{ area: 'node', name: `Node ${process.versions.node}` },
      ...{ state: 'ok', words: 'runs awp' },
    });
    const lacking = findings.filter(({ state }) => state === 'broken' || state === 'warning');
    expect(lacking.filter(({ fix }) => fix === undefined)).toEqual([]);
  });

  it('names every box, strongest first, and marks the one that runs get', async () => {
    const seen = await look();
    const boxes = ofArea(seen, 'sandbox');
    expect(boxes.map(({ name }) => name)).toEqual(['bwrap', 'jail', 'deno', 'quickjs', 'none']);
    const best = boxes.filter(({ words }) => words.startsWith('what runs get'));
    expect(best.map(({ name }) => name)).toEqual([seen.ready.sandbox]);
    expect(seen.ready.demo).toBe(seen.ready.sandbox !== undefined);
  });

  it('says unverified of every box on a kind of system that was never tried', async () => {
    const { processes } = nodeEffects();
    const other = { ...processes, platform: () => ({ os: 'darwin', arch: 'arm64' }) };
    const boxes = ofArea(await look({ effects: { processes: other } }), 'sandbox');
    const usable = boxes.filter(({ state }) => state === 'ok' || state === 'warning');
    expect(usable.filter(({ words }) => !words.includes('unverified'))).toEqual([]);
    expect(boxes.find(({ name }) => name === 'bwrap')?.fix).toContain('bubblewrap');
  });

  it('tries the boxes again when asked to', async () => {
    await look();
    const known = ofArea(await look(), 'sandbox').filter(({ state }) => state === 'ok');
    for (const { words } of known) expect(words).toMatch(/self-test passed \d{4}-/);
    const again = ofArea(await look({ fresh: true }), 'sandbox');
    for (const { words } of again.filter(({ state }) => state === 'ok'))
      expect(words).toMatch(/self-test \d+ ms/);
  }, 120_000);
});

describe('AWP_SANDBOX', () => {
  it.each([
    ['fortress', 'there is no box of that name'],
    ['none', 'it keeps nothing apart, and runs ask for more unless they say none'],
  ])('that names %s is a finding, because no run would start', async (name, words) => {
    const seen = await look({ variables: { AWP_SANDBOX: name } });
    const [first] = ofArea(seen, 'sandbox');
    expect(first).toMatchObject({ name: `AWP_SANDBOX=${name}`, state: 'broken', words });
    expect(seen.ready).toMatchObject({ demo: false, sandbox: undefined });
  });

  it('decides which box runs get', async () => {
    const { ready } = await look({ variables: { AWP_SANDBOX: 'quickjs' } });
    expect(ready.sandbox).toBe('quickjs');
  });
});

describe('the store', () => {
  const put = (name: string, text = '') => writeFileSync(join(cwd, name), text);

  it('that is not there yet can be written, and looking leaves no trace', async () => {
    const [store] = ofArea(await look({ home: 'deep/below/.awp' }), 'store');
    expect(store).toMatchObject({ name: join(cwd, 'deep/below/.awp'), state: 'ok' });
    expect(store?.words).toMatch(/^can be written, [\d,]+ MiB free$/);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('is that of AWP_HOME, else the nearest one upward', async () => {
    mkdirSync(join(cwd, '.awp'));
    mkdirSync(join(cwd, 'sub'));
    const options = { cwd: join(cwd, 'sub'), fresh: false };
    const nearest = await examine(machine({}), options);
    expect(ofArea(nearest, 'store')[0]?.name).toBe(join(cwd, '.awp'));
    const named = await examine(machine({ AWP_HOME: '../kept' }), options);
    expect(ofArea(named, 'store')[0]?.name).toBe(join(cwd, 'kept'));
  });

  it.each([
    ['a file in its place', '.awp', () => put('.awp')],
    ['a file above it', 'a/.awp', () => put('a')],
    [
      'a database that is none',
      '.awp',
      () => {
        mkdirSync(join(cwd, '.awp'));
        put('.awp/awp.db', 'no database at all '.repeat(1000));
      },
    ],
  ])('with %s is broken and says what to do', async (_, home, make) => {
    make();
    const [store] = ofArea(await look({ home }), 'store');
    expect(store).toMatchObject({ state: 'broken', fix: expect.stringMatching(/./) });
  });

  it('on a read-only file system is broken', async ({ skip }) => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,ro', 'tmpfs', cwd]);
    if (mounted.status !== 0) return skip('only root may mount here');
    try {
      const [store] = ofArea(await look(), 'store');
      expect(store).toMatchObject({ state: 'broken', fix: expect.stringContaining('AWP_HOME') });
    } finally {
      spawnSync('umount', [cwd]);
    }
  });

  it('with little room is a warning', async () => {
    const { files } = nodeEffects();
    const space = async () => ({ bytes: 0, entries: 0, free: 10 * 1024 * 1024 });
    const [store] = ofArea(await look({ effects: { files: { ...files, space } } }), 'store');
    expect(store).toMatchObject({ state: 'warning', words: 'only 10 MiB free' });
  });

  it('that runs are kept in is left as it is', async () => {
    const home = await openHome({ cwd, effects: machine({}) });
    const kept = await home.store.list({});
    await home.close();
    expect(ofArea(await look(), 'store')[0]?.state).toBe('ok');
    const again = await openHome({ cwd, effects: machine({}) });
    expect(await again.store.list({})).toEqual(kept);
    await again.close();
  });
});

describe('Python', () => {
  it('that was named and is none is a finding, not a crash; JavaScript goes on', async () => {
    const seen = await look({ variables: { AWP_PYTHON: '/nowhere/python3' } });
    expect(ofArea(seen, 'python')).toEqual([
      {
        ...{ area: 'python', name: 'Python', state: 'broken' },
        words: '/nowhere/python3 is no Python 3.8 or newer that can be started',
        fix: expect.stringContaining('AWP_PYTHON'),
      },
    ]);
    expect(seen.ready.sandbox).toMatch(/^(?:deno|quickjs)$/);
  });

  it('is not missed where there is none: programs are in JavaScript', async () => {
    const { processes } = nodeEffects();
    const spawn: Effects['processes']['spawn'] = (spec) =>
      processes.spawn(/python/.test(spec.command) ? { ...spec, command: '/nowhere/x' } : spec);
    const seen = await look({ effects: { processes: { ...processes, spawn } } });
    expect(ofArea(seen, 'python')).toMatchObject([
      { state: 'absent', fix: expect.stringContaining('install Python') },
    ]);
    expect(seen.ready.demo).toBe(true);
  });
});

describe('ways to models', () => {
  const named = (seen: Examination, name: string) =>
    ofArea(seen, 'model').find((finding) => finding.name === name);

  it('without a key are absent, each with the variable to set', async () => {
    const seen = await look({ effects: { network: silent() } });
    expect(seen.ready.models).toBe(false);
    expect(named(seen, 'openai')).toMatchObject({ state: 'absent', fix: 'set OPENAI_API_KEY' });
    expect(named(seen, 'ollama')).toMatchObject({ state: 'absent', fix: 'ollama serve' });
  });

  it.each([
    ['OPENAI_API_KEY', 'openai'],
    ['OPENROUTER_API_KEY', 'openrouter'],
    ['LLM_API_KEY', 'openrouter'],
    ['ANTHROPIC_API_KEY', 'anthropic'],
  ])('with %s lead to %s, and the key is never told', async (variable, service) => {
    const seen = await look({ variables: { [variable]: 'sk-very-secret-0001' } });
    expect(named(seen, service)).toMatchObject({ state: 'ok', words: `${variable} is set` });
    expect(seen.ready.models).toBe(true);
    expect(JSON.stringify(seen)).not.toContain('very-secret');
  });

  it.each([200, 401, 404])('by LLM_BASE_URL are there when it answers with %i', async (status) => {
    await serving(status, async (url, asked) => {
      const seen = await look({ variables: { LLM_BASE_URL: url, LLM_API_KEY: 'sk-secret-1' } });
      const [way, ...others] = ofArea(seen, 'model');
      expect(others).toEqual([]);
      expect(way).toMatchObject({ name: new URL(url).host, state: 'ok' });
      expect(way?.words).toContain('and answers');
      expect(asked).toEqual(['/v1/models no key']);
      expect(seen.ready.models).toBe(true);
    });
  });

  it('by LLM_BASE_URL are broken when nothing answers, whatever else has a key', async () => {
    const variables = {
      ...{ LLM_BASE_URL: await deadAddress(), LLM_MODEL: 'llama' },
      OPENAI_API_KEY: 'sk-secret-2',
    };
    const seen = await look({ variables });
    expect(named(seen, new URL(variables.LLM_BASE_URL).host)).toMatchObject({
      state: 'broken',
      fix: 'start the service, or unset LLM_BASE_URL',
    });
    expect(seen.ready.models).toBe(false);
  });

  it.each(['no address', 'ftp://127.0.0.1/v1', 'http://me:sesame@127.0.0.1/v1'])(
    'by LLM_BASE_URL=%s are broken, and a password in it is not told',
    async (LLM_BASE_URL) => {
      const seen = await look({ variables: { LLM_BASE_URL } });
      expect(ofArea(seen, 'model')).toMatchObject([
        { name: 'LLM_BASE_URL', state: 'broken', fix: expect.stringContaining('http://localhost') },
      ]);
      expect(JSON.stringify(seen)).not.toContain('sesame');
    },
  );

  it('by LLM_BASE_URL elsewhere are believed, not asked', async () => {
    const LLM_BASE_URL = 'https://models.example.com/v1';
    const seen = await look({ variables: { LLM_BASE_URL }, effects: { network: silent() } });
    expect(ofArea(seen, 'model')).toMatchObject([{ name: 'models.example.com', state: 'ok' }]);
  });

  it.each([
    ['demo', {}, 'ok', 'simulated, needs no service'],
    ['openai/gpt-5', { OPENAI_API_KEY: 'sk-secret-3' }, 'ok', 'asks openai for gpt-5'],
    ['openai/gpt-5', {}, 'broken', 'there is no key for openai: OPENAI_API_KEY is not set'],
    [
      'zork',
      { OPENAI_API_KEY: 'sk-secret-4' },
      'broken',
      "no service is known for the model 'zork'",
    ],
  ])('LLM_MODEL=%s with %j is %s', async (LLM_MODEL, keys, state, words) => {
    const seen = await look({ variables: { ...keys, LLM_MODEL } as Variables });
    const [first] = ofArea(seen, 'model');
    expect(first).toMatchObject({ name: `LLM_MODEL=${LLM_MODEL}`, state, words });
    if (state === 'broken') expect(first?.fix).toMatch(/LLM_BASE_URL|OPENAI_API_KEY/);
    expect(seen.ready.models).toBe(state === 'ok');
  });
});

/** A network in which nothing answers. */
function silent(): Effects['network'] {
  const fetch = async () => {
    throw new Error('nothing there');
  };
  return { ...nodeEffects().network, fetch };
}
