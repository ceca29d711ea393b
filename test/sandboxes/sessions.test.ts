import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Execution, Sandbox, SandboxJob } from '../../src/ports/sandbox.ts';
import { boxOrReason, describeBox, POLICY, runIn } from '../contracts/sandbox-contract.ts';
import { openBox } from './boxes.ts';

/** In the command line of a box that goes on after a program. */
const SERVES = 'serve=1';

/** Boxes of sessions below this process. */
async function boxes(): Promise<number> {
  const found: number[] = [];
  for (let queue = [process.pid]; queue.length > 0; ) {
    const [pid = 0] = queue.splice(0, 1);
    const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
    const lists = tasks.map((task) =>
      readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => ''),
    );
    const children = (await Promise.all(lists)).join(' ').split(' ').filter(Boolean).map(Number);
    if (pid === process.pid) found.push(...children);
    queue = [...queue, ...children];
  }
  const lines = found.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(lines)).filter((line) => line.includes(SERVES)).length;
}

const policy = { ...POLICY, session: 'persistent' as const };
/** Counts the programs of this box and of this session. */
const COUNT = `
import os
name = os.environ['TMPDIR'] + '/count'
n = int(open(name).read()) + 1 if os.path.exists(name) else 1
open(name, 'w').write(str(n))
print(n)`;

describe.each(['bwrap', 'jail'] as const)(
  'a box that the programs of a worker share',
  async (name) => {
    const box = await boxOrReason(() => openBox(name));
    describeBox(name, box, sessions);
  },
);

function sessions(box: Sandbox): void {
  const run = (
    session: string,
    code = COUNT,
    more: Partial<SandboxJob> = {},
    signal?: AbortSignal,
  ): Promise<Execution> =>
    runIn(box, { language: 'python', code, policy, session, ...more }, signal);
  const counts = (done: readonly Execution[]) => done.map(({ stdout }) => Number(stdout)).sort();

  it('is one, also when its first programs come at the same time', async () => {
    const done = await Promise.all([1, 2, 3, 4].map(() => run('parallel')));
    expect(counts(done)).toEqual([1, 2, 3, 4]);
    expect(await boxes()).toBe(1);
    await box.endSession('parallel');
    expect(await boxes()).toBe(0);
  });

  it('stays the same one while the worker writes files, however many', async () => {
    let output: SandboxJob['output'] = [];
    for (const [index, bytes] of [10, 5000, 3_000_000].entries()) {
      const code = `${COUNT}\nopen('output/f${index}.bin', 'wb').write(b'x' * ${bytes})`;
      const done = await run('writing', code, { output });
      expect(done).toMatchObject({ stdout: `${index + 1}\n`, exitCode: 0, limits: [] });
      expect(done.files.map(({ path }) => path)).toEqual([`f${index}.bin`]);
      output = [...output, ...done.files];
    }
    await box.endSession('writing');
  });

  it('is another one for programs of another shape, and the first one ends', async () => {
    const other = { policy: { ...policy, memoryMb: 200 } };
    const done = await Promise.all([
      ...[run('shapes'), run('shapes', COUNT, other)],
      ...[run('shapes'), run('shapes', COUNT, other)],
    ]);
    for (const { exitCode, stdout } of done) {
      expect({ exitCode, stdout }).toEqual({
        exitCode: 0,
        stdout: expect.stringMatching(/^[12]\n$/),
      });
    }
    expect(await boxes()).toBe(1);
    await box.endSession('shapes');
    expect(await boxes()).toBe(0);
  });

  it('that ended with a program that was stopped is followed by another for those that wait', async () => {
    const endless = run('stopped', 'while True: pass', { timeoutMs: 1500 });
    const waiting = [run('stopped'), run('stopped')];
    expect((await endless).stopped).toBe('timeout');
    expect(counts(await Promise.all(waiting))).toEqual([1, 2]);
    await box.endSession('stopped');
    expect(await boxes()).toBe(0);
  });

  it('does not run a program that was cancelled while it waited', async () => {
    const cancel = new AbortController();
    const first = run('waiting');
    const second = run('waiting', COUNT, {}, cancel.signal);
    cancel.abort();
    expect((await second).stopped).toBe('cancelled');
    expect((await first).stdout).toBe('1\n');
    expect((await run('waiting')).stdout).toBe('2\n');
    await box.endSession('waiting');
  });

  it('ends with the last holder of its provider', async () => {
    await run('closed');
    expect(await boxes()).toBe(1);
    await box.close();
    expect(await boxes()).toBe(0);
  });
}
