import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTrusted, remember, trustGate } from '../../src/data/trust.ts';
import type { TrustQuestion } from '../../src/modules/workflow-tools.ts';
import { temporaryFolder } from '../make.ts';
import { effectsWith } from '../modules/make-tools.ts';

const question: TrustQuestion = {
  folder: '/flows/shop/mcp',
  files: [
    { path: 'price.ts', bytes: 120 },
    { path: 'stock.py', bytes: 80 },
  ],
  hash: 'a'.repeat(64),
};

function user(): { effects: ReturnType<typeof effectsWith>; path: string } & Disposable {
  const folder = temporaryFolder();
  const config = join(folder.path, 'config');
  const effects = effectsWith({ AWP_CONFIG_HOME: config });
  return {
    effects,
    path: join(config, 'trust.json'),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

describe('trust', () => {
  it('is needed for new contents, and the error says for what', async () => {
    using one = user();
    await expect(trustGate(one.effects)(question)).rejects.toMatchObject({
      code: 'trust/needed',
      message: expect.stringMatching(
        /price\.ts \(120 bytes\), stock\.py \(80 bytes\) in \/flows\/shop\/mcp; SHA-256 a{16}$/,
      ),
      hint: expect.stringContaining('--trust'),
    });
    expect(isTrusted(one.effects, question.hash)).toBe(false);
  });

  it('is remembered by what the files contain', async () => {
    using one = user();
    await trustGate(one.effects, true)(question);
    await trustGate(one.effects)(question);
    await trustGate(one.effects)({ ...question, folder: '/elsewhere' });
    await expect(
      trustGate(one.effects)({ ...question, hash: 'b'.repeat(64) }),
    ).rejects.toMatchObject({ code: 'trust/needed' });
  });

  it.each([true, false])('a person who is asked and says %s decides', async (answer) => {
    using one = user();
    const asked: TrustQuestion[] = [];
    const gate = trustGate(one.effects, async (what) => {
      asked.push(what);
      return answer;
    });
    await gate(question).catch(() => {});
    expect(asked).toEqual([question]);
    expect(isTrusted(one.effects, question.hash)).toBe(answer);
  });

  it('is kept in a file that is for the user alone', () => {
    using one = user();
    remember(one.effects, question);
    expect(statSync(one.path).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(readFileSync(one.path, 'utf8'));
    expect(kept).toMatchObject({
      version: 1,
      trusted: { [question.hash]: { folder: question.folder } },
    });
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['no JSON', (path) => writeFileSync(path, '{"version":1,', { mode: 0o600 }), /is damaged/],
    ['another form', (path) => writeFileSync(path, '[]', { mode: 0o600 }), /is damaged/],
    [
      'a later form',
      (path) => writeFileSync(path, '{"version":2}', { mode: 0o600 }),
      /later release/,
    ],
    [
      'open to others',
      (path) => {
        writeFileSync(path, '{"version":1,"trusted":{}}');
        chmodSync(path, 0o666);
      },
      /by others/,
    ],
    ['a link', (path) => symlinkSync('/etc/hostname', path), /is a link/],
  ])('a file that is %s is told, and trusts nothing', async (_, make, message) => {
    using one = user();
    mkdirSync(join(one.path, '..'), { recursive: true });
    make(one.path);
    for (const trust of [true, false]) {
      await expect(trustGate(one.effects, trust)(question)).rejects.toMatchObject({
        code: 'trust/damaged',
        message: expect.stringMatching(message),
      });
    }
  });

  it('where there is no home, nothing is known and what is said counts', async () => {
    const effects = effectsWith({
      ...{ AWP_CONFIG_HOME: undefined, XDG_CONFIG_HOME: undefined },
      ...{ HOME: undefined, APPDATA: undefined },
    });
    await expect(trustGate(effects)(question)).rejects.toMatchObject({ code: 'trust/needed' });
    await trustGate(effects, true)(question);
  });

  it('where nothing can be written, what is said counts for this run', async () => {
    const effects = effectsWith({ AWP_CONFIG_HOME: '/sys/awp' });
    await trustGate(effects, true)(question);
    await expect(trustGate(effects)(question)).rejects.toMatchObject({ code: 'trust/needed' });
  });

  it('processes that remember at the same time lose nothing of each other', async () => {
    using one = user();
    const code = `
      const { remember } = await import(${JSON.stringify(new URL('../../src/data/trust.ts', import.meta.url).href)});
      const { nodeEffects } = await import(${JSON.stringify(new URL('../../src/effects/index.ts', import.meta.url).href)});
      for (let i = 0; i < 20; i++)
        remember(nodeEffects(), { hash: process.argv[1] + '-' + i, folder: '/f' });`;
    const processes = ['a', 'b', 'c'].map((name) => {
      const env = { ...process.env, AWP_CONFIG_HOME: join(one.path, '..') };
      const args = ['--input-type=module', '-e', code, name];
      return once(spawn(process.execPath, args, { env, stdio: 'inherit' }), 'exit');
    });
    expect((await Promise.all(processes)).map(([status]) => status)).toEqual([0, 0, 0]);
    const { trusted } = JSON.parse(readFileSync(one.path, 'utf8'));
    expect(Object.keys(trusted)).toHaveLength(60);
  }, 60_000);
});
