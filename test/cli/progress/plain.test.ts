import { describe, expect, it } from 'vitest';
import { plainProgress } from '../../../src/cli/progress/plain.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import { fakeStream } from '../fake-shell.ts';
import { askingLog, halfwayLog, SampleLog, START } from '../sample-run.ts';

function play(log: SampleLog): string {
  const stream = fakeStream();
  const progress = plainProgress(stream, fixedClock(START));
  const state = emptyState(log.run);
  for (const event of log.events) {
    fold(state, event);
    progress.event(event, state);
  }
  progress.close();
  return stream.text();
}

describe('plain progress', () => {
  it('has one line for each key event', () => {
    const log = halfwayLog()
      .add('budget.warned', { dimension: 'tokens', used: 400_000, limit: 500_000 })
      .add(
        'model.failed',
        {
          call: '1.2/2',
          attempt: 1,
          code: 'model/rate-limited',
          message: 'too many requests',
          usage: { input: 0, output: 0 },
          cost: 0,
          retryInMs: 2000,
        },
        { agent: '1.2' },
      )
      .wait(2000)
      .add('agent.failed', { code: 'model/refused', message: 'no' }, { agent: '1.2' })
      .add('agent.skipped', { worker: 'report', index: 3, reason: 'no room' }, { agent: '0' })
      .add('budget.exhausted', {
        dimension: 'time',
        limit: 300_000,
        used: 1,
        reserved: 0,
        wanted: 1,
      })
      .add('run.stopped', { reason: 'stopped by the user' });
    expect(play(log)).toMatchInlineSnapshot(`
      "[00:00.0] run r-7f3a000000 started model=openrouter/some/model
      [00:04.1] manager delegates to profile, trend-chart, report
      [00:04.1] worker 1.1 profile started
      [00:04.1] worker 1.2 trend-chart started
      [00:12.1] worker 1.1 profile ok 8.0s tokens=5.1k files=profile.json
      [00:13.3] 1.2 trend-chart code.execute failed: ValueError: could not convert string to float: 'n/a'
      [00:13.3] budget: 400k of 500k tokens used
      [00:13.3] 1.2 trend-chart model call failed model/rate-limited: too many requests; again in 2.0s
      [00:15.3] worker 1.2 trend-chart failed model/refused: no
      [00:15.3] worker report not started: no room
      [00:15.3] budget: the limit of 5m time is reached
      [00:15.3] run r-7f3a000000 stopped: stopped by the user
      "
    `);
  });

  it('tells which work gets a manager of its own, and how that ended', () => {
    const log = halfwayLog();
    const lines = play(log).split('\n').length;
    const promoted = { worker: 'big', index: 4, score: 0.8, reasons: ['2000 characters'] };
    const data = { worker: 'small', index: 5, reason: 'the limit on depth (3) is reached' };
    const end = { output: {}, text: '', confidence: 0.4, problems: [] };
    log
      .add('submanager.promoted', promoted, { agent: '0' })
      .add('submanager.refused', data, { agent: '0' })
      .add(
        'agent.finished',
        { ...end, status: 'partial', reason: 'budget/workers' },
        { agent: '1.2' },
      );
    expect(
      play(log)
        .split('\n')
        .slice(lines - 1, -1)
        .map((line) => line.replace(/^\S+ /, '')),
    ).toEqual([
      'manager big gets a manager of its own (score 0.8): 2000 characters',
      'manager small gets no manager of its own: the limit on depth (3) is reached',
      expect.stringMatching(/^worker 1\.2 \S+ partial budget\/workers/),
    ]);
  });

  it('tells once of workers that are put off to a later turn', () => {
    const log = new SampleLog().start();
    for (const worker of ['w6', 'w7', 'w8']) {
      const data = { worker, index: 7, reason: 'a turn has at most 6 workers' };
      log.add('agent.skipped', { ...data, guard: 'turn-limit' }, { agent: '0' });
    }
    log.add('agent.skipped', { worker: 'w9', index: 9, reason: 'no room' }, { agent: '0' });
    const lines = play(log).trimEnd().split('\n');
    expect(lines.slice(1).map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'manager puts off workers from w6 on: a turn has at most 6 workers',
      'worker w9 not started: no room',
    ]);
  });

  it('tells of plans and diagnoses by what came of them', () => {
    const log = halfwayLog();
    const before = play(log).split('\n').length;
    log.add('manager.decided', { call: '0/2', decision: 'plan', subtasks: [] }, { agent: '0' });
    expect(play(log).split('\n')).toHaveLength(before);
  });

  it('tells of calls that wait for a person, of answers and of refusals', () => {
    const log = askingLog(['a1', 'mail.send'], ['a2', 'disk.format'])
      .add(
        'approval.resolved',
        { id: 'a1', call: '1.1/1.t1', decision: 'approved', by: 'cli', args: { to: 'x' } },
        { agent: '1.1' },
      )
      .add(
        'approval.resolved',
        { id: 'a2', call: '1.1/1.t2', decision: 'rejected', by: 'terminal', reason: 'no\x1b' },
        { agent: '1.1' },
      )
      .add(
        'security.denied',
        { tool: 'disk.format', reason: 'a person does not allow it', kind: 'approval.rejected' },
        { agent: '1.1' },
      )
      .add('run.paused', { reason: 'approval' });
    expect(play(log).split('\n').slice(3, -1)).toEqual([
      '[00:01.0] 1.1 writer waits for you: a1 mail.send: mail.send changes something',
      '[00:01.0] 1.1 writer waits for you: a2 disk.format: disk.format changes something',
      '[00:01.0] 1.1 writer a1 mail.send approved (cli), with other arguments',
      '[00:01.0] 1.1 writer a2 disk.format rejected (terminal): no\\x1b',
      '[00:01.0] 1.1 writer disk.format denied (approval.rejected): a person does not allow it',
      '[00:01.0] run r-7f3a000000 waits for a person',
    ]);
  });

  it('holds its lines back while somebody is asked', () => {
    const stream = fakeStream();
    const clock = fixedClock(START + 13_300);
    const progress = plainProgress(stream, clock);
    const log = halfwayLog();
    const state = log.state();
    const goOn = progress.hold();
    for (const event of log.events) progress.event(event, state);
    clock.advance(100_000);
    expect(stream.text()).toBe('');
    goOn();
    expect(stream.text()).toContain('worker 1.1 profile started');
    expect(stream.text()).not.toContain('still running');
    progress.hold();
    progress.stopping();
    progress.close();
    expect(stream.text()).toContain('stopping; a second Ctrl-C');
  });

  it('has no escape code, whatever a worker is called', () => {
    const log = new SampleLog()
      .start()
      .delegated(['\x1b[31mred\nsecond line'])
      .agent('1.1', { name: '\x1b[31mred' })
      .finished('1.1');
    expect(play(log)).not.toContain('\x1b');
    expect(play(log)).toContain('worker 1.1 \\x1b[31mred ok');
  });

  it('says every 30 seconds that the run goes on, and nothing more once it is closed', () => {
    const stream = fakeStream();
    const clock = fixedClock(START + 13_300);
    const progress = plainProgress(stream, clock);
    const log = halfwayLog();
    const state = log.state();
    progress.event(log.events.at(-1)!, state);
    clock.advance(30_000);
    clock.advance(29_999);
    expect(stream.text()).toBe(
      '[00:43.3] still running: 1.2 trend-chart (39.2s) tokens=17500/500000\n',
    );
    clock.advance(1);
    expect(stream.text().split('\n')).toHaveLength(3);
    progress.close();
    expect(clock.pending).toBe(0);
  });
});
