import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { Person } from '../../../src/cli/person.ts';
import { watchRun } from '../../../src/cli/watch-run.ts';
import { LOOP_REQUESTS, type LoopQuestion } from '../../../src/events/loop-requests.ts';
import { askingRun } from '../fake-run.ts';
import { fakeShell } from '../fake-shell.ts';
import { askingLog } from '../sample-run.ts';

/** What a run that asks about its loop shows, and is told when somebody types `lines`. */
async function asked(lines: readonly string[], about: LoopQuestion, args: JsonObject) {
  const log = askingLog();
  const tool = LOOP_REQUESTS[about];
  const data = { id: 'a1', call: `loop:0/x`, tool, args, argsHash: 'a1', reason: 'it asks' };
  log.add('approval.requested', data, { agent: '0' });
  const shell = fakeShell({ lines });
  const run = askingRun(log);
  const options = { json: false, progress: 'plain', noColor: true, debug: false } as const;
  const person = new Person(shell, shell.style(shell.err, true));
  await watchRun(run, shell, { ...options, home: undefined, after: 0, person });
  const replies = (run.resolved as [string, JsonObject][]).map(([, reply]) => reply);
  return { err: shell.err.text(), replies };
}

const TURN = { turn: 1, delegations: [{ index: 1, worker: 'w', instructions: 'do it' }] };
const RAISE = { dimension: 'tokens', limit: 10, used: 10, proposed: 15 };

describe('a loop that waits for a person in the terminal', () => {
  it.each<[LoopQuestion, JsonObject, string, string]>([
    ['turn', TURN, '"instructions": "do it"', 'Let these workers start?'],
    ['submanager', { name: 's', instructions: 'x' }, '"name": "s"', 'Let this sub-manager start?'],
    ['raise', RAISE, '"proposed": 15', 'Raise this limit?'],
  ])('is asked about with words of its own: %s', async (about, args, shows, question) => {
    const { err, replies } = await asked(['?', 'y'], about, args);
    expect(err).toContain(shows);
    expect(err).toContain(`${question} y / N / e(dit) / a(ll like this) / ? `);
    expect(replies).toEqual([{ decision: 'approve' }]);
  });

  it('is refused with a reason, or told something else', async () => {
    expect((await asked(['n too many'], 'turn', TURN)).replies).toEqual([
      { decision: 'reject', reason: 'too many' },
    ]);
    const edited = await asked(['e', '{"proposed": 99}', 'y'], 'raise', RAISE);
    expect(edited.err).toContain('Raise it like this?');
    expect(edited.replies).toEqual([{ decision: 'approve', args: { proposed: 99 } }]);
  });
});
