import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
import { until, waiting } from './waiting.ts';

async function openPooling(
  name: 'bwrap' | 'jail',
  pool: string,
  monotonic?: () => number,
): Promise<Sandbox> {
  const effects = effectsWith('AWP_SANDBOX', name);
  const get = (asked: string) => (asked === 'AWP_POOL' ? pool : effects.secrets.get(asked));
  const clock = { ...effects.clock, ...(monotonic && { monotonic }) };
  return await openSandbox({ ...effects, clock, secrets: { get } })(POLICY);
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

  it('wait for programs of two kinds at once; for a third one goes that has waited long', async () => {
    let now = 0;
    const opened = await openPooling(name, '2', () => now);
    const prepare = (cpuSeconds: number) =>
      opened.prepare({ ...coming, policy: { ...POLICY, cpuSeconds } });
    const areThere = async (seconds: number) =>
      (await waiting(process.pid, `cpu=${seconds}\0`)) > 0;
    prepare(10);
    await until(() => areThere(10));
    prepare(11);
    await until(() => areThere(11));
    expect(await areThere(10)).toBe(true);
    prepare(12);
    expect(await areThere(12)).toBe(false);
    now = 5000;
    prepare(12);
    await until(async () => (await areThere(12)) && !(await areThere(10)));
    expect(await areThere(11)).toBe(true);
    await opened.close();
    expect(await waiting()).toBe(0);
  }, 60_000);

  it('are not started when another kind takes their place at once', async () => {
    const started: string[] = [];
    const effects = effectsWith('AWP_SANDBOX', name);
    const get = (asked: string) => (asked === 'AWP_POOL' ? '2' : effects.secrets.get(asked));
    const spawn: typeof effects.processes.spawn = (spec) => {
      started.push(spec.args.find((word) => word.startsWith('cpu=')) ?? '');
      return effects.processes.spawn(spec);
    };
    const processes = { ...effects.processes, spawn };
    const opened = await openSandbox({ ...effects, processes, secrets: { get } })(POLICY);
    started.length = 0;
    opened.prepare({ ...coming, policy: { ...POLICY, cpuSeconds: 10 } });
    opened.prepare({ ...coming, policy: { ...POLICY, cpuSeconds: 11 } });
    await until(async () => started.length > 1);
    await opened.close();
    expect(started.filter(Boolean).sort()).toEqual(['cpu=10', 'cpu=11']);
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
