import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildKit, KIT_MODULES } from '../../scripts/kit.ts';
import { parsePage } from '../docs/pages.ts';
import { temporaryFolder } from '../make.ts';
import { runInNode, workingFolder } from './programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');

beforeAll(async () => {
  await buildKit();
});

describe('the page about the data kit', () => {
  const page = parsePage('data-kit.md', readFileSync(join(ROOT, 'docs/data-kit.md'), 'utf8'));

  it('has an example that runs', () => {
    using folder = temporaryFolder();
    workingFolder(folder.path);
    const [example] = page.blocks;
    const { status, stderr, files } = runInNode(folder.path, example?.text ?? '');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const names = files.map(({ path }) => path).sort();
    expect(names).toEqual(['columns.csv', 'model.json', 'rain.png', 'rain.svg']);
  });

  it('names every module', () => {
    expect(KIT_MODULES.filter((name) => !page.text.includes(`\`${name}\``))).toEqual([]);
  });
});
