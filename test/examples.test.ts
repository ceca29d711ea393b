import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadWorkflow } from '../src/data/load-workflow.ts';
import { nodeEffects } from '../src/effects/index.ts';
import { temporaryFolder } from './make.ts';

const EXAMPLES = resolve(import.meta.dirname, '../examples');
const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts');
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function run(...args: string[]): { status: number | null; said: string } {
  const kept = Object.entries(process.env).filter(([name]) => !/^(LLM_|AWP_)/.test(name));
  const env = { ...Object.fromEntries(kept), AWP_HOME: join(folder.path, '.awp') };
  const options = { cwd: folder.path, env, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { status, said: stdout + stderr };
}

describe('the examples', () => {
  it('sales-report: the whole file is acted on, and its manager has its own words', async () => {
    const { options, diagnostics } = await loadWorkflow(
      join(EXAMPLES, 'sales-report'),
      nodeEffects().files,
    );
    expect(diagnostics).toEqual([]);
    expect(options()).toMatchObject({
      name: 'sales-report',
      budget: { loops: 6, time: 180_000, parallel: 4 },
      managerTemperature: 0.1,
      managerInstructions: expect.stringContaining('shop owner'),
    });
  });

  it('sales-report: runs on its table with the demo model', () => {
    const table = join(EXAMPLES, 'sales-report/sales.csv');
    const args = ['run', join(EXAMPLES, 'sales-report'), '-i', table, '-m', 'demo', '--out', 'out'];
    const { status, said } = run(MAIN, ...args);
    expect(status, said).toBe(0);
    expect(existsSync(join(folder.path, 'out/report.md'))).toBe(true);
  }, 60_000);

  it('peak-month.ts finds the peak', () => {
    const { status, said } = run(join(EXAMPLES, 'peak-month.ts'));
    expect(said).toContain('Peak: Feb (200)');
    expect(status).toBe(0);
  }, 60_000);

  it('follow-a-run.ts stops a run and completes it', () => {
    const { status, said } = run(join(EXAMPLES, 'follow-a-run.ts'));
    expect(said).toMatch(/^cancelled; the run is r-/m);
    expect(said).toMatch(/^\d+ resumed$/m);
    expect(said).toMatch(/^complete .*Peak/m);
    expect(status).toBe(0);
  }, 60_000);
});
