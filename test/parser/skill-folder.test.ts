import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/effects/files.ts';
import { SKILL_LIMITS } from '../../src/models/skill.ts';
import { folderFiles } from '../../src/parser/folder-files.ts';
import { type ReadSkill, readSkill, readSkillFile } from '../../src/parser/skill-folder.ts';
import { temporaryFolder } from '../make.ts';

let above: ReturnType<typeof temporaryFolder>;
let root: string;

beforeEach(() => {
  above = temporaryFolder();
  root = join(above.path, 'cleaning');
  put('SKILL.md', '# Cleaning\n\nCount first.');
  writeFileSync(join(above.path, 'secrets.yaml'), 'password: hunter2');
});
afterEach(() => above[Symbol.dispose]());

function put(path: string, text: string | Uint8Array = 'x'): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

function read(): Promise<ReadSkill> {
  const place = { path: 'skills/cleaning', fallback: 'cleaning' };
  return readSkill(folderFiles(nodeFiles(), root), place);
}

describe('the folder of a skill', () => {
  it('is read with all of its files, SKILL.md first', async () => {
    put('scripts/clean.py', 'print(1)');
    put('assets/logo.png', new Uint8Array([0x89, 0x50, 0, 1]));
    put('AUTHORS', 'me');
    const { name, files } = await read();
    expect(name).toBe('cleaning');
    expect(files).toEqual([
      { path: 'SKILL.md', bytes: 24 },
      { path: 'AUTHORS', bytes: 2 },
      { path: 'assets/logo.png', bytes: 4 },
      { path: 'scripts/clean.py', bytes: 8 },
    ]);
  });

  it('has short texts of references and examples to be shown, and no others', async () => {
    put('references/short.md', 'Short.\n');
    put('references/deep/er.txt', 'Deeper.');
    put('references/long.md', 'x'.repeat(SKILL_LIMITS.shownBytes + 1));
    put('references/picture.png', new Uint8Array([0x89, 0x50, 0, 1]));
    put('references/empty.md', ' ');
    put('examples/one.csv', 'a,b');
    put('scripts/clean.py', 'print(1)');
    const { shown, files } = await read();
    expect([...shown]).toEqual([
      ['examples/one.csv', 'a,b'],
      ['references/deep/er.txt', 'Deeper.'],
      ['references/short.md', 'Short.'],
    ]);
    expect(files).toHaveLength(8);
  });

  it('keeps back what programs and people keep for themselves', async () => {
    for (const path of [
      ...['.env', '.git/config', 'references/.DS_Store', 'secrets.yaml', 'scripts/Secrets.yml'],
      ...['scripts/__pycache__/a.pyc', 'node_modules/a/index.js', '__MACOSX/SKILL.md'],
    ]) {
      put(path);
    }
    expect((await read()).files.map(({ path }) => path)).toEqual(['SKILL.md']);
  });

  it('may have links to what is inside of it', async () => {
    put('references/a.md', 'A.');
    link('references/b.md', 'a.md');
    link('more', 'references');
    const { files, shown } = await read();
    expect(files.map(({ path }) => path)).toContain('more/a.md');
    expect(shown.get('references/b.md')).toBe('A.');
  });

  it.each<[string, () => void, string]>([
    ['a link to a secret', () => link('references/a.md', '../../secrets.yaml'), 'is a link'],
    ['a link to a folder outside', () => link('references', '..'), 'is a link'],
    ['an absolute link', () => link('a', '/etc/passwd'), 'is a link'],
    ['a link to nothing', () => link('a', 'gone'), 'is a link'],
    ['a pipe', () => execFileSync('mkfifo', [join(root, 'a')]), 'a is no file that can be read'],
    ['a name with a line break', () => put('a\nb'), 'control characters'],
    ['a name with a backslash', () => put('a\\b'), 'must use /'],
  ])('is refused with %s', async (_, make, message) => {
    make();
    await expect(read()).rejects.toMatchObject({
      code: 'skill/bad',
      message: expect.stringContaining(message),
    });
    await expect(read()).rejects.not.toThrow(/hunter2/);
  });

  it.each<[string, () => void]>([
    ['a SKILL.md of 50 MB', () => put('SKILL.md', new Uint8Array(50_000_000).fill(65))],
    ['a SKILL.md above its limit', () => put('SKILL.md', 'x'.repeat(SKILL_LIMITS.mainBytes + 1))],
    ['more than 100 files', () => Array.from({ length: 100 }, (_, n) => put(`assets/${n}`))],
    ['more than 10 MB', () => [1, 2].map((n) => put(`${n}`, new Uint8Array(6_000_000)))],
    ['more than 8 levels', () => put('1/2/3/4/5/6/7/8/9')],
    ['a link to itself', () => link('again', '.')],
    ['folders that lead to each other', () => ['a/x', 'a/y'].map((path) => link(path, '../a'))],
    [
      'more than 1,000 folders',
      () => Array.from({ length: 1001 }, (_, n) => mkdirSync(join(root, `f${n}`))),
    ],
  ])('is too large with %s', async (_, make) => {
    make();
    await expect(read()).rejects.toMatchObject({ code: 'skill/too-large' });
  });

  it.each<[string, () => void]>([
    ['a link out of it', () => link('SKILL.md', '../secrets.yaml')],
    ['a folder', () => put('SKILL.md/a')],
    ['a text that is none', () => put('SKILL.md', new Uint8Array([0xff]))],
  ])('is refused when its SKILL.md is %s', async (_, make) => {
    execFileSync('rm', [join(root, 'SKILL.md')]);
    make();
    await expect(read()).rejects.toMatchObject({ code: 'skill/bad' });
  });

  it('is no skill without a SKILL.md', async () => {
    execFileSync('rm', [join(root, 'SKILL.md')]);
    put('skill.md');
    await expect(read()).rejects.toMatchObject({
      code: 'skill/not-found',
      message: 'there is no SKILL.md in skills/cleaning',
    });
  });
});

describe('a skill that is one file', () => {
  it('has no other files', async () => {
    put('other.md', 'Other.');
    const files = folderFiles(nodeFiles(), root);
    const place = { path: 'skills/other.md', fallback: 'other' };
    expect(await readSkillFile(files, 'other.md', place)).toMatchObject({
      name: 'other',
      body: 'Other.',
      files: [{ path: 'SKILL.md', bytes: 6 }],
    });
  });
});
