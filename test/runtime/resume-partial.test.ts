import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { resumeRun } from '../../src/runtime/run.ts';
import {
  complete,
  delegate,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

const isManager = ({ headers }: ModelRequest): boolean => headers['x-awp-role'] === 'manager';
const textOf = ({ messages }: ModelRequest): string => messages.map(({ text }) => text).join('\n');

/** How runs end partial although no limit was reached, by what their managers do before the resume. */
const ENDINGS: Readonly<
  Record<string, { manager: (asked: number) => JsonObject; reason: RegExp }>
> = {
  'a stall': {
    manager: (asked) =>
      delegate({ worker_id: `w${asked}`, instructions: `another way, number ${asked * 7}` }),
    reason: /^stall$/,
  },
  'gates that refused each ending': { manager: () => complete('TODO'), reason: /^gate/ },
  'plans without work': {
    manager: (asked) => ({
      decision: 'plan',
      subtasks: [{ id: `p${asked}`, description: `part ${asked}`, dependencies: [] }],
    }),
    reason: /plan/,
  },
};

describe.each(Object.entries(ENDINGS))('a run that %s ended', (_name, { manager, reason }) => {
  it('goes on with the next turn of its manager, which is told why it is asked again', async () => {
    using folder = temporaryFolder();
    let asked = 0;
    let isResumed = false;
    const told: string[] = [];
    const host = testHost(folder.path, {
      script(request) {
        if (!isManager(request)) return { summary: 'nothing to be found', confidence: 0.3 };
        asked += 1;
        if (!isResumed) return manager(asked);
        told.push(textOf(request));
        return told.length === 1 ? delegate('last') : complete('now it is done');
      },
    });
    const plan = testPlan({ policy: { planning: {} } });
    const first = await startTestRun(host, plan);
    await first.done;
    expect([first.state.status, first.state.ending?.reason]).toEqual([
      'partial',
      expect.stringMatching(reason),
    ]);
    const before = await logOf(host.store);
    isResumed = true;
    const again = await resumeRun(host, { id: 'r-test' });
    await again.done;
    expect([again.state.status, again.state.ending?.text]).toEqual(['complete', 'now it is done']);
    expect(told[0]).toContain('had ended and goes on');
    const after = (await logOf(host.store)).slice(before.length);
    const calls = only(before, 'model.asked').map(({ data }) => data.call);
    expect(only(after, 'model.asked').filter(({ data }) => calls.includes(data.call))).toEqual([]);
  });
});
