import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxPolicy } from '../../src/events/plan.ts';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import type { ToolContext, ToolResult } from '../../src/ports/tool.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { nothingKept, temporaryFolder } from '../make.ts';
import { wheel } from '../sandboxes/packages/make-packages.ts';
import { type Bench, makeBench, policy } from './bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.clear());

interface Called {
  done: ToolResult;
  noted: (string | undefined)[];
}

async function install(
  packages: readonly string[],
  context: Partial<ToolContext>,
): Promise<Called> {
  const noted: (string | undefined)[] = [];
  const denied: ToolContext['denied'] = (_, kind) => noted.push(kind);
  const done = await bench.call('pip.install', { packages: [...packages] }, { denied, ...context });
  return { done, noted };
}

const fake = (packages?: NonNullable<Sandbox['packages']>): (() => Promise<Sandbox>) => {
  return async () => ({
    ...{ name: 'deno' as const, isolation: 'none', languages: [] },
    run: () => Promise.reject(new Error('nothing is run')),
    ...(packages && { packages }),
    ...nothingKept,
  });
};

describe('pip.install', () => {
  it('is not there in a box without packages', async () => {
    const { done } = await install(['tiny'], { sandbox: fake() });
    expect(done).toMatchObject({ ok: false, status: 503 });
  });

  it.each([
    ['sandbox/bad-package', 400, ['input.refused']],
    ['sandbox/refused', 403, ['acl.sandbox.denied']],
    ['sandbox/bad-index', 503, []],
    ['sandbox/no-installer', 503, []],
    ['sandbox/package-failed', 500, []],
  ] as const)('tells of %s as status %d', async (code, status, kinds) => {
    const sandbox = fake(() => Promise.reject(new AwpError(code, 'why', { hint: 'what helps' })));
    const { done, noted } = await install(['tiny'], { sandbox });
    const data = { installed: [], stderr: 'why' };
    expect(done).toEqual({ ok: false, status, error: 'why\nhint: what helps', data });
    expect(noted).toEqual(kinds);
  });

  it('leaves an error that is not about packages to others', async () => {
    const sandbox = fake(() => Promise.reject(new Error('cancelled')));
    await expect(install(['tiny'], { sandbox })).rejects.toThrow('cancelled');
  });
});

const python = spawnSync('python3', ['-I', '-m', 'pip', '--version']).status === 0;

describe.skipIf(!python).each(['bwrap', 'jail'])('in a %s', { timeout: 120_000 }, (name) => {
  const folder = temporaryFolder();
  const declared: SandboxPolicy = {
    ...{ ...policy, minimum: 'boundary' },
    packages: { python: ['tiny>=1', 'Two_Words', 'more[extra]', 'pandas'], javascript: [] },
  };
  let box: Sandbox;
  beforeAll(async () => {
    chmodSync(folder.path, 0o755);
    const wheels = join(folder.path, 'wheels');
    mkdirSync(wheels);
    for (const one of ['tiny', 'two_words', 'more'].map((word) =>
      wheel(word, { version: '1.5' }),
    )) {
      writeFileSync(join(wheels, one.file), one.bytes);
    }
    const effects = nodeEffects();
    const set: Readonly<Record<string, string>> = {
      ...{ AWP_SANDBOX: name, AWP_PIP_WHEELS: wheels, XDG_CACHE_HOME: join(folder.path, 'cache') },
    };
    const get = (asked: string) => set[asked] ?? effects.secrets.get(asked);
    box = await openSandbox({ ...effects, secrets: { get } })(declared);
  }, 120_000);
  afterAll(async () => {
    await box.close();
    folder[Symbol.dispose]();
  });
  const call = (packages: readonly string[], sandboxPolicy = declared) =>
    install(packages, { sandbox: async () => box, sandboxPolicy });

  it.each([
    [['tiny'], ['tiny==1.5']],
    [
      ['tiny==1.5', 'TWO.words'],
      ['tiny==1.5', 'two-words==1.5'],
    ],
    [
      ['tiny>=1.2,<2', 'more [extra] != 1.4'],
      ['more==1.5', 'tiny==1.5'],
    ],
    [['more'], ['more==1.5']],
  ])('%j is there: %j', async (packages, installed) => {
    const { done, noted } = await call(packages);
    expect(done).toEqual({ ok: true, status: 200, data: { installed, stderr: '' } });
    expect(noted).toEqual([]);
  });

  it('tells the version of one that the Python has already', async () => {
    const { done } = await call(['pandas']);
    expect(done.data).toMatchObject({ installed: [expect.stringMatching(/^pandas==\d/)] });
  });

  it('lets programs and shell commands of the box import what is there', async () => {
    const code = 'import tiny; print(tiny.VERSION)';
    const context = { sandbox: async () => box, sandboxPolicy: declared };
    const program = await bench.call('code.execute', { code, language: 'python' }, context);
    const command = `python3 -c '${code}'`;
    const shell = await bench.call('shell.execute', { command }, context);
    expect([program.data, shell.data]).toMatchObject([{ stdout: '1.5\n' }, { stdout: '1.5\n' }]);
  });

  // Row 135 of the attacks (spec, capabilities 12.9).
  it.each([
    ...[['other'], ['tin'], ['tinyy'], ['t1ny'], ['tiny', 'other'], ['requests==2.0']].map(
      (packages): [readonly string[], number] => [packages, 403],
    ),
    [['tiny==1.4'], 403],
    [['tiny<1.5'], 403],
    [['tiny[socks]'], 403],
    [['more[extra,socks]'], 403],
    [['more==nonsense'], 403],
    ...[
      ...['--index-url=https://evil.test', '-r /etc/passwd', '-rinputs/x', '--target=/usr'],
      ...['git+https://evil.test/x', 'https://evil.test/x.whl', './evil', '../evil', '/etc/passwd'],
      ...['x@file:///etc/passwd', 'tiny @ file:///etc/passwd', 'tiny@https://evil.test/x.whl'],
      ...[
        'pkg;id',
        'tiny;id',
        'tiny$(id)',
        'tiny`id`',
        'tiny|id',
        'tiny\n-r /etc/passwd',
        'tiny id',
      ],
      ...["tiny; python_version > '3'", 'tiny.whl', 'tiny.tar.gz', 'file:tiny', '', ' ', '*'],
      ...['tіny', 'tiny\u200b', 'ｔiny', 'a'.repeat(129), `tiny==${'1'.repeat(129)}`],
      ...[`tiny==1.5 --hash=sha256:${'0'.repeat(64)}`, 'tiny --no-deps', '-e tiny'],
    ].map((one): [readonly string[], number] => [[one], 400]),
    [['tiny==1.5', 'tiny==1.4'], 400],
  ])('%j is refused with %d, and one event', async (packages, status) => {
    const { done, noted } = await call(packages);
    expect(done).toMatchObject({ ok: false, status, data: { installed: [] } });
    expect(noted).toEqual([status === 400 ? 'input.refused' : 'acl.sandbox.denied']);
    const shown = done.error ?? '';
    expect(shown.length).toBeLessThan(600);
  });

  it('refuses everything where nothing was declared', async () => {
    const none = { ...declared, packages: { python: [], javascript: ['tiny'] } };
    const { done, noted } = await call(['tiny'], none);
    expect(done).toMatchObject({ status: 403 });
    expect(done.error).toContain('declared are: none');
    expect(noted).toEqual(['acl.sandbox.denied']);
  });

  it('ends when nobody waits any more', async () => {
    const signal = AbortSignal.abort(new Error('nobody waits'));
    const context = { sandbox: async () => box, sandboxPolicy: declared, signal };
    await expect(install(['tiny'], context)).rejects.toThrow('nobody waits');
  });
});
