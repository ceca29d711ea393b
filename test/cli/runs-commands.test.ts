import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { fakeShell } from './fake-shell.ts';
import { halfwayLog, SampleLog, START } from './sample-run.ts';

/** A place with a finished run, one at work and one whose process died. */
async function awp(...argv: string[]) {
  const clock = fixedClock(START + 20_000);
  const store = memoryStore({ folder: '/store', clock });
  const died = await store.create('r-bbb0000000', 'gone');
  await store.append(
    died,
    new SampleLog('r-bbb0000000').start({ task: 'it\x1b[2J died' }).events,
    'full',
  );
  clock.advance(11_000);
  const done = await store.create('r-aaa0000000', 'me');
  const log = relabelled(
    halfwayLog().add('run.finished', {
      status: 'complete',
      text: 'The peak is March.',
      result: {},
    }),
    'r-aaa0000000',
  );
  await store.append(done, log, 'full');
  await store.release(done);
  const live = await store.create('r-ccc0000000', 'other');
  await store.append(live, relabelled(halfwayLog(), 'r-ccc0000000'), 'full');
  const shell = fakeShell({
    effects: { clock },
    openHome: async () => ({ store, folder: '/store', close: async () => {} }),
  });
  const code = await runCli(argv, shell);
  return { code, out: shell.out.text(), err: shell.err.text(), log };
}

function relabelled({ events }: SampleLog, run: string) {
  return events.map((event) => ({ ...event, run }));
}

describe('awp runs list', () => {
  it('shows each run in a line, and which was interrupted', async () => {
    const { out } = await awp('runs');
    const lines = out.trimEnd().split('\n').sort();
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(
      /^r-aaa0000000 {2}complete +just now +openrouter\/some\/model +Revenue/,
    );
    expect(lines[1]).toMatch(/^r-bbb0000000 {2}interrupted .* it\\x1b\[2J died$/);
    expect(lines[2]).toMatch(/^r-ccc0000000 {2}running /);
  });

  it('is a JSON array with --json', async () => {
    const { out } = await awp('runs', 'list', '--json', '--status', 'complete');
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({ run: 'r-aaa0000000', status: 'complete', owner: null }),
    ]);
  });

  it('shows at most so many as asked', async () => {
    expect((await awp('runs', '--limit', '1')).out.trim().split('\n')).toHaveLength(1);
    expect((await awp('runs', '--limit', '0')).code).toBe(2);
    expect((await awp('runs', '--status', 'finished')).code).toBe(2);
  });

  it('says so when there are none', async () => {
    const store = memoryStore({ folder: '/store' });
    const shell = fakeShell({
      openHome: async () => ({ store, folder: '/store', close: async () => {} }),
    });
    expect(await runCli(['runs'], shell)).toBe(0);
    expect(shell.out.text()).toBe('');
    expect(shell.err.text()).toContain('awp demo');
  });
});

describe('awp runs show', () => {
  it('shows tree, result, use and files of a run', async () => {
    expect((await awp('runs', 'show', 'r-aaa')).out).toMatchInlineSnapshot(`
      "✓ Revenue trend and peak month   r-aaa0000000   complete   13.3s   loop 1/15   openrouter/some/model
      ├ ■ manager          not finished                                                                          13.3s   6.2k
      ├ ✓ 1.1 profile      profile.json                                                                           8.0s   5.1k
      ├ ■ 1.2 trend-chart  not finished                                                                           9.2s   6.2k
      │   └ ValueError: could not convert string to float: 'n/a'
      └ ○ report           not started
      tokens ░░░░░░░░ 18k/500k · workers 2/20 · time 13/300s · tools 1/100 · cost ≥ $0.04

      The peak is March.

      used by          tokens  calls  tools  cost
      manager            6.2k      1      0  $0.02
      1.1 profile        5.1k      1      0  $0.02
      1.2 trend-chart    6.2k      2      1
      in all              18k      4      1  ≥ $0.04
      files   /store/r-aaa0000000/artifacts/profile.json
      "
    `);
  });

  it('shows a run that another process works on', async () => {
    const { code, out } = await awp('runs', 'show', 'r-ccc');
    expect(code).toBe(0);
    expect(out).toContain('thinking, round 2');
  });

  it('is the result object with --json', async () => {
    const { out } = await awp('runs', 'show', 'r-aaa', '--json');
    expect(JSON.parse(out)).toMatchObject({
      status: 'complete',
      artifacts: ['/store/r-aaa0000000/artifacts/profile.json'],
      metadata: { run_id: 'r-aaa0000000' },
    });
  });

  it.each([
    ['r-zzz', 'store/not-found'],
    ['r-', 'store/ambiguous'],
  ])('%s is %s, status 9', async (id, error) => {
    const { code, err } = await awp('runs', 'show', id);
    expect(code).toBe(9);
    expect(err).toContain(`error[${error}]`);
  });
});

describe('awp runs export', () => {
  it('writes the log as it is', async () => {
    const { out, log } = await awp('runs', 'export', 'r-aaa', '--ndjson');
    expect(out).toBe(log.map((event) => `${JSON.stringify(event)}\n`).join(''));
  });
});
