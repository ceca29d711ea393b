import { describe, expect, it } from 'vitest';
import { endingText } from '../../../src/cli/progress/summary.ts';
import { usageLines } from '../../../src/cli/progress/usage.ts';
import { styleFor } from '../../../src/cli/style.ts';
import type { EventData } from '../../../src/events/event.ts';
import { planGraph } from '../../runtime/graphs.ts';
import { busyGraphLog, halfwayLog, SampleGraphLog, type SampleLog } from '../sample-run.ts';

const style = styleFor({ terminal: false, env: () => 'C.UTF-8', noColor: true, os: 'linux' });

/** What is told at the end of a run, without its files and the last commands. */
function told(log: SampleLog, ending: Partial<EventData['run.finished']>): string[] {
  log.add('run.finished', { status: 'complete', text: '', result: {}, ...ending });
  const text = endingText({ state: log.state(), paths: [], style, home: undefined, next: [] });
  return text.trimEnd().split('\n');
}

const failure = { code: 'node/timeout', message: 'it took more than 2 s' };

describe('the end of a graph', () => {
  it('names nodes that failed with what can be tried, and nodes that did not run for them', () => {
    const log = busyGraphLog()
      .of('node.failed', { node: 'research', action: 'continue', ...failure })
      .of('node.skipped', { node: 'writer', reason: 'upstream_failed', message: '' });
    const message = 'checks failed: no table (and 1 more)';
    expect(told(log, { status: 'partial', reason: 'node/failed', message })).toEqual([
      'partial: checks failed: no table (and 1 more)',
      'failed  research: node/timeout: it took more than 2 s',
      '          = try: give it more time with timeout, or execution.timeout_per_agent',
      '        checks: step/failed: no table\\x1b[2J',
      'skipped alarm: checks failed',
      '        extra: its condition is not met: state.planner.deep',
      '        writer: research failed',
      'next    awp runs show r-7f3a000000 --node checks',
    ]);
  });

  it('says once why a run failed, and names in one line what was stopped', () => {
    const nodes = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`n${n}`, {}]));
    const log = new SampleGraphLog()
      .begin(planGraph({ a: {}, ...nodes }))
      .of('node.failed', { node: 'a', action: 'stop', ...failure });
    for (const node of Object.keys(nodes)) {
      log.of('node.skipped', { node, reason: 'stopped', message: '' });
    }
    const message = `a failed: ${failure.message}`;
    const lines = told(log, { status: 'failed', reason: failure.code, message });
    expect(lines.slice(0, 2)).toEqual([
      'error[node/timeout]: a failed: it took more than 2 s',
      '  = try: give it more time with timeout, or execution.timeout_per_agent',
    ]);
    expect(lines.at(-1)).toMatch(/^stopped n0, n1, .*, n19 and 10 more$/);
    expect(lines).toHaveLength(4);
  });

  it('tells of at most twenty nodes of a kind', () => {
    const nodes = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`n${n}`, {}]));
    const log = new SampleGraphLog().begin(planGraph(nodes));
    for (const node of Object.keys(nodes)) {
      log.of('node.failed', { node, action: 'continue', code: 'step/failed', message: 'x' });
    }
    const lines = told(log, { status: 'partial', reason: 'node/failed', message: 'm' });
    expect(lines.filter((line) => line.includes('step/failed'))).toHaveLength(20);
    expect(lines).toContain('        … and 30 more');
  });

  it('says nothing of nodes that were skipped in a run that went well', () => {
    const log = new SampleGraphLog()
      .begin(planGraph({ a: { when: 'state.x' } }))
      .of('node.skipped', { node: 'a', reason: 'condition', message: '' });
    expect(told(log, {})).toEqual(['']);
  });
});

describe('what agents of a graph used', () => {
  it('is one line for all runs of a node; graphs and functions have none', () => {
    const fanOut = { source: 'list', variable: 'item', maxParallel: 2 };
    const log = new SampleGraphLog()
      .begin(planGraph({ each: { agent: 'each', fanOut }, code: {} }))
      .of('fanout.started', { node: 'each', count: 2 })
      .node('1', { id: 'each', instance: 0 })
      .node('1.2', { id: 'each', instance: 1 })
      .node('2', { id: 'code' }, { role: 'step' });
    for (const frame of ['1', '1.2']) log.asked(frame, `${frame}/1`).answered(frame, `${frame}/1`);
    expect(usageLines(log.state(), style).map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      'used by  tokens  calls  tools  cost',
      '1 each (2 runs)  12k  2  0  $0.04',
      'in all  12k  2  0  $0.04',
    ]);
  });

  it('is a line for each agent of a loop', () => {
    expect(usageLines(halfwayLog().state(), style)).toHaveLength(5);
  });
});
