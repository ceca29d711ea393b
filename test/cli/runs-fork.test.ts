import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { temporaryFolder } from '../make.ts';
import { playedRun } from './fake-run.ts';
import { fakeShell } from './fake-shell.ts';
import { halfwayLog, type SampleLog } from './sample-run.ts';

const RUN = 'r-7f3a000000';

/** The log of a fork that ends soon. */
function forked(from: string): SampleLog {
  const log = halfwayLog();
  log.add('run.forked', { from, seq: log.events.length });
  log.add('run.resumed', { abandoned: [], version: '1' });
  log.add('run.finished', { status: 'complete', text: 'the end', result: {} });
  return log;
}

async function awp(cwd: string, argv: readonly string[]) {
  const asked: unknown[] = [];
  const store = memoryStore({ folder: '/store' });
  const lease = await store.create(RUN, 'me');
  await store.append(lease, halfwayLog().events, 'full');
  await store.release(lease);
  const shell = fakeShell({
    ...{ cwd, effects: nodeEffects() },
    openHome: async () => ({ store, folder: '/store', close: async () => {} }),
    engine: {
      fork(id, how) {
        asked.push({ id, ...how });
        return playedRun(forked(id));
      },
    },
  });
  const code = await runCli(['runs', 'fork', ...argv], shell);
  return { code, asked, out: shell.out.text(), err: shell.err.text() };
}

describe('awp runs fork', () => {
  it.each<[string, readonly string[], object]>([
    ['a turn', ['--from', 'loop=2'], { from: { loop: 2 } }],
    ['an event', ['--from', 'seq=118'], { from: { seq: 118 } }],
    ['a worker', ['--from', 'worker=2.1'], { from: { worker: '2.1' } }],
    [
      'a worker with another order',
      ['--from', 'worker=2.1', '--instructions', 'Use the median', '--edit', '{"temperature": 1}'],
      { from: { worker: '2.1' }, envelope: { instructions: 'Use the median', temperature: 1 } },
    ],
    [
      'models and limits',
      ['--from', 'loop=1', '-m', 'demo', '--worker-model', 'x/y', '--budget.tokens', '800k'],
      { from: { loop: 1 }, model: 'demo', workerModel: 'x/y', budget: { tokens: 800_000 } },
    ],
  ])('takes %s', async (_what, argv, expected) => {
    const { code, asked } = await awp('/work', ['r-7f3a', ...argv]);
    expect({ code, asked }).toEqual({ code: 0, asked: [{ id: RUN, ...expected }] });
  });

  it('says what is kept and counts, and shows only what is new', async () => {
    const { err } = await awp('/work', [RUN, '--from', 'loop=2', '--progress', 'plain']);
    expect(err).toContain(`is forked from ${RUN} after event`);
    expect(err).toContain('are kept and count');
    expect(err).toMatch(/run r-\w+ forked from r-\w+ after event \d+/);
    expect(err).not.toMatch(/run r-\w+ started/);
  });

  it('reads orders from files', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'order.json'), '{"tools_allowed": ["data.*"]}');
    writeFileSync(join(folder.path, 'text.md'), 'Use the mean');
    const argv = [RUN, '--from', 'worker=a', '--edit', 'order.json', '--instructions', '@text.md'];
    const { asked } = await awp(folder.path, argv);
    const envelope = { tools_allowed: ['data.*'], instructions: 'Use the mean' };
    expect(asked).toEqual([{ id: RUN, from: { worker: 'a' }, envelope }]);
  });

  it.each<[readonly string[], number, string]>([
    [[], 2, 'usage/missing-argument'],
    [[RUN], 2, 'usage/missing-option'],
    [[RUN, '--from', 'turn=2'], 2, 'usage/bad-value'],
    [[RUN, '--from', 'loop=0'], 2, 'usage/bad-value'],
    [[RUN, '--from', 'seq=0'], 2, 'write --from loop=2, --from worker=2.1 or --from seq=118'],
    [[RUN, '--from', 'seq=two'], 2, '--from seq=two is no point of a run'],
    [[RUN, '--from', 'loop'], 2, 'usage/bad-value'],
    [[RUN, '--from', 'worker=a', '--edit', 'none.json'], 2, 'usage/bad-value'],
    [[RUN, '--from', 'worker=a', '--edit', '{'], 2, 'usage/bad-value'],
    [[RUN, '--from', 'loop=1', '--budget.tokens', 'many'], 2, 'usage/bad-value'],
    [['r-none', '--from', 'loop=1'], 9, 'store/not-found'],
  ])('refuses %j', async (argv, expected, error) => {
    const { code, asked, err } = await awp('/work', argv);
    expect({ code, asked }).toEqual({ code: expected, asked: [] });
    expect(err).toContain(error);
  });
});
