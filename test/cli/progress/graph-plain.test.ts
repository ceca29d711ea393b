import { describe, expect, it } from 'vitest';
import { plainProgress } from '../../../src/cli/progress/plain.ts';
import { fixedClock } from '../../../src/effects/fake-clock.ts';
import { emptyState, fold } from '../../../src/events/reduce.ts';
import { planGraph } from '../../runtime/graphs.ts';
import { fakeStream } from '../fake-shell.ts';
import { busyGraphLog, SampleGraphLog, type SampleLog, START } from '../sample-run.ts';

function play(log: SampleLog): string[] {
  const stream = fakeStream();
  const progress = plainProgress(stream, fixedClock(START));
  const state = emptyState(log.run);
  for (const event of log.events) {
    fold(state, event);
    progress.event(event, state);
  }
  progress.close();
  return stream.text().trimEnd().split('\n');
}

/** Lines without their times. */
const said = (log: SampleLog): string[] =>
  play(log).map((line) => line.slice(line.indexOf(']') + 2));

const one = (more: Parameters<typeof planGraph>[0][string] = {}): SampleGraphLog =>
  new SampleGraphLog().begin(planGraph({ a: { agent: 'a', ...more }, b: {} }));

describe('plain progress of a graph', () => {
  it('has a line for each fact worth one', () => {
    const log = busyGraphLog()
      .of('loop.finished', { node: 'editor', rounds: 2, reason: 'max' })
      .of('fanout.finished', { node: 'readers', count: 40, failed: 1 })
      .of('state.refused', { node: 'editor', key: 'secret', reason: 'it is shared with nobody' })
      .of('expression.failed', {
        ...{ node: 'extra', at: 'when', expression: 'state.planner.deep' },
        message: 'there is no deep',
      });
    expect(play(log).join('\n')).toMatchInlineSnapshot(`
      "[00:00.0] run r-7f3a000000 started nodes=10 model=openrouter/some/model
      [00:00.0] node 1 planner started
      [00:00.0] node 7 checks started
      [00:00.0] 9 extra skipped: its condition is not met: state.planner.deep
      [00:02.1] node 1 planner ok 2.1s tokens=6.2k files=plan.md
      [00:02.1] node 7 checks failed step/failed: no table\\x1b[2J
      [00:02.1] 7 checks gives up (step/failed); what needs it is skipped
      [00:02.1] 8 alarm skipped: checks failed
      [00:02.1] node 2 research started
      [00:02.1] 3 readers: 40 items
      [00:02.1] node 4 editor (round 1) started
      [00:02.1] sub-workflow 5 weather started
      [00:02.1] node 5-1 look started
      [00:02.1] manager 6 crew started
      [00:06.1] node 3.12 readers-12 (item 11) failed model/refused: no
      [00:06.1] 3 readers item 11 gives up (model/refused)
      [00:06.1] 3 readers: 4/40 items, 1 failed
      [00:06.1] 3 readers: 8/40 items, 1 failed
      [00:06.1] 3 readers: 12/40 items, 1 failed
      [00:06.1] node 4 editor (round 1) ok 4.0s tokens=0
      [00:06.1] node 4.2 editor-2 (round 2) started
      [00:06.1] node 5-1 look ok 4.0s tokens=0
      [00:06.1] node 5-2 author started
      [00:06.1] node 2 research failed model/timeout: it took too long
      [00:06.1] 2 research is tried again in 8.0s (attempt 2, after model/timeout)
      [00:06.1] 4 editor ended after 2 rounds: it has no more rounds
      [00:06.1] 3 readers: 12/40 items ended, 1 failed; the others are not needed
      [00:06.1] 4 editor: "secret" was refused: it is shared with nobody
      [00:06.1] 9 extra when could not be evaluated: there is no deep: state.planner.deep"
    `);
  });

  const failure = { code: 'model/down', message: 'it is down' };
  it.each([
    [
      'node.retried',
      { attempt: 2, inMs: 0, ...failure },
      'is tried again at once (attempt 2, after model/down)',
    ],
    [
      'node.degraded',
      { fallback: 'agent', agent: 'x', ...failure },
      'goes on with the agent x (after model/down)',
    ],
    ['node.degraded', { fallback: 'skip', ...failure }, 'counts as empty (after model/down)'],
    [
      'node.degraded',
      { fallback: 'cached_results', ageMs: 61_000, ...failure },
      'takes a kept result, 1m01s old (after model/down)',
    ],
    [
      'node.degraded',
      { fallback: 'cached_results', ...failure },
      'has no kept result that is young enough (after model/down)',
    ],
    ['node.failed', { action: 'stop', ...failure }, 'gives up (model/down); nothing new starts'],
    [
      'node.failed',
      { action: 'skip', ...failure },
      'gives up (model/down); the others go on without it',
    ],
    [
      'node.skipped',
      { reason: 'disabled', message: 'it is switched off' },
      'skipped: it is switched off',
    ],
    ['loop.finished', { rounds: 1, reason: 'person' }, 'ended after 1 round: a person ended it'],
  ] as const)('%s %j', (type, data, line) => {
    const log = one();
    log.add(type, { node: 'a', ...data } as never, { agent: '0' });
    expect(said(log).at(-1)).toBe(`1 a ${line}`);
  });

  it('says nothing of each node that the end of the run cut off', () => {
    const log = one().of('node.skipped', { node: 'b', reason: 'stopped', message: 'x' });
    expect(said(log)).toHaveLength(1);
  });

  it('tells of a large fan-out by tenths, and of each of its failures', () => {
    const fanOut = { source: 'list', variable: 'item', maxParallel: 64 };
    const log = one({ fanOut }).of('fanout.started', { node: 'a', count: 100 });
    for (let item = 0; item < 100; item++) {
      const frame = item === 0 ? '1' : `1.${item + 1}`;
      log.node(frame, { id: 'a', instance: item });
      if (item === 50) log.failed(frame, 'model/refused', 'no');
      else log.finished(frame);
    }
    const lines = said(log).slice(2);
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('1 a: 10/100 items');
    expect(lines).toContain('node 1.51 a (item 50) failed model/refused: no');
  });

  it('names the node that waits for a person, and what was answered', () => {
    const log = one({ approval: 'after' }).node('1', { id: 'a' }).finished('1');
    const call = 'node:0/a';
    log
      .add(
        'approval.requested',
        { id: 'a1', call, tool: 'node.output', args: {}, argsHash: 'h', reason: 'it asks' },
        { agent: '0' },
      )
      .add(
        'approval.resolved',
        { id: 'a1', call, decision: 'approved', by: 'cli' },
        { agent: '0' },
      );
    expect(said(log).slice(-2)).toEqual([
      '1 a waits for you: a1 node.output: it asks',
      '1 a a1 node.output approved (cli)',
    ]);
  });

  it('says that a fan-out is over before all of its items are, and no failure of those stopped', () => {
    const log = one({ fanOut: { source: 'list', variable: 'item', maxParallel: 3 } })
      .of('fanout.started', { node: 'a', count: 3 })
      .node('1', { id: 'a', instance: 0 })
      .node('1.2', { id: 'a', instance: 1 })
      .finished('1')
      .of('fanout.finished', { node: 'a', count: 3, failed: 0 })
      .failed('1.2', 'node/stopped', 'another instance was faster');
    expect(said(log).at(-1)).toBe('1 a: 1/3 items ended; the others are not needed');
    const full = 'there is no more room';
    log.of('fanout.finished', { node: 'a', count: 3, failed: 0, full });
    expect(said(log).at(-1)).toBe(`1 a: 2/3 items ended; ${full}`);
  });

  it('has stamps and times without what it waited for people and between processes', () => {
    const call = 'node:0/a';
    const asked = { id: 'a1', call, tool: 'node.output', args: {}, argsHash: 'h', reason: 'x' };
    const log = one({ approval: 'after' })
      .node('1', { id: 'a' })
      .wait(2000)
      .finished('1')
      .add('approval.requested', asked, { agent: '0' })
      .wait(60_000)
      .add('run.paused', { reason: 'approval' })
      .wait(60_000)
      .add('run.resumed', { abandoned: [], version: '1.2.3' })
      .add('approval.resolved', { id: 'a1', call, decision: 'approved', by: 'cli' }, { agent: '0' })
      .node('2', { id: 'b' })
      .wait(1000)
      .add('run.paused', { reason: 'stopped' })
      .wait(60_000)
      .add('run.resumed', { abandoned: [], version: '1.2.3' })
      .wait(500)
      .finished('2');
    const lines = play(log);
    expect(lines.map((line) => line.slice(0, 9))).toEqual([
      ...['[00:00.0]', '[00:00.0]', '[00:02.0]', '[00:02.0]', '[00:02.0]', '[00:02.0]'],
      ...['[00:02.0]', '[00:02.0]', '[00:03.0]', '[00:03.0]', '[00:03.5]'],
    ]);
    expect(lines.at(-1)).toBe('[00:03.5] node 2 b ok 1.5s tokens=0');
  });

  it('never goes back in time, also when the clock of the computer does', () => {
    const stream = fakeStream();
    const clock = fixedClock(START);
    const progress = plainProgress(stream, clock);
    const log = one().node('1', { id: 'a' });
    const state = emptyState(log.run);
    const tell = (): void => {
      for (const event of log.events.slice(state.seq)) {
        fold(state, event);
        progress.event(event, state);
      }
    };
    tell();
    clock.advance(30_000);
    log.wait(10_000).failed('1', 'model/down', 'no');
    tell();
    progress.close();
    const stamps = stream.text().match(/^\[[\d:.]+\]/gm) ?? [];
    expect(stamps).toEqual([...stamps].sort());
    expect(stamps.at(-1)).toBe('[00:30.0]');
  });

  it('says now and then which nodes are at work, not the graphs above them', () => {
    const stream = fakeStream();
    const clock = fixedClock(START + 6_100);
    const progress = plainProgress(stream, clock);
    const log = busyGraphLog();
    for (const event of log.events) progress.event(event, log.state());
    clock.advance(30_000);
    const beat = stream.text().trimEnd().split('\n').at(-1);
    expect(beat).toContain('still running: 6 crew');
    expect(beat).not.toContain('newsletter');
    expect(beat).not.toContain('5 weather');
  });

  it('has no escape code', () => {
    expect(play(busyGraphLog()).join('\n')).not.toContain('\x1b');
  });
});
