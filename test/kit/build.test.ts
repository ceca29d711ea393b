import { globSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';
import { buildKit, copyKit, KIT_BYTES, KIT_CACHE, KIT_MODULES } from '../../scripts/kit.ts';
import { packageAt } from '../../scripts/kit-notice.ts';
import { surplusFiles } from '../../scripts/package-files.ts';
import { temporaryFolder } from '../make.ts';
import { runInNode } from './programs.ts';

const textOf = (name: string): string => readFileSync(join(KIT_CACHE, name), 'utf8');

/** What a module imports, statically and not, where the name stands in it. */
function importsOf(text: string): string[] {
  const found = new Set<string>();
  JSON.stringify(parseAst(text), (_, value) => {
    const names = /^(?:Import|Export)/.test(value?.type) && typeof value.source?.value === 'string';
    if (names) found.add(value.source.value);
    return typeof value === 'bigint' ? undefined : value;
  });
  return [...found];
}

beforeAll(async () => {
  await buildKit();
});

describe('the folder of the data kit', () => {
  it('is not made again from the same inputs', async () => {
    const before = statSync(join(KIT_CACHE, 'kit.mjs'));
    expect((await buildKit()).built).toBe(false);
    expect(statSync(join(KIT_CACHE, 'kit.mjs'))).toEqual(before);
  });

  it('has at most 6.5 MB, all of it files that belong into the package', async () => {
    using folder = temporaryFolder();
    const target = join(folder.path, 'kit');
    await copyKit(target);
    const files = readdirSync(target);
    const bytes = files.reduce((sum, file) => sum + statSync(join(target, file)).size, 0);
    expect(bytes).toBeLessThanOrEqual(KIT_BYTES);
    expect(surplusFiles(files.map((file) => `dist/kit/${file}`))).toEqual([]);
    expect(files).toEqual(readdirSync(KIT_CACHE));
  });

  it('has a module for each name that the import map has', () => {
    const { imports } = JSON.parse(textOf('import-map.json'));
    expect(Object.keys(imports)).toEqual(KIT_MODULES);
    const addresses = Object.values<string>(imports);
    expect(addresses.filter((one) => !globSync(one, { cwd: KIT_CACHE })[0])).toEqual([]);
  });

  it.each([...KIT_MODULES, 'resvg-glue'].map((name) => `${name}.mjs`))(
    '%s needs its neighbours and at most the files of the machine',
    (name) => {
      const neighbours = new Set(KIT_MODULES.map((one) => `./${one}.mjs`));
      const allowed = ['kit.mjs', 'resvg.mjs'].includes(name) ? ['node:fs'] : [];
      expect(importsOf(textOf(name)).filter((from) => !neighbours.has(from))).toEqual(allowed);
    },
  );

  it('gives every module its names, and all of them under the name default', () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'output'));
    const { stdout, stderr } = runInNode(
      folder.path,
      `import Papa, { parse } from 'papaparse';
import aq, { table } from 'arquero';
import ss, { mean } from 'simple-statistics';
import jStat, { jStat as same } from 'jstat';
import vl, { compile } from 'vega-lite';
import vega, { View } from 'vega';
import ml, { SimpleLinearRegression } from 'ml-regression';
import kit, { readCsv } from 'kit';
import { renderPng } from 'resvg';
const pairs = [
  [Papa.parse, parse], [aq.table, table], [ss.mean, mean], [jStat, same], [vl.compile, compile],
  [vega.View, View], [ml.SimpleLinearRegression, SimpleLinearRegression], [kit.readCsv, readCsv],
];
console.log(pairs.every(([a, b]) => a === b && typeof a === 'function'), typeof renderPng);`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'true function\n', stderr: '' });
  });
});

describe('the notice of the data kit', () => {
  const notice = (): string => textOf('NOTICE');

  it('names what is in it with version, licence and terms', () => {
    const { packages } = JSON.parse(textOf('manifest.json'));
    expect(packages.length).toBeGreaterThan(50);
    for (const { name, version, licence } of packages) {
      const [list = '', ...texts] = notice().split('-'.repeat(72));
      const listed = list.includes(`* ${name} ${version} (${licence})\n`);
      const texted = texts.some((text) => text.includes(`\n${name} ${version}\n`));
      expect([name, listed, texted]).toEqual([name, true, true]);
    }
  });

  it.each([
    [
      'where the source of the renderer is',
      'Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/',
    ],
    ['the terms of the font', 'Bitstream Vera Fonts Copyright'],
    ['the terms of Vega', 'Copyright (c) 2015-2023, University of Washington Interactive Data Lab'],
  ])('says %s', (_, words) => {
    expect(notice().includes(words)).toBe(true);
  });

  it('leaves the files of the renderer as they are', () => {
    const made = join(import.meta.dirname, '../../node_modules/@resvg/resvg-wasm');
    expect(textOf('resvg-glue.mjs')).toBe(readFileSync(join(made, 'index.mjs'), 'utf8'));
    const [here, there] = [join(KIT_CACHE, 'resvg.wasm'), join(made, 'index_bg.wasm')];
    expect(readFileSync(here).equals(readFileSync(there))).toBe(true);
  });

  it('does not know what is ours', () => {
    expect(packageAt(join(import.meta.dirname, 'job.ts'))).toBeUndefined();
  });
});
