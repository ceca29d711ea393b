import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { runReport } from '../../src/data/run-report.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';
import { halfwayLog, START } from './sample-run.ts';

const RUN = 'r-aaa0000000';

/** A place with one run, which a process works on or not. */
async function place({
  alive = false,
} = {}): Promise<{ store: Store; clock: ReturnType<typeof fixedClock> }> {
  const clock = fixedClock(START + 20_000);
  const store = memoryStore({ folder: '/store', clock });
  const lease = await store.create(RUN, 'me');
  await store.append(
    lease,
    halfwayLog().events.map((event) => ({ ...event, run: RUN })),
    'full',
  );
  if (!alive) await store.release(lease);
  return { store, clock };
}

async function awp(cwd: string, argv: readonly string[], alive = false) {
  const { store, clock } = await place({ alive });
  const shell = fakeShell({
    ...{ cwd, effects: { ...nodeEffects(), clock } },
    openHome: async () => ({ store, folder: '/store', close: async () => {} }),
  });
  const code = await runCli(['runs', 'report', ...argv], shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

describe('awp runs report', () => {
  it('writes the report to standard output, for any beginning of the id', async () => {
    const { code, out, err } = await awp('/work', ['r-aaa']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^# Run r-aaa0000000: Revenue trend/);
    expect(out).toContain('#### `profile` (1.1): done');
    expect(out).toContain('| Status | interrupted');
  });

  it('says of a run that a process works on that it is running', async () => {
    expect((await awp('/work', [RUN], true)).out).toContain('| Status | running |');
  });

  it('writes a file, and replaces one only when it is told to', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'report.md');
    const first = await awp(folder.path, [RUN, '--out', 'report.md']);
    expect(first).toEqual({ code: 0, out: '', err: 'report  report.md\n' });
    expect(readFileSync(file, 'utf8')).toMatch(/^# Run /);
    writeFileSync(file, 'mine');
    const second = await awp(folder.path, [RUN, '--out', 'report.md']);
    expect(second).toMatchObject({ code: 2, err: expect.stringContaining('usage/exists') });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await awp(folder.path, [RUN, '-o', 'report.md', '--force'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^# Run /);
  });

  it.each([
    [['r-zzz'], 'store/not-found'],
    [[], 'usage/missing-argument'],
    [[RUN, '--force'], 'usage/bad-option'],
    [[RUN, '--out', 'none/report.md'], 'usage/not-writable'],
  ])('says what is wrong: %j', async (argv, code) => {
    using folder = temporaryFolder();
    const result = await awp(folder.path, argv);
    expect(result.code).not.toBe(0);
    expect(result.err).toContain(code);
    expect(existsSync(join(folder.path, 'none'))).toBe(false);
  });
});

describe('runReport', () => {
  it('is the same text for programs', async () => {
    const { store } = await place();
    expect(await runReport('r-aaa', { store })).toBe((await awp('/work', [RUN])).out);
  });

  it('says that there is no such run', async () => {
    const { store } = await place();
    await expect(runReport('r-zzz', { store })).rejects.toMatchObject({ code: 'store/not-found' });
  });
});
