import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/events/result.ts';
import { AgentWorkflow } from '../../src/index.ts';
import { temporaryFolder } from '../make.ts';
import { checkFiles, type Files, json } from './check.ts';
import { outliersOf, shown, statsOf } from './oracle.ts';
import { type TestTable, tableOf } from './tables.ts';

const folder = temporaryFolder();
const before = process.env.AWP_HOME;
beforeAll(() => {
  process.env.AWP_HOME = join(folder.path, 'home');
});
afterAll(() => {
  if (before === undefined) delete process.env.AWP_HOME;
  else process.env.AWP_HOME = before;
  folder[Symbol.dispose]();
});

function filesOf({ artifacts }: RunResult): Files {
  return new Map(artifacts.map(({ name, path }) => [name, readFileSync(path, 'utf8')]));
}

/** What the result itself says is what the files say, and what is true. */
function checkResult(table: TestTable, { result, text }: RunResult, files: Files): void {
  const numbers = table.columns.filter(({ kind }) => kind === 'number');
  const measure = numbers.find(({ name }) => name === result.measure);
  if (!measure) throw new Error(`no column is called ${JSON.stringify(result.measure)}`);
  const trend = json(files, files.has('trend.json') ? 'trend.json' : 'ranking.json');
  expect(result.peak).toMatchObject(trend.peak as object);
  expect(result.low).toMatchObject(trend.low as object);
  expect(result.rows).toBe(table.rows);
  expect(result.outlierCount).toBe(outliersOf(measure).rows.length);
  const count = (what: string): number =>
    numbers.flatMap(({ cells }) => cells).filter((cell) => cell === what).length;
  expect(result.unreadable).toBe(count('unreadable'));
  expect(result.missing).toBe(count('missing'));
  const { min, max, mean } = statsOf(measure);
  expect(text).toContain(`: from ${shown(min)} to ${shown(max)}, mean ${shown(mean)}.`);
  expect(result.simulated).toBe(true);
}

describe('the demo over the public API', () => {
  it('runs the example of the front page as it stands there', async () => {
    const workflow = new AgentWorkflow({
      inputs: { data: { revenue: [100, 200, 150], month: ['Jan', 'Feb', 'Mar'] } },
      task: 'Find the peak month and chart the trend',
      model: 'demo',
    });
    const result = await workflow.run();
    expect(result.status).toBe('complete');
    expect(result.text).toContain('Peak: Feb (200)');
    expect(result.metadata.simulated).toBe(true);
    expect(result.artifacts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['profile.json', 'report.html', 'report.md', 'trend.svg']),
    );
  });

  it.each(Array.from({ length: 20 }, (_, seed) => [seed]))(
    'reports nothing but the truth about table %i',
    async (seed) => {
      const table = tableOf(seed);
      mkdirSync(join(folder.path, String(seed)));
      const path = join(folder.path, String(seed), table.fileName);
      writeFileSync(path, table.bytes);
      const handle = new AgentWorkflow({
        task: table.task,
        inputs: { data: path },
        model: 'demo',
      }).start();
      const open = new Set<string>();
      let most = 0;
      for await (const event of handle) {
        if (event.type === 'agent.started' && event.data.role === 'worker')
          open.add(String(event.agent));
        if (event.type === 'agent.finished' || event.type === 'agent.failed')
          open.delete(String(event.agent));
        most = Math.max(most, open.size);
      }
      const result = await handle.result;
      expect(result.status, result.metadata.message ?? '').toBe('complete');
      expect(most).toBeGreaterThanOrEqual(3);
      const files = filesOf(result);
      const kinds = new Set([...files.keys()].map((name) => name.slice(name.lastIndexOf('.') + 1)));
      expect([...kinds].sort()).toEqual([
        ...(files.has('outliers.csv') ? ['csv'] : []),
        'html',
        'json',
        'md',
        'svg',
      ]);
      checkFiles(table, files);
      checkResult(table, result, files);
    },
  );

  it('runs on the example data that ships with the package', async () => {
    const path = join(import.meta.dirname, '../../examples/data/seattle-weather.csv');
    const result = await new AgentWorkflow({
      task: 'How did the highest temperature develop month by month? Compare the kinds of weather.',
      inputs: { weather: path },
      model: 'demo',
      output: {
        type: 'object',
        properties: { peakMonth: { type: 'string' }, rows: { type: 'integer' } },
        required: ['peakMonth', 'rows'],
      },
    }).run();
    expect(result).toMatchObject({
      status: 'complete',
      output: { peakMonth: '2015-07', rows: 1461 },
    });
    const lines = readFileSync(path, 'utf8').trim().split('\n').slice(1);
    const july = lines
      .filter((line) => line.startsWith('2015-07'))
      .map((line) => Math.round(Number(line.split(',')[2]) * 10));
    const mean = july.reduce((sum, tenths) => sum + tenths, 0) / july.length / 10;
    expect(result.result.peak).toEqual({ label: '2015-07', value: expect.closeTo(mean, 9) });
    expect(filesOf(result).get('by_group.json')).toContain('"group": "drizzle"');
  });
});
