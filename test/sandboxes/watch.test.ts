import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { SandboxJob } from '../../src/ports/sandbox.ts';
import { treeUse } from '../../src/sandboxes/process-tree.ts';
import { type Watched, watchBox } from '../../src/sandboxes/watch.ts';
import { POLICY } from '../contracts/sandbox-contract.ts';

const effects = nodeEffects();
const NO_USE = { memoryMb: 0, cpuSeconds: 0, tasks: 0 };
/** Waits beside a process of its own, as the first process of a box does. */
const WITH_CHILD = `import subprocess\nchild = subprocess.Popen(['sleep', '60'])\n`;
const WAIT = 'import time\nprint("ready", flush=True)\ntime.sleep(60)';
const started: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of started.splice(0)) {
    try {
      process.kill(-(pid ?? 0), 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
});

async function running(python: string): Promise<number> {
  const child = spawn('/usr/bin/python3', ['-c', python], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  started.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

/** A watch whose looks are made one by one. */
function watching(pid: number, policy: Partial<SandboxJob['policy']>, more: Partial<Watched> = {}) {
  const stops: string[] = [];
  let fire: (() => void) | undefined;
  let set = Promise.withResolvers<void>();
  const job: SandboxJob = {
    ...{ language: 'python', code: '', timeoutMs: 1000, output: [] },
    ...{ inputs: undefined, shared: undefined, policy: { ...POLICY, ...policy } },
  };
  const watched: Watched = {
    ...{ effects, pid, job, before: NO_USE },
    ...{ watchTasks: false, shares: false, writable: [], started: () => true },
    ...more,
  };
  const end = watchBox(watched, {
    timer: (_, next) => {
      fire = next;
      set.resolve();
      return () => {
        fire = undefined;
      };
    },
    stop: (why) => stops.push(why),
  });
  return {
    stops,
    end,
    waits: () => fire !== undefined,
    async look(): Promise<readonly string[]> {
      set = Promise.withResolvers();
      const look = fire;
      fire = undefined;
      look?.();
      await set.promise;
      return stops;
    },
  };
}

describe.skipIf(process.platform !== 'linux')('the watch over a box', () => {
  const MB_100 = `x = b"x" * (100 << 20)\n${WAIT}`;
  const SHARED = `
import os, time
x = b"x" * (60 << 20)
for _ in range(3):
    if os.fork() == 0:
        time.sleep(60)
${WAIT}`;
  const THREADS = `
import threading, time
for _ in range(20):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
${WAIT}`;
  const BUSY = `import time\nwhile time.process_time() < 0.3: pass\n${WAIT}`;

  it.each<[string, string, Partial<SandboxJob['policy']>, Partial<Watched>, string[]]>([
    ['is within its limits', WAIT, {}, { watchTasks: true }, []],
    ['has too much memory', MB_100, { memoryMb: 50 }, {}, ['memory']],
    ['has as much memory as it may', MB_100, { memoryMb: 90 }, {}, []],
    ['has memory four times that is one', SHARED, { memoryMb: 100 }, { shares: true }, []],
    ['has memory four times, not known as shared', SHARED, { memoryMb: 100 }, {}, ['memory']],
    ['has too much memory, shared or not', SHARED, { memoryMb: 16 }, { shares: true }, ['memory']],
    ['has too many threads', THREADS, { processes: 10 }, { watchTasks: true }, ['processes']],
    ['has threads that the kernel counts', THREADS, { processes: 10 }, {}, []],
    ['was busy for too long', BUSY, { cpuSeconds: 0.2 }, {}, ['cpu']],
    ['was busy as long as it may', BUSY, { cpuSeconds: 5 }, {}, []],
  ])('of a program that %s', async (_, python, policy, more, stops) => {
    const { look, end } = watching(await running(python), policy, more);
    expect(await look()).toEqual(stops);
    end();
  });

  it('does not count what the box used before the program began', async () => {
    const pid = await running(MB_100);
    const before = await treeUse(effects.files, pid);
    const { look, end } = watching(pid, { memoryMb: 50 }, { before });
    expect(await look()).toEqual([]);
    end();
  });

  it('stops a program whose file system has too many entries', async () => {
    const pid = await running(
      `import subprocess\nchild = subprocess.Popen(['sleep', '60'])\n${WAIT}`,
    );
    const asked: string[] = [];
    const space = async (path: string) => {
      asked.push(path);
      return { bytes: 0, free: 0, entries: path.endsWith('/second') ? 1_000_000 : 3 };
    };
    const full = { ...effects, files: { ...effects.files, space } };
    const { look, end } = watching(pid, {}, { effects: full, writable: ['/first', '/second'] });
    expect(await look()).toEqual(['files']);
    expect(asked.map((path) => path.replace(/^\/proc\/\d+/, ''))).toEqual([
      ...['/root/first', '/root/second'],
    ]);
    // Its own file system is the machine's: one that is in the box is asked.
    expect(asked.join()).not.toContain(`/proc/${pid}/`);
    end();
  });

  it('does not take the file systems of the machine for those of a box that is not there yet', async () => {
    const space = async () => ({ bytes: 0, free: 0, entries: 1_000_000 });
    const full = { ...effects, files: { ...effects.files, space } };
    const more = { effects: full, writable: ['/first'], started: () => false };
    const { look, end } = watching(await running(`${WITH_CHILD}${WAIT}`), {}, more);
    expect(await look()).toEqual([]);
    end();
  });

  it('looks again and again, also after a process is gone, and never once it has ended', async () => {
    const pid = await running(WAIT);
    const { look, end, waits, stops } = watching(pid, {}, { writable: ['/nowhere'] });
    await look();
    process.kill(-pid, 'SIGKILL');
    await look();
    await look();
    expect(waits()).toBe(true);
    end();
    expect({ waits: waits(), stops }).toEqual({ waits: false, stops: [] });
  });

  it('says nothing of a look that was still going on when it ended', async () => {
    const pid = await running(MB_100);
    const seen = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const readText = async (path: string) => {
      seen.resolve();
      await held.promise;
      return await effects.files.readText(path);
    };
    const slow = { ...effects, files: { ...effects.files, readText } };
    const { look, end, stops, waits } = watching(pid, { memoryMb: 1 }, { effects: slow });
    void look();
    await seen.promise;
    end();
    held.resolve();
    await treeUse(effects.files, pid);
    expect({ stops, waits: waits() }).toEqual({ stops: [], waits: false });
  });
});
