import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/hash.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { temporaryFolder } from '../make.ts';

const files = nodeFiles();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'awp-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const at = (...parts: string[]): string => join(folder, ...parts);

describe('writing', () => {
  it('replaces a file and leaves nothing else behind', async () => {
    await files.write(at('a.txt'), 'one');
    await files.write(at('a.txt'), new TextEncoder().encode('two'));
    expect(await files.readText(at('a.txt'))).toBe('two');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it.each([0o600, 0o640, 0o755])('keeps the mode %o of the file that it replaces', async (mode) => {
    writeFileSync(at('a.txt'), 'one');
    chmodSync(at('a.txt'), mode);
    await files.write(at('a.txt'), 'two');
    expect(statSync(at('a.txt')).mode & 0o777).toBe(mode);
  });

  it('replaces a link instead of writing to where it leads', async () => {
    writeFileSync(at('target'), 'untouched');
    symlinkSync(at('target'), at('link'));
    await files.write(at('link'), 'new');
    expect(readFileSync(at('target'), 'utf8')).toBe('untouched');
    expect((await files.info(at('link')))?.kind).toBe('file');
  });

  it('leaves nothing behind when it fails', async () => {
    await files.makeFolder(at('taken'));
    writeFileSync(at('taken', 'x'), '');
    await expect(files.write(at('taken'), 'data')).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    });
    await expect(files.write(at('no', 'folder'), 'data')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  it('copies a read-only file, over another one too', async () => {
    await files.write(at('from'), 'data');
    await files.setMode(at('from'), 0o400);
    await files.write(at('to'), 'old');
    await files.copy(at('from'), at('to'));
    expect(await files.readText(at('to'))).toBe('data');
    await expect(files.copy(at('absent'), at('to'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(folder)).toEqual(['from', 'to']);
  });
});

describe('reading', () => {
  it.each([
    [0, ''],
    [3, 'abc'],
    [6, 'abcdef'],
    [1000, 'abcdef'],
    [undefined, 'abcdef'],
  ])('gives at most %s bytes', async (most, wanted) => {
    writeFileSync(at('f'), 'abcdef');
    expect(new TextDecoder().decode(await files.readBytes(at('f'), most))).toBe(wanted);
  });

  it('reads nothing of an empty file, whatever was asked for', async () => {
    writeFileSync(at('f'), '');
    expect(await files.readBytes(at('f'), 2 ** 40)).toHaveLength(0);
  });

  it('hashes a file in pieces as if it were read at once', async () => {
    const bytes = new Uint8Array(3_000_001).fill(7);
    writeFileSync(at('f'), bytes);
    expect(await files.hash(at('f'))).toBe(sha256(bytes));
  });
});

describe('folders', () => {
  it('makes those above and lists names in order', async () => {
    await files.makeFolder(at('a', 'b', 'c'), 0o700);
    await files.makeFolder(at('a', 'b', 'c'));
    for (const name of ['z', 'B', 'a']) await files.write(at('a', 'b', 'c', name), '');
    expect(await files.list(at('a', 'b', 'c'))).toEqual(['B', 'a', 'z']);
    expect(await files.list(at('none'))).toEqual([]);
  });

  it('tells what a path leads to without following links', async () => {
    writeFileSync(at('file'), '12345');
    symlinkSync(at('file'), at('link'));
    expect(await files.info(at('file'))).toEqual({ kind: 'file', bytes: 5 });
    expect((await files.info(folder))?.kind).toBe('folder');
    expect((await files.info(at('link')))?.kind).toBe('link');
    expect((await files.info('/dev/null'))?.kind).toBe('other');
    expect(await files.info(at('none'))).toBeUndefined();
    expect(await files.info(at('file', 'below'))).toBeUndefined();
    expect(await files.realPath(at('link'))).toBe(await files.realPath(at('file')));
  });

  it('removes a whole folder, and nothing without complaint', async () => {
    await files.makeFolder(at('a', 'b'));
    await files.remove(at('a'));
    await files.remove(at('a'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('makes a new temporary folder at each call', async () => {
    const made = await Promise.all([
      files.temporaryFolder('awp-t-'),
      files.temporaryFolder('awp-t-'),
    ]);
    expect(made[0]).not.toBe(made[1]);
    for (const path of made) await files.remove(path);
  });

  it('makes folders that others make at the same time', async () => {
    using folder = temporaryFolder();
    for (let turn = 0; turn < 50; turn++) {
      const made = Array.from({ length: 8 }, (_, index) =>
        files.makeFolder(join(folder.path, `${turn}`, 'a', 'b', `${index % 2}`)),
      );
      await Promise.all(made);
    }
    expect(await files.list(folder.path)).toHaveLength(50);
  });

  it('tells of a folder in which nothing can be made, and does not try for ever', async () => {
    await expect(files.makeFolder('/proc/made/deeper')).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('files that grow', () => {
  it('are made for their owner alone, and never in the place of another', async () => {
    await files.writePrivate(at('log'), 'one\n');
    expect(statSync(at('log')).mode & 0o777).toBe(0o600);
    await expect(files.writePrivate(at('log'), 'two\n')).rejects.toMatchObject({ code: 'EEXIST' });
    symlinkSync(at('elsewhere'), at('link'));
    await expect(files.writePrivate(at('link'), 'x')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readdirSync(folder).sort()).toEqual(['link', 'log']);
  });

  it('get text at their end, and only when they are there and no link', async () => {
    await files.writePrivate(at('log'), 'one\n');
    await files.extend(at('log'), 'two\n');
    expect(readFileSync(at('log'), 'utf8')).toBe('one\ntwo\n');
    await expect(files.extend(at('none'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    symlinkSync(at('log'), at('link'));
    await expect(files.extend(at('link'), 'x')).rejects.toMatchObject({ code: 'ELOOP' });
    expect(readFileSync(at('log'), 'utf8')).toBe('one\ntwo\n');
  });
});
