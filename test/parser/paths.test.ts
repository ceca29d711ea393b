import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/effects/files.ts';
import { folderFiles } from '../../src/parser/folder-files.ts';
import { below, resolvePath } from '../../src/parser/resolve-path.ts';

describe('a path in a file', () => {
  it.each<[string, string, string]>([
    ['', 'a.md', 'a.md'],
    ['', './a//b/', 'a/b'],
    ['agents/planner', 'a.md', 'agents/planner/a.md'],
    ['agents/planner', '../writer/a.md', 'agents/writer/a.md'],
    ['agents/planner', '../..', ''],
    ['agents/planner', '.', 'agents/planner'],
    ['agents/planner', 'x/../a.md', 'agents/planner/a.md'],
    ['', '...', '...'],
    ['', 'ä b/c', 'ä b/c'],
  ])('of %j is read from there: %j', (folder, path, wanted) => {
    expect(resolvePath(folder, path)).toEqual({ path: wanted });
  });

  it.each<[string, string]>([
    ['', '..'],
    ['agents/planner', '../../..'],
    ['agents/planner', '../../../agents/planner/a.md'],
    ['', '/etc/passwd'],
    ['agents', '/agents/a.md'],
    ['', 'C:\\a.md'],
    ['agents', 'c:/a.md'],
    ['', 'a\\b'],
    ['', 'a\0b'],
    ['', 'a\nb'],
    ['', 'x'.repeat(256)],
    ['', 'x/'.repeat(600)],
  ])('of %j is refused with the reason: %j', (folder, path) => {
    expect(resolvePath(folder, path)).toEqual({ problem: expect.stringContaining('path') });
  });

  it('never leads above the root, however it is written', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b.md', '...', '..a');
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.constantFrom('a', 'b')), (parts, folder) => {
        const resolved = resolvePath(folder.join('/'), parts.join('/'));
        if (!('path' in resolved)) return;
        expect(resolved.path.split('/')).not.toContain('..');
        expect(resolved.path).not.toMatch(/^\/|\/\/|\/$/);
      }),
    );
  });

  it('is put below a folder, also the root', () => {
    expect(below('', 'a')).toBe('a');
    expect(below('a/b', 'c')).toBe('a/b/c');
  });
});

describe('the files of a folder', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'awp-folder-'));
    mkdirSync(join(root, 'in'));
    writeFileSync(join(root, 'in', 'a.txt'), 'abc');
    symlinkSync('in', join(root, 'link'));
    symlinkSync('/', join(root, 'out'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('are what is inside of it, links to it included', async () => {
    const files = folderFiles(nodeFiles(), root);
    expect(await files.list('')).toEqual(['in', 'link', 'out']);
    expect(await files.info('')).toMatchObject({ kind: 'folder' });
    expect(await files.info('in/a.txt')).toEqual({ kind: 'file', bytes: 3 });
    expect(await files.info('link/a.txt')).toEqual({ kind: 'file', bytes: 3 });
    expect(await files.list('link')).toEqual(['a.txt']);
    expect(await files.readBytes('link/a.txt', 2)).toEqual(new TextEncoder().encode('ab'));
  });

  it('are nothing else', async () => {
    const files = folderFiles(nodeFiles(), root);
    expect(await files.info('out')).toEqual({ kind: 'link', bytes: 0 });
    expect(await files.list('out')).toEqual([]);
    expect(await files.list('in/a.txt')).toEqual([]);
    for (const path of ['../x', '/etc', 'in/../../x', 'in\\a.txt', 'gone', 'in/a.txt/x']) {
      expect(await files.info(path), path).toBeUndefined();
      expect(await files.list(path), path).toEqual([]);
      await expect(files.readBytes(path, 1), path).rejects.toThrow('is not a file');
    }
    await expect(files.readBytes('in', 1)).rejects.toThrow('is not a file');
    await expect(files.readBytes('out/etc/passwd', 1)).rejects.toThrow('is not a file');
  });

  it('may be those of the whole machine', async () => {
    const files = folderFiles(nodeFiles(), '/');
    expect(await files.info(root.slice(1))).toMatchObject({ kind: 'folder' });
    expect(await files.list(`${root.slice(1)}/in`)).toEqual(['a.txt']);
    expect(files.name).toBe('');
  });

  it('have the name of the folder, with or without a slash behind it', () => {
    expect(folderFiles(nodeFiles(), '/a/b').name).toBe('b');
    expect(folderFiles(nodeFiles(), '/a/b//').name).toBe('b');
    expect(folderFiles(nodeFiles(), 'C:\\a\\b\\').name).toBe('b');
  });
});
