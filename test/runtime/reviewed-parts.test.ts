import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { foldAll } from '../../src/events/reduce.ts';
import {
  askedBy,
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

const order = (id: string, part: string): JsonObject => ({
  ...{ worker_id: id, instructions: `do ${id}`, subtask_id: part },
});
const PLAN = {
  decision: 'plan',
  subtasks: [
    { id: 'A', description: 'a' },
    { id: 'B', description: 'b' },
    { id: 'C', description: 'c', dependencies: ['B'] },
  ],
};
const TURN = delegate(order('a', 'A'), order('b', 'B'), order('again', 'B'), order('c', 'C'));

describe('a part of a plan whose result has to wait for its reviewer', () => {
  it('is not completed before, and not failed while somebody else is at work on it', async () => {
    using folder = temporaryFolder();
    const [again, judged] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const host = testHost(folder.path, {
      async script(request) {
        const name = askedBy(request);
        const rounds = request.messages.filter(({ role }) => role === 'assistant').length;
        if (name === 'manager') return [PLAN, TURN][rounds] ?? complete();
        // The only reviewer is at work on the first result until the third worker has begun.
        if (name === 'again') {
          again.resolve();
          await judged.promise;
        }
        if (name === 'check_a') await again.promise;
        if (name === 'check_b') judged.resolve();
        if (name.startsWith('check_')) return { valid: name !== 'check_b', feedback: 'seen' };
        return { summary: name, confidence: 0.7 };
      },
    });
    const policy = { planning: true, validation: true };
    const run = await startTestRun(host, testPlan({ policy, budget: { parallel: 1 } }));
    await run.done;
    const log = await logOf(host.store);
    const changes = only(log, 'subtask.changed').filter(({ data }) => data.id === 'B');
    expect(changes.map(({ data }) => [data.status, data.by])).toEqual([
      ['in_progress', '1.2'],
      ['in_progress', '1.3'],
      ['completed', '1.3'],
    ]);
    expect(only(log, 'agent.skipped')).toEqual([]);
    const parts = foldAll('r-test', log).frames.get('0')?.delegation?.subtasks.values() ?? [];
    expect([...parts].map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
  });
});
