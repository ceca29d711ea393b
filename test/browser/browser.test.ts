import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../make.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  '--virtual-time-budget=10000',
];

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
    () => {
      using folder = temporaryFolder();
      const good = textsOf(join(ROOT, 'examples/research-pipeline'));
      const bad = { 'workflow.awp.yaml': 'awp: 1.0\nworkflow: { name: X }\n' };
      const page =
        `<!doctype html><meta charset="utf-8"><pre id="out">nothing</pre><script>${code.replaceAll('</', '<\\/')}</script>
<script>
const out = document.getElementById('out');
Promise.all([${JSON.stringify(good)}, ${JSON.stringify(bad)}].map((texts) => awp.validateTexts(texts, { name: 'research-pipeline' })))
  .then((reports) => { out.textContent = JSON.stringify(reports.map(({ ok, diagnostics }) => ({ ok, rules: diagnostics.map((one) => one.rule + ':' + one.severity) }))); })
  .catch((error) => { out.textContent = 'failed: ' + error; });
</script>`.replaceAll('\u2028', '\\u2028');
      const file = join(folder.path, 'page.html');
      writeFileSync(file, page);
      const profile = `--user-data-dir=${join(folder.path, 'profile')}`;
      const { stdout } = spawnSync(
        CHROMIUM ?? '',
        [...FLAGS, profile, '--dump-dom', `file://${file}`],
        {
          encoding: 'utf8',
          timeout: 60_000,
        },
      );
      const text = /<pre id="out">(.*?)<\/pre>/s.exec(stdout)?.[1] ?? '';
      const [first, second] = JSON.parse(text.replaceAll('&quot;', '"'));
      expect(first.ok).toBe(true);
      expect(first.rules.filter((rule: string) => !rule.endsWith(':info'))).toEqual([]);
      expect(second.ok).toBe(false);
      expect(second.rules).toEqual(expect.arrayContaining(['R1:error', 'R2:error']));
    },
    90_000,
  );
});
