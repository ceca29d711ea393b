import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../make.ts';
import { checkSchedules } from './budget-schedules.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('budgets', () => {
  it('are never passed in any dimension, whatever the schedule, costs, failures and missing usage', async () => {
    await expect(checkSchedules(1000)).resolves.toBeUndefined();
  }, 240_000);

  const TAKE = 'this.#rooms.take(frame, { tokens, cost: cost ?? 0, calls: 1, loops });';
  it.each([
    [
      'what was admitted in the same step is forgotten and nothing is reserved',
      [
        [TAKE, ''],
        ['reserved: { tokens, cost }', 'reserved: { tokens: 0, cost: 0 }'],
      ],
    ],
    [
      'tokens are not reserved',
      [
        [TAKE, TAKE.replace('tokens, ', '')],
        ['reserved: { tokens, cost }', 'reserved: { tokens: 0, cost }'],
      ],
    ],
    ['calls are counted only when they are written', [[TAKE, TAKE.replace('calls: 1, ', '')]]],
    [
      'tool calls are counted only when they are written',
      [['this.#rooms.take(frame, { tools: 1 });', '']],
    ],
    [
      'workers are counted only when they are written',
      [['this.#rooms.take(above, { workers: 1 });', '']],
    ],
  ])(
    'are passed when %s (this shows that the test above can fail)',
    async (_, changes) => {
      using folder = temporaryFolder();
      for (const part of ['src', 'test/runtime', 'test/make.ts', 'package.json']) {
        cpSync(join(ROOT, part), join(folder.path, part), { recursive: true });
      }
      symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
      const file = join(folder.path, 'src/runtime/budget.ts');
      let text = readFileSync(file, 'utf8');
      for (const [from = '', to = ''] of changes) {
        expect(text).toContain(from);
        text = text.replace(from, to);
      }
      writeFileSync(file, text);
      const program = `
      import { checkSchedules } from './test/runtime/budget-schedules.ts';
      const failure = await checkSchedules(1000, { seed: 7, endOnFailure: true }).catch((error) => error);
      console.log(failure === undefined ? 'held' : String(failure.cause?.message ?? failure.message));`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '-e', program],
        { cwd: folder.path },
      );
      expect(stdout).toContain('a limit was passed');
    },
    120_000,
  );
});
