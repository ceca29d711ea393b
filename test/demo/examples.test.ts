import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { awp } from '../cli/process.ts';
import { temporaryFolder } from '../make.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

interface Line {
  type: string;
  agent?: string;
  data: Record<string, unknown>;
}

/** The events of an example that the demo runs on a table. */
async function run(example: string, table: string): Promise<Line[]> {
  const env = { AWP_HOME: join(folder.path, '.awp'), AWP_SANDBOX: 'quickjs' };
  const args = ['-i', join(EXAMPLES, table), '-m', 'demo', '--out', example, '--json'];
  const { code, out, err } = await awp(['run', join(EXAMPLES, example), ...args], {
    cwd: folder.path,
    env,
  });
  expect({ code, err }).toMatchObject({ code: 0 });
  const lines = out.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

describe('an example without a model', () => {
  it.each([
    ['delegation-loop', 'data/seattle-weather.csv', ['agent.started']],
    [
      'planning-manager',
      'planning-manager/orders.csv',
      ['plan.made', 'diagnosis.made', 'hypothesis.resolved', 'subtask.changed'],
    ],
    [
      'skill-and-tool-generation',
      'data/seattle-weather.csv',
      ['tool.drafted', 'tool.checked', 'tool.created', 'skill.created'],
    ],
    ['scoring-loop', 'planning-manager/orders.csv', ['tool.created']],
    ['critique', 'planning-manager/orders.csv', ['result.validated', 'result.criticised']],
    [
      'recursive-delegation',
      'recursive-delegation/meters.csv',
      ['budget.reserved', 'budget.settled', 'digest.made', 'board.posted'],
    ],
  ])('%s: comes to a complete end on %s', { timeout: 240_000 }, async (...row) => {
    const [example, table, wanted] = row;
    const events = await run(example, table);
    const types = new Set(events.map(({ type }) => type));
    expect([...types]).toEqual(expect.arrayContaining(wanted));
    expect(events.findLast(({ type }) => type === 'run.finished')?.data.status).toBe('complete');
    expect(existsSync(join(folder.path, example, 'report.html'))).toBe(true);
    const managers = events.filter(
      ({ type, data }) => type === 'agent.started' && data.role === 'manager',
    );
    expect(managers.length).toBe(example === 'recursive-delegation' ? 2 : 1);
  });
});
