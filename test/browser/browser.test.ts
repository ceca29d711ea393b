import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, runInPage } from './chromium.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** All texts of an example by path. */
function textsOf(folder: string, below = ''): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of readdirSync(join(folder, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    if (statSync(join(folder, path)).isDirectory()) Object.assign(texts, textsOf(folder, path));
    else texts[path] = readFileSync(join(folder, path), 'utf8');
  }
  return texts;
}

describe('the parser and the validator in a browser', () => {
  let code = '';
  beforeAll(async () => {
    const output = await build({
      configFile: false,
      logLevel: 'silent',
      root: ROOT,
      build: {
        write: false,
        lib: { entry: join(ROOT, 'src/browser.ts'), formats: ['iife'], name: 'awp' },
      },
    });
    const [bundle] = Array.isArray(output) ? output : [output];
    if (!bundle || !('output' in bundle)) throw new Error('nothing was built');
    code = bundle.output[0].code;
  }, 60_000);

  it('reach no Node module', () => {
    expect(code.length).toBeGreaterThan(10_000);
    expect(code).not.toMatch(/["']node:/);
    expect(code).not.toMatch(/__vite-browser-external/);
  });

  it.runIf(CHROMIUM)(
    'say the same as on a disk, in a real Chromium',
    async () => {
      const good = textsOf(join(ROOT, 'examples/research-pipeline'));
      const bad = { 'workflow.awp.yaml': 'awp: 1.0\nworkflow: { name: X }\n' };
      const module = `${code}
const reports = await Promise.all(${JSON.stringify([good, bad])}.map((texts) => awp.validateTexts(texts, { name: 'research-pipeline' })));
report(reports.map(({ ok, diagnostics }) => ({ ok, rules: diagnostics.map((one) => one.rule + ':' + one.severity) })));`;
      const [first, second] = (await runInPage(module, () => undefined)) as Report[];
      expect(first?.ok).toBe(true);
      expect(first?.rules.filter((rule) => !rule.endsWith(':info'))).toEqual([]);
      expect(second?.ok).toBe(false);
      expect(second?.rules).toEqual(expect.arrayContaining(['R1:error', 'R2:error']));
    },
    120_000,
  );
});

interface Report {
  ok: boolean;
  rules: string[];
}
