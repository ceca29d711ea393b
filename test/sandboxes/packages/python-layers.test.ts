import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sandboxPolicy } from '../../../src/data/make-plan.ts';
import { nodeEffects } from '../../../src/effects/index.ts';
import { makeKit } from '../../../src/sandboxes/make-kit.ts';
import { packageLayer } from '../../../src/sandboxes/packages/layers.ts';
import { INSTALL_LIMITS, onHost } from '../../../src/sandboxes/packages/run-installer.ts';
import { calm, type LayerKit, layerKit, problemOf } from './layer-kit.ts';
import { type Index, proxyTo, pythonIndex, serve, tarball, wheel } from './make-packages.ts';

const real = await makeKit(nodeEffects());
const python = (await real.pythons())[0]?.path ?? '/nonexistent';
const hasPip = spawnSync(python, ['-I', '-m', 'pip', '--version']).status === 0;

const TINY = wheel('tiny', { needs: ['helper>=2'] });
const HELPER = wheel('helper', { version: '2.5' });
const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** An archive of sources that leaves a file behind as soon as anybody builds it. */
const sources = (name: string, mark: string): Buffer =>
  tarball({
    [`${name}-1.0/pyproject.toml`]:
      '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    [`${name}-1.0/backend.py`]: `open(${JSON.stringify(mark)}, 'w').write('ran')\n`,
    [`${name}-1.0/PKG-INFO`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
  });

const wheels = (parent: string, files: readonly { file: string; bytes: Buffer }[]): string => {
  const folder = join(parent, 'wheels');
  mkdirSync(folder);
  for (const { file, bytes } of files) writeFileSync(join(folder, file), bytes);
  return folder;
};

const layerOf = (
  { kit }: LayerKit,
  packages: readonly string[],
  more: Partial<Parameters<typeof packageLayer>[1]> = {},
): ReturnType<typeof packageLayer> =>
  packageLayer(kit, { language: 'python', packages, ...more }, calm());

/** What a Python with the layer prints. */
const said = (folder: string, code: string): string => {
  const start = `import sys; sys.path.insert(0, ${JSON.stringify(folder)})\n${code}`;
  return spawnSync(python, ['-I', '-B', '-c', start], { encoding: 'utf8' }).stdout.trim();
};

const onIndex = async (index: Index, more = {}): Promise<LayerKit> =>
  await layerKit({ AWP_PIP_INDEX: `${index.url}/simple`, ...more });

describe.skipIf(!hasPip)('a layer of Python packages', { timeout: 120_000 }, () => {
  it('has the packages of an index and what they need', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const { folder, versions } = await layerOf(made, ['tiny']);
    expect([...versions].sort()).toEqual([
      ['helper', '2.5'],
      ['tiny', '1.0'],
    ]);
    expect(said(folder, 'import tiny, helper; print(tiny.VERSION, helper.VERSION)')).toBe(
      '1.0 2.5',
    );
  });

  it('says in its file what it is made of', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const { folder } = await layerOf(made, ['tiny >= 1', 'helper']);
    const facts = JSON.parse(readFileSync(join(folder, '../layer.json'), 'utf8'));
    const { packages, ...rest } = facts;
    expect(rest).toEqual({
      language: 'python',
      runtime: expect.stringMatching(/^Python 3\.\d+\.\d+$/),
      platform: `${process.platform}-${process.arch}`,
      index: `${index.url}/simple`,
      made: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      specs: ['helper', 'tiny>=1'],
    });
    expect(packages).toEqual(
      expect.arrayContaining([
        { name: 'tiny', version: '1.0', hash: `sha256:${hash(TINY.bytes)}`, file: TINY.file },
        { name: 'helper', version: '2.5', hash: `sha256:${hash(HELPER.bytes)}`, file: HELPER.file },
      ]),
    );
  });

  it('is found again without a request or a process', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const first = await layerOf(made, ['tiny', 'helper']);
    const before = { requests: index.requests.length, started: made.started.length };
    const second = await layerOf(made, ['helper', ' tiny']);
    expect(second).toEqual(first);
    expect({ requests: index.requests.length, started: made.started.length }).toEqual(before);
  });

  it('is made once for all who want it at the same time, and leaves nothing else', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const all = await Promise.all(Array.from({ length: 4 }, () => layerOf(made, ['tiny'])));
    expect(new Set(all.map(({ folder }) => folder)).size).toBe(1);
    expect(index.requests.filter(({ path }) => path.endsWith(TINY.file))).toHaveLength(1);
    expect(made.names()).toHaveLength(1);
  });

  it('is taken from whoever was faster', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const inner = onHost(made.kit.machine);
    const request = { language: 'python', packages: ['tiny'] } as const;
    const first = await packageLayer(made.kit, request, calm());
    const other = readFileSync(join(first.folder, '../layer.json'), 'utf8');
    rmSync(join(first.folder, '..'), { recursive: true });
    // Another process finishes between our installer's end and our own.
    const late = await layerOf(made, ['tiny'], {
      run: async (command, signal) => {
        const end = await inner(command, signal);
        mkdirSync(first.folder, { recursive: true });
        writeFileSync(join(first.folder, '../layer.json'), other);
        writeFileSync(join(first.folder, 'theirs'), '');
        return end;
      },
    });
    expect(late).toEqual(first);
    expect(readdirSync(late.folder)).toEqual(['theirs']);
    expect(made.names()).toHaveLength(1);
  });

  it('takes the place of one that is damaged, and old drafts are removed', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const first = await layerOf(made, ['tiny']);
    writeFileSync(join(first.folder, '../layer.json'), '{"packages": [');
    const young = `.draft-${Date.now()}-aa`;
    for (const name of ['.draft-1000-bb', young])
      mkdirSync(join(made.layers, name, 'files'), { recursive: true });
    rmSync(join(first.folder, 'tiny'), { recursive: true });
    const again = await layerOf(made, ['tiny']);
    expect(said(again.folder, 'import tiny; print(tiny.VERSION)')).toBe('1.0');
    expect(made.names()).toEqual([young, again.folder.split('/').at(-2)].sort());
  });

  it('comes from a folder of wheels without any index', async () => {
    using made = await layerKit({});
    const folder = wheels(made.place, [TINY, HELPER]);
    using local = await layerKit({ AWP_PIP_WHEELS: folder, AWP_PIP_INDEX: 'http://127.0.0.1:9/' });
    const layer = await layerOf(local, ['tiny']);
    expect(layer.versions.get('tiny')).toBe('1.0');
    writeFileSync(
      join(folder, 'tiny-1.1-py3-none-any.whl'),
      wheel('tiny', { version: '1.1' }).bytes,
    );
    const newer = await layerOf(local, ['tiny']);
    expect(newer.versions.get('tiny')).toBe('1.1');
  });

  it('takes declared hashes and nothing else', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const helper = `helper==2.5 --hash=sha256:${hash(HELPER.bytes)}`;
    const good = await layerOf(made, [`tiny==1.0 --hash=sha256:${hash(TINY.bytes)}`, helper]);
    expect(good.versions.get('tiny')).toBe('1.0');
    const wrong = layerOf(made, [`tiny==1.0 --hash=sha256:${'0'.repeat(64)}`, helper]);
    expect(await problemOf(wrong)).toMatch(
      /^sandbox\/package-failed: .*DO NOT MATCH THE HASHES.*\(the index gave another file/s,
    );
    expect(await problemOf(layerOf(made, [`tiny==1.0 --hash=sha256:${hash(TINY.bytes)}`]))).toMatch(
      /^sandbox\/package-failed: .*\(with hashes, declare what the packages need as well/s,
    );
  });

  it.each([
    ['a package that is not there', ['absent'], /No matching distribution found for absent/],
    ['a version that is not there', ['tiny>=7'], /No matching distribution found for tiny>=7/],
  ])('is not made for %s', async (_what, packages, message) => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const problem = await problemOf(layerOf(made, packages));
    expect(problem).toMatch(/^sandbox\/package-failed/);
    expect(problem).toMatch(message);
    expect(problem).toContain('check name and version');
    expect(made.names()).toEqual([]);
  });

  it('never builds anything, neither what is asked for nor what a wheel needs', async () => {
    using made = await layerKit({});
    const mark = join(made.place, 'ran');
    const archive = sources('built', mark);
    await using index = await serve((url) => ({
      '/simple/built/': '<a href="/built-1.0.tar.gz">built-1.0.tar.gz</a>',
      '/built-1.0.tar.gz': archive,
      '/simple/asks/': '<a href="/asks-1.0-py3-none-any.whl">asks-1.0-py3-none-any.whl</a>',
      '/asks-1.0-py3-none-any.whl': wheel('asks', { needs: [`built @ ${url}/built-1.0.tar.gz`] })
        .bytes,
      '/simple/clones/': '<a href="/clones-1.0-py3-none-any.whl">clones-1.0-py3-none-any.whl</a>',
      '/clones-1.0-py3-none-any.whl': wheel('clones', { needs: [`built @ git+${url}/built.git`] })
        .bytes,
    }));
    using asked = await onIndex(index);
    for (const name of ['built', 'asks', 'clones']) {
      expect(await problemOf(layerOf(asked, [name]))).toMatch(/^sandbox\/package-failed/);
    }
    expect(existsSync(mark)).toBe(false);
    expect(asked.names()).toEqual([]);
    // With pip's own word alone, that only wheels are wanted, it is built: the attack is one.
    const inner = onHost(asked.kit.machine);
    const run: typeof inner = (command, signal) => {
      const args = command.args.map((word) => word.replace('sys.addaudithook(check)', ''));
      return inner({ ...command, args }, signal);
    };
    await problemOf(layerOf(asked, ['asks'], { run }));
    expect(existsSync(mark)).toBe(true);
  });

  it('asks no host that is not the index', async () => {
    await using elsewhere = await pythonIndex([HELPER]);
    const address = elsewhere.url.replace('127.0.0.1', 'localhost');
    const needs = [`helper @ ${address}/files/${HELPER.file}`];
    await using index = await pythonIndex([wheel('tiny', { needs })]);
    using made = await onIndex(index);
    expect(await problemOf(layerOf(made, ['tiny']))).toMatch(
      /^sandbox\/package-failed: .*localhost.*AWP_PACKAGE_HOSTS/s,
    );
    expect(elsewhere.requests).toEqual([]);
    const hosts = new URL(address).host;
    using allowed = await onIndex(index, { AWP_PACKAGE_HOSTS: hosts });
    expect((await layerOf(allowed, ['tiny'])).versions.get('helper')).toBe('2.5');
  });

  it('gives a password to the index and writes it nowhere', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    const url = index.url.replace('http://', 'http://user:s%40fe-word@');
    using made = await layerKit({ AWP_PIP_INDEX: `${url}/simple` });
    const { folder } = await layerOf(made, ['tiny']);
    const basic = `Basic ${Buffer.from('user:s@fe-word').toString('base64')}`;
    expect(new Set(index.requests.map(({ authorization }) => authorization))).toEqual(
      new Set([basic]),
    );
    expect(JSON.stringify(made.started)).not.toMatch(/s@fe-word|s%40fe-word/);
    const problem = await problemOf(layerOf(made, ['absent']));
    expect(problem + readFileSync(join(folder, '../layer.json'), 'utf8')).not.toMatch(
      /s@fe|s%40fe/,
    );
  });

  it('goes through a proxy of its runner', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    await using proxy = await proxyTo(index);
    using made = await layerKit({ AWP_PIP_INDEX: 'http://localhost:9/simple' });
    const inner = onHost(made.kit.machine);
    const run: typeof inner = (command, signal) =>
      inner({ ...command, env: { ...command.env, HTTP_PROXY: proxy.url } }, signal);
    const { versions } = await layerOf(made, ['tiny'], { run });
    expect(versions.get('helper')).toBe('2.5');
    expect(proxy.requests[0]?.path).toBe('http://localhost:9/simple/tiny/');
  });

  it.each([
    ['bytes', { maxBytes: 100_000 }, /they need more than 0 MiB|File too large/],
    ['files', { maxFiles: 3 }, /they need more than 3 files/],
  ])('is not made of too many %s', async (_what, limit, message) => {
    const more = { 'tiny/zeros': new Uint8Array(3_000_000) };
    await using index = await pythonIndex([wheel('tiny', { more })]);
    using made = await onIndex(index);
    const limits = { ...INSTALL_LIMITS, ...limit };
    expect(await problemOf(layerOf(made, ['tiny'], { limits }))).toMatch(message);
    expect(made.names()).toEqual([]);
  });

  it('stops when it is cancelled, and lets the next one try', async () => {
    await using index = await pythonIndex([TINY, HELPER]);
    using made = await onIndex(index);
    const stop = new AbortController();
    const inner = onHost(made.kit.machine);
    let second: ReturnType<typeof layerOf> | undefined;
    const request = { language: 'python', packages: ['tiny'] } as const;
    const run: typeof inner = (command, signal) => {
      second = layerOf(made, ['tiny']);
      stop.abort(new Error('enough'));
      return inner(command, signal);
    };
    expect(await problemOf(packageLayer(made.kit, { ...request, run }, stop.signal))).toContain(
      'enough',
    );
    expect((await second)?.versions.get('tiny')).toBe('1.0');
    expect(made.names()).toHaveLength(1);
  });

  it('ends an installer that takes too long', async () => {
    using made = await layerKit({ AWP_PIP_INDEX: 'http://127.0.0.1:9/simple' });
    const run = onHost(made.kit.machine);
    const limits = { ...INSTALL_LIMITS, timeoutMs: 300 };
    const slow: typeof run = (command, signal) =>
      run({ ...command, command: '/bin/sleep', args: ['600'] }, signal);
    expect(await problemOf(layerOf(made, ['tiny'], { run: slow, limits }))).toMatch(
      /^sandbox\/package-failed: .* more than 0.3 s/,
    );
  });

  it('is not needed for what the Python has already, unless a version is asked for', async () => {
    using made = await layerKit({});
    const runtime = {
      path: python,
      version: '3.11.0',
      folders: [],
      libraries: new Map([['tiny-x', '1']]),
    };
    const wish = (packages: string[]) => ({
      ...{ language: 'python' as const, python: runtime },
      policy: { ...sandboxPolicy(), packages: { python: packages, javascript: [] } },
    });
    const { signal } = new AbortController();
    expect(await made.kit.layers(wish(['Tiny_X']), signal)).toEqual([]);
    await expect(made.kit.layers(wish(['tiny-x==2']), signal)).rejects.toThrow(/no index/);
  });

  it('is told apart from a Python without pip', async () => {
    using made = await layerKit({ AWP_PIP_INDEX: 'https://index.test/simple' });
    const folder = join(made.place, 'bare');
    expect(spawnSync(python, ['-m', 'venv', '--without-pip', folder]).status).toBe(0);
    const bare = {
      path: join(folder, 'bin/python'),
      version: '3.0.0',
      folders: [],
      libraries: new Map(),
    };
    expect(await problemOf(layerOf(made, ['tiny'], { python: bare }))).toMatch(
      /^sandbox\/no-installer: .*bare\/bin\/python has no pip.*python3-pip/,
    );
  });

  it.each([
    [{}, /^sandbox\/bad-index: packages of python are declared, but no index .*AWP_PIP_INDEX/],
    [{ AWP_PIP_INDEX: 'ftp://index.test' }, /^sandbox\/bad-index: AWP_PIP_INDEX/],
    [{ AWP_PIP_INDEX: 'https://a.test/ --pre' }, /^sandbox\/bad-index: AWP_PIP_INDEX/],
    [{ AWP_PIP_INDEX: 'https://u:a%0Ab@a.test/' }, /^sandbox\/bad-index: AWP_PIP_INDEX/],
    [{ AWP_PIP_WHEELS: 'wheels' }, /^sandbox\/bad-index: AWP_PIP_WHEELS/],
    [{ AWP_PIP_WHEELS: '/nonexistent/wheels' }, /^sandbox\/bad-index: .* is not there/],
    [{ AWP_PIP_WHEELS: '/tmp', XDG_CACHE_HOME: 'relative' }, /^sandbox\/package-failed: .*folder/],
  ])('is not made with the settings %j', async (settings, message) => {
    using made = await layerKit(settings);
    expect(await problemOf(layerOf(made, ['tiny']))).toMatch(message);
  });

  it.skipIf(real.machine.uid === undefined)(
    'is made by the user of the box when we are root, and is then ours',
    async () => {
      const { uid } = real.machine;
      using made = await layerKit({}, uid);
      const folder = wheels(made.place, [TINY, HELPER]);
      using local = await layerKit({ AWP_PIP_WHEELS: folder }, uid);
      const layer = await layerOf(local, ['tiny']);
      const installer = local.started.find(({ args }) => args.includes('install'));
      expect(installer?.uid).toBe(uid);
      for (const path of ['', 'tiny', 'tiny/__init__.py']) {
        const stats = statSync(join(layer.folder, path));
        expect([stats.uid, stats.mode & 0o022, stats.mode & 0o444]).toEqual([0, 0, 0o444]);
      }
      expect(statSync(join(layer.folder, 'tiny/__init__.py')).mode & 0o222).toBe(0);
    },
  );
});
