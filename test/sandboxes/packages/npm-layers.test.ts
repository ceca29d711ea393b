import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../../src/effects/index.ts';
import { packageLayer } from '../../../src/sandboxes/packages/layers.ts';
import { onHost } from '../../../src/sandboxes/packages/run-installer.ts';
import { npmTool } from '../../../src/sandboxes/packages/tools.ts';
import { calm, type LayerKit, layerKit, problemOf } from './layer-kit.ts';
import { type Index, type NpmPackage, npmRegistry, proxyTo } from './make-packages.ts';

const hasNpm = await layerKit({}).then(async (made) => {
  using _ = made;
  return (await npmTool(made.kit).catch(() => undefined)) !== undefined;
});

const TINY: NpmPackage = {
  name: 'tiny',
  version: '1.0.0',
  about: { dependencies: { '@scope/helper': '^2.0.0' }, bin: { tiny: './index.js' } },
  files: { 'package/index.js': "module.exports = 'tiny with ' + require('@scope/helper');" },
};
const HELPER: NpmPackage = {
  name: '@scope/helper',
  version: '2.5.0',
  files: { 'package/index.js': "module.exports = 'helper 2.5.0';" },
};

const layerOf = (
  { kit }: LayerKit,
  packages: readonly string[],
  more: Partial<Parameters<typeof packageLayer>[1]> = {},
): ReturnType<typeof packageLayer> =>
  packageLayer(kit, { language: 'javascript', packages, ...more }, calm());

const onRegistry = async (index: Index, more = {}): Promise<LayerKit> =>
  await layerKit({ AWP_NPM_REGISTRY: index.url, ...more });

/** What a program that lies beside the packages gets. */
const loaded = (folder: string, name: string): unknown =>
  createRequire(join(folder, 'program.js'))(name);

describe.skipIf(!hasNpm)('a layer of npm packages', { timeout: 120_000 }, () => {
  it('has the packages of a registry and what they need', async () => {
    await using index = await npmRegistry([TINY, HELPER]);
    using made = await onRegistry(index);
    const { folder, versions } = await layerOf(made, ['tiny@1']);
    expect(loaded(folder, 'tiny')).toBe('tiny with helper 2.5.0');
    expect([...versions]).toEqual([
      ['@scope/helper', '2.5.0'],
      ['tiny', '1.0.0'],
    ]);
    expect(existsSync(join(folder, 'node_modules/.bin'))).toBe(false);
    expect(statSync(join(folder, 'node_modules/tiny/index.js')).mode & 0o222).toBe(0);
  });

  it('says in its file what it is made of', async () => {
    await using index = await npmRegistry([HELPER]);
    using made = await onRegistry(index);
    const { folder } = await layerOf(made, ['@scope/helper']);
    expect(JSON.parse(readFileSync(join(folder, '../layer.json'), 'utf8'))).toEqual({
      language: 'javascript',
      runtime: `Node ${process.versions.node}`,
      platform: `${process.platform}-${process.arch}`,
      index: `${index.url}/`,
      made: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      specs: ['@scope/helper'],
      packages: [
        {
          ...{ name: '@scope/helper', version: '2.5.0', file: '2.5.0.tgz' },
          hash: expect.stringMatching(/^sha512:[0-9a-f]{128}$/),
        },
      ],
    });
  });

  it('is found again without a request or a process', async () => {
    await using index = await npmRegistry([TINY, HELPER]);
    using made = await onRegistry(index);
    const first = await layerOf(made, ['tiny']);
    const before = { requests: index.requests.length, started: made.started.length };
    expect(await layerOf(made, ['tiny'])).toEqual(first);
    expect({ requests: index.requests.length, started: made.started.length }).toEqual(before);
    expect(made.names()).toHaveLength(1);
  });

  it('never runs a script of a package', async () => {
    using place = await layerKit({});
    const mark = join(place.place, 'ran');
    const names = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
    const scripts = Object.fromEntries(names.map((name) => [name, `echo ran > ${mark}`]));
    await using index = await npmRegistry([
      { ...TINY, about: { ...TINY.about, scripts } },
      // npm builds what has such a file, script or not.
      { ...HELPER, about: { scripts }, files: { ...HELPER.files, 'package/binding.gyp': '{}' } },
    ]);
    using made = await onRegistry(index);
    expect(loaded((await layerOf(made, ['tiny'])).folder, 'tiny')).toContain('helper');
    expect(existsSync(mark)).toBe(false);
  });

  it.each([
    ['a repository', 'git+file:///tmp/evil.git'],
    ['a repository in short', 'owner/name'],
    ['a file', 'file:/etc'],
    ['an archive of another host', 'http://127.0.0.1:9/evil.tgz'],
  ])('is not made of a package that needs %s', async (_what, needed) => {
    await using index = await npmRegistry([{ ...TINY, about: { dependencies: { evil: needed } } }]);
    using made = await onRegistry(index);
    expect(await problemOf(layerOf(made, ['tiny']))).toMatch(
      /^sandbox\/(?:package-failed|bad-package)/,
    );
    expect(made.names()).toEqual([]);
  });

  it('takes no archive from a host that is not the registry, unless it is named', async () => {
    await using elsewhere = await npmRegistry([HELPER]);
    const at = elsewhere.url.replace('127.0.0.1', 'localhost');
    await using index = await npmRegistry([{ ...HELPER, at }]);
    using made = await onRegistry(index);
    expect(await problemOf(layerOf(made, ['@scope/helper']))).toMatch(
      /^sandbox\/package-failed: .*disabled.*AWP_PACKAGE_HOSTS/,
    );
    expect(elsewhere.requests).toEqual([]);
    using allowed = await onRegistry(index, { AWP_PACKAGE_HOSTS: new URL(at).host });
    expect((await layerOf(allowed, ['@scope/helper'])).versions.get('@scope/helper')).toBe('2.5.0');
  });

  it.each([
    ['a package that is not there', ['absent'], /E?404/],
    ['a version that is not there', ['@scope/helper@3'], /No matching version/],
    ['another archive than its checksum says', ['broken'], /integrity|EINTEGRITY/],
  ])('is not made for %s', async (_what, packages, message) => {
    const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
    await using index = await npmRegistry([
      HELPER,
      { name: 'broken', version: '1.0.0', integrity },
    ]);
    using made = await onRegistry(index);
    const problem = await problemOf(layerOf(made, packages));
    expect(problem).toMatch(/^sandbox\/package-failed/);
    expect(problem).toMatch(message);
    expect(made.names()).toEqual([]);
  });

  it('has no link out of an archive', async () => {
    await using index = await npmRegistry([
      { ...HELPER, files: { ...HELPER.files, 'package/passwd': { link: '/etc/passwd' } } },
    ]);
    using made = await onRegistry(index);
    const { folder } = await layerOf(made, ['@scope/helper']);
    expect(existsSync(join(folder, 'node_modules/@scope/helper/passwd'))).toBe(false);
  });

  it('reads no settings of a home, a workflow or the environment', async () => {
    await using index = await npmRegistry([TINY, HELPER]);
    using place = await layerKit({});
    mkdirSync(join(place.place, 'home'));
    writeFileSync(join(place.place, 'home/.npmrc'), 'registry=http://127.0.0.1:9/\n');
    const HOME = join(place.place, 'home');
    const npm_config_registry = 'http://127.0.0.1:9/';
    using made = await onRegistry(index, { HOME, npm_config_registry });
    expect((await layerOf(made, ['tiny'])).versions.get('tiny')).toBe('1.0.0');
  });

  it('gives a password to the registry and writes it nowhere', async () => {
    await using index = await npmRegistry([TINY, HELPER]);
    const url = index.url.replace('http://', 'http://user:s%40fe-word@');
    using made = await layerKit({ AWP_NPM_REGISTRY: url });
    const { folder } = await layerOf(made, ['tiny']);
    const basic = `Basic ${Buffer.from('user:s@fe-word').toString('base64')}`;
    expect(new Set(index.requests.map(({ authorization }) => authorization))).toEqual(
      new Set([basic]),
    );
    const kept = JSON.stringify(made.started) + readFileSync(join(folder, '../layer.json'), 'utf8');
    expect(kept).not.toMatch(/s@fe-word|s%40fe-word|dXNlcjpzQGZl/);
  });

  it('goes through a proxy of its runner', async () => {
    await using index = await npmRegistry([{ ...HELPER, at: 'http://registry.test' }]);
    await using proxy = await proxyTo(index);
    using made = await layerKit({ AWP_NPM_REGISTRY: 'http://registry.test/' });
    const inner = onHost(made.kit.machine);
    const run: typeof inner = (command, signal) =>
      inner({ ...command, env: { ...command.env, HTTP_PROXY: proxy.url } }, signal);
    const { versions } = await layerOf(made, ['@scope/helper'], { run });
    expect(versions.get('@scope/helper')).toBe('2.5.0');
    expect(proxy.requests.map(({ path }) => new URL(path).host)).toEqual([
      'registry.test',
      'registry.test',
    ]);
  });

  it('is told apart from a machine without npm', async () => {
    using made = await layerKit({ PATH: '/nonexistent', AWP_NPM_REGISTRY: 'http://127.0.0.1:9/' });
    expect(await problemOf(layerOf(made, ['tiny']))).toMatch(
      /^sandbox\/no-installer: npm was not found/,
    );
    expect(made.names()).toEqual([]);
  });

  it.skipIf(nodeEffects().processes.uid() !== 0)(
    'is made by the user of the box when we are root, and is then ours',
    async () => {
      const { machine } = (await layerKit({})).kit;
      expect(machine.uid).toBeUndefined();
      await using index = await npmRegistry([TINY, HELPER]);
      using made = await layerKit({ AWP_NPM_REGISTRY: index.url }, 59_876);
      const { folder } = await layerOf(made, ['tiny']);
      expect(made.started.find(({ args }) => args.includes('install'))?.uid).toBe(59_876);
      expect(statSync(join(folder, 'node_modules/tiny/index.js')).uid).toBe(0);
    },
  );
});
