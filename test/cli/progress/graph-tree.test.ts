import { describe, expect, it } from 'vitest';
import { type TreeView, treeLines } from '../../../src/cli/progress/tree.ts';
import { styleFor } from '../../../src/cli/style.ts';
import { widthOf } from '../../../src/cli/text.ts';
import { planGraph, type TestNode } from '../../runtime/graphs.ts';
import { busyGraphLog, SampleGraphLog, type SampleLog, START } from '../sample-run.ts';

const plain = styleFor({ terminal: false, env: () => 'C.UTF-8', noColor: true, os: 'linux' });

function draw(log: SampleLog, more: Partial<TreeView> = {}): string {
  const view = { now: START + 9_000, columns: 100, rows: 40, style: plain, ...more };
  return treeLines({ state: log.state(), ...view }).join('\n');
}

/** A graph whose only node is a fan-out over so many items. */
function fanOutLog(count: number, started: number): SampleGraphLog {
  const fanOut = { source: 'list', variable: 'item', maxParallel: 64 };
  const log = new SampleGraphLog()
    .begin(planGraph({ each: { agent: 'each', fanOut } }))
    .of('fanout.started', { node: 'each', count });
  for (let item = 0; item < started; item++) {
    const frame = item === 0 ? '1' : `1.${item + 1}`;
    log.node(frame, { id: 'each', instance: item }, { name: `each-${item + 1}` });
  }
  return log;
}

describe('the tree of a graph', () => {
  it('shows each node in the order of the graph, with what is nested below it', () => {
    expect(draw(busyGraphLog())).toMatchInlineSnapshot(`
      "◐ newsletter   r-7f3a000000   9.0s   4/10 nodes   openrouter/some/model
      ├ ✓ 1 planner     plan.md                                                               2.1s   6.2k
      ├ ◐ 2 research    model/timeout, again in 5.1s                                          4.0s
      │   └ it took too long
      ├ ◐ 3 readers     12/40 items · 3 at work · 1 failed                                    6.9s
      ├ ◐ 4 editor      round 2/4 · thinking                                                  6.9s
      ├ ◐ 5 weather     1/2 nodes                                                             6.9s
      │ ├ ✓ 5-1 look                                                                          4.0s
      │ └ ◐ 5-2 author  working                                                               2.9s
      ├ ◐ 6 crew        deciding                                                              6.9s
      ├ ✗ 7 checks      step/failed: no table\\x1b[2J                                          2.1s
      ├ – 8 alarm       skipped: checks failed
      ├ – 9 extra       skipped: its condition is not met: state.planner.deep
      └ ○ 10 writer     waits for research, readers, editor and 2 more
      tokens ░░░░░░░░ 6.2k/500k · workers 22/20 · time 9/300s · tools 0/100 · cost $0.02"
    `);
  });

  it('stands still when nobody works on the run any more', () => {
    const first = draw(busyGraphLog(), { now: START + 60_000, interrupted: true });
    expect(first).toMatch(/■ 4 editor +round 2\/4 · not finished/);
    expect(first).toMatch(/○ 10 writer +not started/);
    expect(draw(busyGraphLog(), { now: START + 90_000, interrupted: true })).toBe(first);
  });

  it('is one line for a large fan-out, with its items only while they are few', () => {
    expect(draw(fanOutLog(1000, 64)).split('\n')).toHaveLength(3);
    expect(draw(fanOutLog(1000, 64))).toContain('0/1000 items · 64 at work');
    expect(draw(fanOutLog(3, 2)).split('\n')).toHaveLength(5);
  });

  it.each([
    ['an approval of its own', 'node:0/a', 'node.output'],
    ['a call of its agent', '1/1.t1', 'mail.send'],
  ])('says that a node waits for a person: %s', (_, call, tool) => {
    const isNode = call.startsWith('node:');
    const log = new SampleGraphLog()
      .begin(planGraph({ a: { agent: 'a', ...(isNode && { approval: 'after' as const }) } }))
      .node('1', { id: 'a' });
    if (isNode) log.finished('1');
    log.add(
      'approval.requested',
      { id: 'a1', call, tool, args: {}, argsHash: 'h', reason: 'x' },
      { agent: isNode ? '0' : '1' },
    );
    expect(draw(log)).toMatch(/! 1 a +waits for you: a1 \S+/);
  });

  it('says how a node ended: rounds, attempts, replacement, items', () => {
    const nodes: Record<string, TestNode> = {
      loop: { agent: 'loop', repeat: { interactive: false, max: 2 } },
      again: { agent: 'again' },
      other: { agent: 'other' },
      each: { agent: 'each', fanOut: { source: 'list', variable: 'item', maxParallel: 2 } },
    };
    const failure = { code: 'model/down', message: 'it is down' };
    const log = new SampleGraphLog()
      .begin(planGraph(nodes))
      .of('loop.started', { node: 'loop', max: 2 })
      .node('1', { id: 'loop', round: 1 })
      .finished('1')
      .of('loop.repeated', {
        ...{ node: 'loop', round: 1, from: '1', goesOn: false, reason: 'condition' },
      })
      .of('loop.finished', { node: 'loop', rounds: 1, reason: 'condition' })
      .of('node.finished', { node: 'loop', output: {} })
      .node('2', { id: 'again' })
      .failed('2', 'model/down', 'it is down')
      .of('node.retried', { node: 'again', attempt: 2, inMs: 0, ...failure })
      .node('2.2', { id: 'again', attempt: 2 }, { name: 'again-2' })
      .finished('2.2')
      .node('3', { id: 'other' })
      .failed('3', 'model/down', 'it is down')
      .of('node.degraded', { node: 'other', fallback: 'agent', agent: 'spare', ...failure })
      .node('3.2', { id: 'other', attempt: 2 }, { name: 'other-2', agentKey: 'spare' })
      .finished('3.2')
      .of('fanout.started', { node: 'each', count: 1 })
      .node('4', { id: 'each', instance: 0 })
      .finished('4')
      .of('fanout.finished', { node: 'each', count: 1, failed: 0 })
      .of('node.finished', { node: 'each', output: {} });
    const text = draw(log);
    expect(text).toMatch(/✓ 1 loop +round 1\/2 /);
    expect(text).toMatch(/✓ 2 again +attempt 2 /);
    expect(text).toMatch(/✓ 3 other +attempt 2 · replaced by spare /);
    expect(text).toMatch(/✓ 4 each +1\/1 items /);
  });

  it('counts what nodes worked, not what they waited for people or for the next process', () => {
    const call = 'node:0/a';
    const asked = { id: 'a1', call, tool: 'loop.input', args: {}, argsHash: 'h', reason: 'x' };
    const nodes = { a: { agent: 'a', repeat: { interactive: true, max: 3 } }, b: { agent: 'b' } };
    const log = new SampleGraphLog()
      .begin(planGraph(nodes))
      .of('loop.started', { node: 'a', max: 3 })
      .node('1', { id: 'a', round: 1 })
      .wait(1000)
      .finished('1')
      .of('loop.repeated', { node: 'a', round: 1, from: '1', goesOn: true })
      .add('approval.requested', asked, { agent: '0' });
    // Nothing else is at work: the run waits, and its clock stands.
    expect(draw(log)).toMatch(/^◐ \S+ +\S+ +1\.0s /);
    expect(draw(log)).toContain('time 1/300s');
    expect(draw(log)).toMatch(/! 1 a .* 1\.0s/);
    log
      .wait(60_000)
      .add('run.paused', { reason: 'approval' })
      .wait(60_000)
      .add('run.resumed', { abandoned: [], version: '1.2.3' })
      .add('approval.resolved', { id: 'a1', call, decision: 'approved', by: 'cli' }, { agent: '0' })
      .node('1.2', { id: 'a', round: 2 })
      .node('2', { id: 'b' })
      .wait(500)
      .finished('1.2');
    const text = draw(log, { now: START + 121_750 });
    expect(text).toMatch(/^. \S+ +\S+ +1\.8s /);
    expect(text).toMatch(/1 a .* 1\.5s/);
    expect(text).toMatch(/2 b .* 750ms/);
  });

  it('does not count an agent that a person keeps waiting while others work', () => {
    const log = new SampleGraphLog()
      .begin(planGraph({ a: { agent: 'a' }, b: { agent: 'b' } }))
      .node('1', { id: 'a' })
      .node('2', { id: 'b' })
      .asked('1', '1/1')
      .asked('2', '2/1')
      .wait(1000)
      .asks('1', ['a1', 'mail.send']);
    const text = draw(log, { now: START + 4000 });
    expect(text).toMatch(/1 a .* 1\.0s/);
    expect(text).toMatch(/2 b .* 4\.0s/);
  });

  it('counts items that work at the same time once', () => {
    const log = fanOutLog(3, 2).wait(1000).finished('1').wait(1000);
    log.finished('1.2').wait(5000).node('1.3', { id: 'each', instance: 2 }).wait(500);
    expect(draw(log.finished('1.3'))).toMatch(/1 each .* 2\.5s/);
  });

  it('says that a result is kept, and how old it was', () => {
    const fanOut = { source: 'list', variable: 'item', maxParallel: 2 };
    const failure = { code: 'model/down', message: 'it is down' };
    const kept = { fallback: 'cached_results' as const, output: {}, ...failure };
    const log = new SampleGraphLog()
      .begin(planGraph({ a: { agent: 'a' }, each: { agent: 'each', fanOut }, b: { agent: 'b' } }))
      .node('1', { id: 'a' })
      .failed('1', 'model/down', 'it is down')
      .of('node.degraded', { node: 'a', ageMs: 7_200_000, ...kept })
      .of('node.finished', { node: 'a', output: {} })
      .of('fanout.started', { node: 'each', count: 2 })
      .node('2', { id: 'each', instance: 0 })
      .node('2.2', { id: 'each', instance: 1 })
      .failed('2', 'model/down', 'it is down')
      .failed('2.2', 'model/down', 'it is down')
      .of('node.degraded', { node: 'each', instance: 0, ageMs: 60_000, ...kept })
      .of('node.degraded', { node: 'each', instance: 1, ageMs: 90_000, ...kept })
      .node('3', { id: 'b' })
      .finished('3');
    const text = draw(log);
    expect(text).toMatch(/✓ 1 a +kept result, 2h00m old /);
    expect(text).toMatch(/◐ 2 each .*2 kept results, up to 1m30s old/);
    expect(text).not.toMatch(/3 b +kept/);
  });

  it('says how many items were stopped because the first was enough; none of them failed', () => {
    const log = fanOutLog(3, 3)
      .finished('1')
      .of('fanout.finished', { node: 'each', count: 3, failed: 0 })
      .failed('1.2', 'node/stopped', 'another instance was faster')
      .failed('1.3', 'node/stopped', 'another instance was faster');
    expect(draw(log)).toContain('3/3 items · 2 stopped');
    expect(draw(log)).toMatch(/■ 1\.2 each-2/);
    expect(draw(log)).not.toMatch(/✗|failed/);
  });

  it.each([1, 2, 3, 5, 8, 13, 24])('takes at most %i rows, whatever happens', (rows) => {
    const lines = draw(busyGraphLog(), { rows, hint: 'hint' }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
  });

  it('folds what has ended first, also inside of sub-workflows, and keeps who works', () => {
    const inner = Object.fromEntries(
      Array.from({ length: 30 }, (_, n): [string, TestNode] => [`i${n}`, { agent: 'x' }]),
    );
    const graph = planGraph(
      { sub: { kind: 'subworkflow', graph: planGraph(inner) }, end: { agent: 'end' } },
      { name: 'big' },
    );
    const log = new SampleGraphLog()
      .begin(graph)
      .node('1', { id: 'sub' }, { role: 'graph', model: '' });
    for (let n = 0; n < 30; n++) log.node(`1-${n + 1}`, { id: `i${n}` }, { parent: '1' });
    for (let n = 0; n < 28; n++) log.finished(`1-${n + 1}`);
    const text = draw(log, { rows: 8 });
    expect(text.split('\n')).toHaveLength(8);
    expect(text).toMatch(/│ ├ ✓ 27 done/);
    expect(text).toContain('1-29 i28');
    expect(text).toContain('1-30 i29');
    expect(text).toMatch(/○ 2 end/);
  });

  it('folds thousands of nodes quickly enough to be drawn again and again', () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 3000 }, (_, n): [string, TestNode] => [`n${n}`, { agent: 'x' }]),
    );
    const log = new SampleGraphLog().begin(planGraph(nodes));
    const text = draw(log, { rows: 24 });
    expect(text.split('\n').length).toBeLessThanOrEqual(24);
    expect(text).toMatch(/○ 29\d\d waiting/);
  });

  it.each([10, 20, 40, 79, 200])('is narrower than %i columns', (columns) => {
    for (const line of draw(busyGraphLog(), { columns }).split('\n')) {
      expect(widthOf(line)).toBeLessThan(columns);
    }
  });

  it('lets nothing that a model or a program wrote act on the terminal', () => {
    expect(/(?!\n)\p{Cc}|\p{Bidi_Control}/u.test(draw(busyGraphLog()))).toBe(false);
  });
});
