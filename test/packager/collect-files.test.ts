import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/effects/files.ts';
import { collectFiles } from '../../src/packager/collect-files.ts';
import { PACKAGE_LIMITS, type PackageLimits } from '../../src/packager/limits.ts';
import { Problems } from '../../src/packager/problems.ts';
import { temporaryFolder } from '../make.ts';

/** Collects files of these sizes; says what was refused. */
async function collect(
  sizes: Readonly<Record<string, number>>,
  limits: Partial<PackageLimits>,
): Promise<{ paths: string[]; said: string[] }> {
  using place = temporaryFolder();
  const root = realpathSync(place.path);
  mkdirSync(join(root, 'sub'));
  for (const [path, size] of Object.entries(sizes))
    writeFileSync(join(root, path), new Uint8Array(size));
  const problems = new Problems('folder');
  const options = { files: nodeFiles(), root, problems, limits: { ...PACKAGE_LIMITS, ...limits } };
  const { files } = await collectFiles(options);
  return {
    paths: [...files.keys()],
    said: problems.diagnostics.map(({ rule, file, message }) => `${rule} ${file}: ${message}`),
  };
}

describe('a folder that is to be packed', () => {
  it('may be as large as what can be unpacked', async () => {
    const limits = { entries: 4, fileBytes: 10, totalBytes: 30 };
    const { paths, said } = await collect({ a: 10, b: 10, 'sub/c': 10 }, limits);
    expect([paths, said]).toEqual([['a', 'b', 'sub/c'], []]);
  });

  it('may have large files, each of which is told', async () => {
    const { said } = await collect({ a: 11, b: 12, c: 1 }, { fileBytes: 10 });
    expect(said).toEqual(['P5 a: it has more than 10 bytes', 'P5 b: it has more than 10 bytes']);
  });

  it('is not read to its end when there is too much in it', async () => {
    const files = { a: 5, b: 5, c: 5, d: 5, 'sub/e': 5, z: 5 };
    expect((await collect(files, { entries: 3 })).said).toEqual([
      'P5 folder: the folder has more than 2 files to pack',
    ]);
    expect((await collect(files, { totalBytes: 12 })).said).toEqual([
      'P5 folder: the files have more than 12 bytes',
    ]);
  });

  it('has the tools that a person promoted, and nothing else of its workspace', async () => {
    using place = temporaryFolder();
    const root = realpathSync(place.path);
    const tool = 'workspace/dynamic_tools/stats.mean.json';
    const others = ['workspace/notes.txt', 'workspace/runs/r-1.json', '.awp/tools/k/x.json'];
    const write = (path: string, text = ''): void => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    for (const path of [tool, ...others]) write(path);
    const problems = new Problems('folder');
    const collected = await collectFiles({ files: nodeFiles(), root, problems });
    expect([...collected.files.keys()]).toEqual([tool]);
    expect(collected.excluded).toEqual([
      { path: '.awp/', why: 'always' },
      { path: 'workspace/notes.txt', why: 'default' },
      { path: 'workspace/runs/', why: 'default' },
    ]);
    write('.awpignore', 'workspace/\n');
    const { files, excluded } = await collectFiles({ files: nodeFiles(), root, problems });
    expect([...files.keys()]).toEqual(['.awpignore']);
    expect(excluded).toContainEqual({ path: 'workspace/', why: '.awpignore' });
  });
});
