import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import type { RunHandle } from '../../src/cli/engine.ts';
import { type WatchOptions, watchRun } from '../../src/cli/watch-run.ts';
import type { EventData } from '../../src/events/event.ts';
import { playedRun, stoppableRun } from './fake-run.ts';
import { fakeShell } from './fake-shell.ts';
import { halfwayLog, type SampleLog } from './sample-run.ts';

const OPTIONS: WatchOptions = {
  json: false,
  progress: 'quiet',
  noColor: true,
  debug: false,
  home: undefined,
  after: 0,
};

async function watch(handle: RunHandle, options: Partial<WatchOptions> = {}) {
  const shell = fakeShell();
  const code = await watchRun(handle, shell, { ...OPTIONS, ...options });
  return { code, out: shell.out.text(), err: shell.err.text(), listeners: shell.listeners() };
}

function ended(data: Partial<EventData['run.finished']>): SampleLog {
  const ending = { status: 'failed', text: '', result: {}, ...data } as const;
  return halfwayLog().add('run.finished', ending);
}

describe('the end of a run', () => {
  it.each([
    [{ status: 'complete' }, 0],
    [{ status: 'partial', reason: 'budget/tokens' }, 3],
    [{ status: 'failed', reason: 'run/failed' }, 1],
    [{ status: 'failed', reason: 'manager/unreadable' }, 1],
    [{ status: 'failed', reason: 'tool/failed' }, 1],
    [{ status: 'failed', reason: 'model/auth' }, 4],
    [{ status: 'failed', reason: 'sandbox/unavailable' }, 6],
    [{ status: 'failed', reason: 'source/unreachable' }, 8],
    [{ status: 'failed', reason: 'store/full' }, 9],
  ] as [Partial<EventData['run.finished']>, number][])('%j is status %i', async (data, code) => {
    const result = await watch(playedRun(ended(data)));
    expect(result.code).toBe(code);
    expect(result.listeners).toBe(0);
  });

  it('names the limit to raise when one was used up', async () => {
    const log = halfwayLog()
      .add('budget.exhausted', {
        dimension: 'tokens',
        limit: 500_000,
        used: 499_000,
        reserved: 0,
        wanted: 9000,
      })
      .add('run.finished', {
        status: 'partial',
        reason: 'budget/tokens',
        message: 'the limit of 500,000 tokens is used up',
        text: 'Half of it.',
        result: {},
      });
    const { out, err } = await watch(playedRun(log), { home: '/my place' });
    expect(out).toBe('Half of it.\n');
    expect(err).toContain('partial: the limit of 500,000 tokens is used up');
    expect(err).toContain(`awp run --resume r-7f3a000000 --home '/my place' --raise tokens=1m`);
  });

  it('tells why it failed, with what the failed call advised', async () => {
    const log = halfwayLog()
      .add(
        'model.failed',
        {
          call: '1.2/2',
          attempt: 1,
          code: 'model/auth',
          message: 'refused',
          hint: 'check LLM_API_KEY',
          usage: { input: 0, output: 0 },
          cost: 0,
        },
        { agent: '1.2' },
      )
      .add('run.finished', {
        status: 'failed',
        reason: 'model/auth',
        message: 'the key was refused\x1b[31m',
        text: '',
        result: {},
      });
    const { err } = await watch(playedRun(log));
    expect(err).toContain('error[model/auth]: the key was refused\\x1b[31m');
    expect(err).toContain('= try: check LLM_API_KEY');
    expect(err).toContain('= run: r-7f3a000000 is kept; go on with: awp run --resume r-7f3a000000');
  });

  it('draws no tree between events that go to the same terminal', async () => {
    const shell = fakeShell({ terminal: true });
    const handle = playedRun(ended({ status: 'complete' }));
    await watchRun(handle, shell, { ...OPTIONS, progress: 'auto', json: true });
    expect(shell.err.text()).not.toContain('\x1b');
  });

  it('prints typed output when there are no words', async () => {
    const { out } = await watch(playedRun(ended({ status: 'complete', output: { peak: 'Mar' } })));
    expect(JSON.parse(out)).toEqual({ peak: 'Mar' });
  });

  it('with a store that broke says that the run is kept', async () => {
    const result = Promise.reject(new AwpError('store/full', 'the disk is full'));
    result.catch(() => {});
    const { code, err } = await watch({ ...playedRun(halfwayLog()), result });
    expect(code).toBe(9);
    expect(err).toContain('error[store/full]: the disk is full');
    expect(err).toContain('awp run --resume r-7f3a000000');
  });
});

describe('a run that is asked to stop', () => {
  async function stopped(signals: ('SIGINT' | 'SIGTERM')[], progress: WatchOptions['progress']) {
    const shell = fakeShell({ terminal: progress === 'tty' });
    const handle = stoppableRun(halfwayLog());
    const watched = watchRun(handle, shell, { ...OPTIONS, progress });
    await new Promise((resolve) => setImmediate(resolve));
    for (const signal of signals) shell.signal(signal);
    return { code: await watched, shell, handle };
  }

  it('by one Ctrl-C stops gracefully and prints how to go on', async () => {
    const { code, shell, handle } = await stopped(['SIGINT'], 'plain');
    expect(code).toBe(7);
    expect(shell.exited()).toBeUndefined();
    expect(handle.cancelled).toEqual(['stopped by the user']);
    expect(shell.err.text()).toContain('Resume: awp run --resume r-7f3a000000');
    expect(shell.listeners()).toBe(0);
  });

  it('by two ends at once with 130, the cursor given back', async () => {
    const { shell } = await stopped(['SIGINT', 'SIGINT'], 'tty');
    expect(shell.exited()).toBe(130);
    expect(shell.err.text()).toContain('\x1b[?25h');
  });

  it('by SIGTERM stops gracefully and ends with 143', async () => {
    const { code, shell } = await stopped(['SIGTERM'], 'plain');
    expect(code).toBe(143);
    expect(shell.err.text()).toContain('Resume:');
  });

  it('by a reader that goes away stops as well', async () => {
    const shell = fakeShell();
    const handle = stoppableRun(halfwayLog());
    const watched = watchRun(handle, shell, { ...OPTIONS, json: true });
    await new Promise((resolve) => setImmediate(resolve));
    shell.out.close();
    expect(await watched).toBe(7);
    expect(handle.cancelled).toEqual(['the reader of the output has gone']);
  });
});
