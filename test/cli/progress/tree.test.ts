import { describe, expect, it } from 'vitest';
import { type TreeView, treeLines } from '../../../src/cli/progress/tree.ts';
import { styleFor } from '../../../src/cli/style.ts';
import { widthOf } from '../../../src/cli/text.ts';
import { testPlan } from '../../make.ts';
import { halfwayLog, SampleLog, START } from '../sample-run.ts';

const plain = styleFor({ terminal: false, env: () => 'C.UTF-8', noColor: true, os: 'linux' });
const ascii = styleFor({ terminal: false, env: () => undefined, noColor: true, os: 'linux' });
const coloured = styleFor({
  terminal: true,
  env: (name) => (name === 'LANG' ? 'C.UTF-8' : undefined),
  noColor: false,
  os: 'linux',
});

function draw(log: SampleLog, more: Partial<TreeView> = {}): string {
  const view = { now: START + 15_000, columns: 90, rows: 24, style: plain, ...more };
  return treeLines({ state: log.state(), ...view }).join('\n');
}

describe('the live tree', () => {
  it('shows the run, each agent and the budget', () => {
    expect(draw(halfwayLog())).toMatchInlineSnapshot(`
      "◐ Revenue trend and peak month   r-7f3a000000   15.0s   loop 1/15   openrouter/some/model
      ├ ◐ manager          waiting for 2 workers                                   15.0s   6.2k
      ├ ✓ 1.1 profile      profile.json                                             8.0s   5.1k
      ├ ◐ 1.2 trend-chart  thinking, round 2                                       10.9s   6.2k
      │   └ ValueError: could not convert string to float: 'n/a'
      └ ○ report           waiting
      tokens ░░░░░░░░ 18k/500k · workers 2/20 · time 15/300s · tools 1/100 · cost ≥ $0.04"
    `);
  });

  it('fits in 40 columns', () => {
    expect(
      draw(halfwayLog(), { columns: 40, hint: 'Ctrl-C stops and keeps the work' }),
    ).toMatchInlineSnapshot(`
      "◐ Revenue trend…   r-7f3a000000   15.0s
      ├ ◐ manager          waiting f…   15.0s
      ├ ✓ 1.1 profile      profile.j…    8.0s
      ├ ◐ 1.2 trend-chart  thinking,…   10.9s
      │   └ ValueError: could not convert st…
      └ ○ report           waiting
      tokens ░░░░░░░░ 18k/500k · workers 2/20
      Ctrl-C stops and keeps the work"
    `);
  });

  it('is drawn in ASCII where the terminal is not known to speak UTF-8', () => {
    expect(draw(halfwayLog(), { style: ascii })).toMatchInlineSnapshot(`
      "- Revenue trend and peak month   r-7f3a000000   15.0s   loop 1/15   openrouter/some/model
      |- - manager          waiting for 2 workers                                  15.0s   6.2k
      |- + 1.1 profile      profile.json                                            8.0s   5.1k
      |- - 1.2 trend-chart  thinking, round 2                                      10.9s   6.2k
      |    \`- ValueError: could not convert string to float: 'n/a'
      \`- . report           waiting
      tokens -------- 18k/500k - workers 2/20 - time 15/300s - tools 1/100 - cost >= $0.04"
    `);
  });

  it('has the same words in colour', () => {
    const lines = draw(halfwayLog(), { style: coloured });
    expect(lines).toContain('\x1b[');
    expect(lines.replace(/\p{Cc}\[[\d;]*m/gu, '')).toBe(draw(halfwayLog()));
  });

  it('says that a run is simulated, with estimated tokens and without a price', () => {
    const log = new SampleLog()
      .start({ simulated: true, manager: { ...testPlan().manager, model: 'demo' } })
      .asked('0', '0/1', 'turn')
      .answered('0', '0/1', { usage: { input: 900, output: 100, estimated: true }, cost: 0 });
    const text = draw(log);
    expect(text).toContain('simulated');
    expect(text).toContain('~1k/500k');
    expect(text).not.toContain('cost');
  });

  it.each([
    ['every price is known', [0.2, 0.22], 'cost $0.42'],
    ['some prices are unknown', [0.42, null], 'cost ≥ $0.42'],
    ['no price is known', [null, null], 'cost —'],
  ] as [string, (number | null)[], string][])('when %s it says so', (_, costs, wanted) => {
    const log = new SampleLog().start();
    for (const [index, cost] of costs.entries()) {
      const call = `0/${index + 1}`;
      log.asked('0', call, 'turn').answered('0', call, { cost });
    }
    expect(draw(log)).toContain(wanted);
  });

  it('folds finished workers when there are more than rows', () => {
    const names = Array.from({ length: 40 }, (_, index) => `w${index + 1}`);
    const log = new SampleLog().start().delegated(names);
    for (const [index, name] of names.entries()) {
      log.agent(`1.${index + 1}`, { name, index: index + 1 });
      if (index < 35) log.finished(`1.${index + 1}`);
    }
    const lines = draw(log, { rows: 12 }).split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[2]).toMatch(/✓ 32 done/);
    expect(lines.filter((line) => /w3[6-9]|w40/.test(line))).toHaveLength(5);
  });

  it.each([1, 2, 3, 4, 5, 8, 24])('takes at most %i rows, whatever happens', (rows) => {
    const names = Array.from({ length: 30 }, (_, index) => `w${index + 1}`);
    const log = new SampleLog().start().delegated(names);
    for (const [index, name] of names.slice(0, 20).entries()) log.agent(`1.${index + 1}`, { name });
    expect(draw(log, { rows, hint: 'hint' }).split('\n').length).toBeLessThanOrEqual(rows);
  });

  it.each([10, 20, 40, 79, 200])(
    'is narrower than %i columns, also with wide letters',
    (columns) => {
      const log = new SampleLog()
        .start({ task: '売上の傾向とピーク月を見つける'.repeat(5) })
        .delegated(['数据分析'])
        .agent('1.1', { name: '数据分析'.repeat(10) });
      for (const line of draw(log, { columns }).split('\n')) {
        expect(widthOf(line)).toBeLessThan(columns);
      }
    },
  );

  it('lets no name, task or message act on the terminal', () => {
    const evil = '\x1b[2J\u202eowned\n';
    const log = new SampleLog()
      .start({ task: evil })
      .delegated([evil, 'two'])
      .agent('1.1', { name: evil })
      .wrote('1.1', 'a\x1b]0;x.txt')
      .add('agent.failed', { code: 'tool/failed', message: evil }, { agent: '1.1' });
    expect(/(?!\n)\p{Cc}|\p{Bidi_Control}/u.test(draw(log))).toBe(false);
  });

  it.each([
    [
      'was stopped',
      (log: SampleLog) => log.add('run.stopped', { reason: 'x' }),
      false,
      'cancelled',
    ],
    ['was interrupted', (log: SampleLog) => log, true, 'interrupted'],
  ] as const)('stands still when the run %s', (...[, end, interrupted, word]) => {
    const log = end(halfwayLog());
    const first = draw(log, { now: START + 60_000, interrupted });
    expect(first).toContain(word);
    expect(first).toContain('■ 1.2 trend-chart  not finished');
    expect(first).toContain('○ report           not started');
    expect(draw(log, { now: START + 90_000, interrupted })).toBe(first);
  });

  it('draws a run of which nothing is known yet', () => {
    expect(draw(new SampleLog())).toContain('starting');
  });
});
