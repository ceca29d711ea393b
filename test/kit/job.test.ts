import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildKit, KIT_MODULES } from '../../scripts/kit.ts';
import { parsePage } from '../docs/pages.ts';
import { temporaryFolder } from '../make.ts';
import { JOB, JOB_SAYS, jobProblems } from './job.ts';
import { type Ended, runInDeno, runInNode, workingFolder } from './programs.ts';
import { runInQuickJs } from './quickjs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const WAYS: Readonly<Record<string, (folder: string, code: string) => Ended | Promise<Ended>>> = {
  Node: runInNode,
  'Deno, which may read the kit and load nothing from elsewhere': runInDeno,
  'an engine without WebAssembly, in 48 MiB': runInQuickJs,
};
const ended = new Map<string, Promise<Ended>>();

/** What came of the job; it is run once in each way. */
function jobIn(name: string): Promise<Ended> {
  const known = ended.get(name) ?? runJob(name);
  ended.set(name, known);
  return known;
}

async function runJob(name: string): Promise<Ended> {
  using folder = temporaryFolder();
  workingFolder(folder.path);
  const { [name]: run = runInNode } = WAYS;
  return await run(folder.path, JOB);
}

beforeAll(async () => {
  await buildKit();
});

describe.each(Object.keys(WAYS))('an analysis with the data kit in %s', (name) => {
  it('gives the right figures and charts', async () => {
    const { status, stdout, stderr, files } = await jobIn(name);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(JOB_SAYS);
    expect(jobProblems(files)).toEqual([]);
  });

  it('draws the chart that Node draws, to the byte', async () => {
    // Figures may differ in their last digit: engines have their own logarithms.
    const [here, node] = (await Promise.all([jobIn(name), jobIn('Node')])).map(({ files }) =>
      files
        .filter(({ path }) => /\.(?:svg|png)$/.test(path))
        .map(({ path, bytes }) => [path, createHash('sha256').update(bytes).digest('hex')]),
    );
    expect(here).toHaveLength(2);
    expect(here).toEqual(node);
  });
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
