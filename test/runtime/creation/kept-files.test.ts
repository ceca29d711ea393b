import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../../src/effects/files.ts';
import { readKeptFiles } from '../../../src/runtime/creation/kept-files.ts';
import { keptFile, keptKey } from '../../../src/runtime/creation/kept-places.ts';
import { temporaryFolder } from '../../make.ts';
import { keptText } from './kept.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const read = (below = 'a/b') => readKeptFiles({ files: nodeFiles(), root: folder.path, below });

function put(name: string, data: string | Uint8Array = keptText('stats.mean')): string {
  const path = join(folder.path, 'a/b', name);
  mkdirSync(join(folder.path, 'a/b'), { recursive: true });
  writeFileSync(path, data);
  return path;
}

describe('a folder of tools', () => {
  it('has none when it is not there, or empty', async () => {
    expect(await read()).toEqual({ files: [], notes: [] });
    mkdirSync(join(folder.path, 'a/b'), { recursive: true });
    expect(await read()).toEqual({ files: [], notes: [] });
  });

  it('has its tools in the order of their names, and passes over all else', async () => {
    put('b.json');
    put('a.json', keptText('stats.sum'));
    put('.awp-1234.tmp');
    put('.hidden.json');
    put('README.md');
    const { files, notes } = await read();
    expect(notes).toEqual([]);
    expect(files.map(({ file, read: one }) => [file, 'draft' in one && one.draft.name])).toEqual([
      ['a.json', 'stats.sum'],
      ['b.json', 'stats.mean'],
    ]);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['a link to a tool', (path) => symlinkSync(put('real.txt'), path), /it is a link/],
    ['a link to nothing', (path) => symlinkSync('/nowhere', path), /it is a link/],
    ['a folder', (path) => mkdirSync(path), /it is a folder/],
    ['a pipe', (path) => execFileSync('mkfifo', [path]), /no regular file/],
    ['257 KiB', (path) => writeFileSync(path, ' '.repeat(257 * 1024)), /more than 256 KiB/],
    ['bytes', (path) => writeFileSync(path, Uint8Array.of(0xff, 0xfe)), /not UTF-8/],
    ['an empty file', (path) => writeFileSync(path, ''), /not the JSON/],
    ['a NUL', (path) => writeFileSync(path, '\0'), /not the JSON/],
  ])('tells that %s is no tool', async (_, make, error) => {
    put('other.json');
    make(join(folder.path, 'a/b/x.json'));
    const { files } = await read();
    const [, found] = files;
    expect(found?.read).toMatchObject({ error: expect.stringMatching(error) });
    expect('draft' in (files[0]?.read ?? {})).toBe(true);
  });

  it.each<[string, (path: string) => void]>([
    ['a link', (path) => symlinkSync('/tmp', join(path, 'a'))],
    ['a file', (path) => writeFileSync(join(path, 'a'), '')],
  ])('is not looked into when %s is on the way to it', async (_, make) => {
    make(folder.path);
    const { files, notes } = await read('a');
    expect(files).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(/\/a is a (?:link|file), no folder/)]);
  });

  it('is looked at up to 1,000 files; the rest is counted', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 10_000; n += 1) put(`${n}.json`, '{}');
    const { files, notes } = await read();
    expect(files).toHaveLength(1000);
    expect(notes).toEqual([expect.stringContaining('9000 more files were not looked at')]);
  });
});

describe('the places of kept tools', () => {
  it('have no name of a tool or a workflow in them', () => {
    expect(keptFile('../../x')).toMatch(/^[0-9a-f]{64}\.json$/);
    expect(keptKey('/x/../y', 'n')).toMatch(/^[0-9a-f]{32}$/);
    expect(keptKey(undefined, '/x')).not.toBe(keptKey('/x', ''));
    expect(readFileSync(put('x.json'), 'utf8')).toContain('stats.mean');
  });
});
