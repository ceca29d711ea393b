import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import {
  boxOrReason,
  describeBox,
  POLICY,
  processesWith,
  runIn,
} from '../contracts/sandbox-contract.ts';
import { effectsWith, openBox } from './boxes.ts';

/** In the command line of a box that waits for a program, whatever its provider. */
const AHEAD = 'ahead=1';

/** Boxes that wait, started by this process or by one below it. */
async function waiting(root: number = process.pid): Promise<number> {
  const found: number[] = [];
  for (let queue = [root]; queue.length > 0; ) {
    const [pid = 0] = queue.splice(0, 1);
    const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
    const lists = tasks.map((task) =>
      readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => ''),
    );
    const children = (await Promise.all(lists)).join(' ').split(' ').filter(Boolean).map(Number);
    found.push(...children);
    queue = [...queue, ...children];
  }
  const lines = found.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  const heads = (await Promise.all(lines)).filter((line) => line.includes(AHEAD));
  return heads.length;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function openPooling(name: 'bwrap' | 'jail', pool: string): Promise<Sandbox> {
  const effects = effectsWith('AWP_SANDBOX', name);
  const get = (asked: string) => (asked === 'AWP_POOL' ? pool : effects.secrets.get(asked));
  return await openSandbox({ ...effects, secrets: { get } })(POLICY);
}

const coming = {
  policy: POLICY,
  inputs: undefined,
  shared: undefined,
  language: 'python',
} as const;
/** Says whether another program was here before, and leaves a mark. */
const MARKING = `
import os
name = os.environ['TMPDIR'] + '/mark'
print('used' if os.path.exists(name) else 'new')
open(name, 'w').write('x')`;

describe.each(['bwrap', 'jail'] as const)('boxes that are made ready', async (name) => {
  const box = await boxOrReason(() => openBox(name));
  describeBox(name, box, (opened) => warm(opened, name));
});

function warm(box: Sandbox, name: 'bwrap' | 'jail'): void {
  it('wait for programs, are used once each, and end with their holder', async () => {
    box.prepare(coming);
    await until(async () => (await waiting()) > 0);
    const runs = [1, 2, 3, 4].map(() => runIn(box, { language: 'python', code: MARKING }));
    const done = await Promise.all(runs);
    expect(done.map(({ stdout }) => stdout)).toEqual(['new\n', 'new\n', 'new\n', 'new\n']);
    const again = await runIn(box, { language: 'python', code: MARKING });
    expect(again).toMatchObject({ stdout: 'new\n', exitCode: 0, limits: [] });
    await box.close();
    expect(await waiting()).toBe(0);
  });

  it('are not made where AWP_POOL is 0', async () => {
    const without = await openPooling(name, '0');
    without.prepare(coming);
    const done = await runIn(without, { language: 'python', code: MARKING });
    expect(done.stdout).toBe('new\n');
    expect(await waiting()).toBe(0);
    await without.close();
  });

  it('give programs the same names, errors, limits and exit codes as fresh ones', async () => {
    const opened = await openPooling(name, '1');
    const fresh = await openPooling(name, '0');
    const programs = [
      "open('output/a/b.txt', 'w').write('made'); print(_sys.argv, json.dumps([math.pi]))",
      'def f():\n    raise ValueError("from line two")\nf()',
      'import sys; sys.exit(9)',
      'import atexit; atexit.register(lambda: print("at the end")); print("before")',
      'import threading; threading.Thread(target=lambda: print("in a thread")).start()',
      "kept = [open('/dev/null') for _ in range(9000)]",
    ];
    opened.prepare(coming);
    for (const code of programs) {
      const cold = await runIn(fresh, { language: 'python', code });
      await until(async () => (await waiting()) > 0);
      const warmed = await runIn(opened, { language: 'python', code });
      expect({ ...warmed, ms: 0 }).toEqual({ ...cold, ms: 0 });
    }
    await Promise.all([opened, fresh].map((one) => one.close()));
    expect(await waiting()).toBe(0);
  }, 90_000);

  it('end with the process that made them, however that ends', async () => {
    const marker = `awp-host-${process.pid}-${Math.random()}`;
    const code = `
const { nodeEffects } = await import(${JSON.stringify(new URL('../../src/effects/index.ts', import.meta.url).href)});
const { openSandbox } = await import(${JSON.stringify(new URL('../../src/sandboxes/choose.ts', import.meta.url).href)});
const policy = ${JSON.stringify(POLICY)};
const box = await openSandbox(nodeEffects())(policy);
const job = { policy, inputs: undefined, shared: undefined };
box.prepare({ ...job, language: 'python' });
const program = "import subprocess; subprocess.run(['/bin/sh', '-c', 'trap \\"\\" TERM; sleep 60; : ${marker}'])";
void box.run({ ...job, language: 'python', code: program, timeoutMs: 60_000, output: [] }, new AbortController().signal);
setInterval(() => {}, 1000);`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, AWP_SANDBOX: name },
    });
    const pid = host.pid ?? 0;
    await until(async () => (await processesWith(`: ${marker}`)).length > 1);
    host.kill('SIGKILL');
    await once(host, 'exit');
    await until(async () => (await processesWith(`: ${marker}`)).length === 0);
    expect(await waiting(pid)).toBe(0);
  });
}
