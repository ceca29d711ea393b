import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import { childrenOfHalted, treePids, treeUse } from '../../src/sandboxes/process-tree.ts';

const { files } = nodeEffects();
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

/** Starts a Python program and resolves with its number when it has printed its first line. */
async function running(python: string): Promise<{ pid: number; said: string }> {
  const child = spawn('/usr/bin/python3', ['-c', python], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  started.push(child);
  const [line] = await once(child.stdout, 'data');
  return { pid: child.pid ?? 0, said: String(line).trim() };
}

const WAIT = 'import time\nprint("ready", flush=True)\ntime.sleep(60)';

describe.skipIf(process.platform !== 'linux')('what a process and all below it use', () => {
  it('is nothing for a process that is not there', async () => {
    const nothing = { memoryMb: 0, cpuSeconds: 0, tasks: 0 };
    expect(await treeUse(files, 999_999_999)).toEqual(nothing);
    expect(await treeUse(files, 999_999_999, { exact: true })).toEqual(nothing);
  });

  it('counts memory that was written to, not what was only reserved', async () => {
    const plain = await running(WAIT);
    const { memoryMb: base } = await treeUse(files, plain.pid);
    const reserved = await running(`import mmap\nm = mmap.mmap(-1, 300 << 20)\n${WAIT}`);
    expect((await treeUse(files, reserved.pid)).memoryMb).toBeLessThan(base + 20);
    const written = await running(`x = b"x" * (100 << 20)\n${WAIT}`);
    const grown = (await treeUse(files, written.pid)).memoryMb - base;
    expect(grown).toBeGreaterThan(95);
    expect(grown).toBeLessThan(120);
  });

  it('counts memory that processes share once when asked for exact figures', async () => {
    const shared = `
import os, time
x = b"x" * (60 << 20)
for _ in range(3):
    if os.fork() == 0:
        time.sleep(60)
${WAIT}`;
    const { pid } = await running(shared);
    const rough = await treeUse(files, pid);
    const exact = await treeUse(files, pid, { exact: true });
    expect(rough.tasks).toBe(4);
    expect(rough.memoryMb).toBeGreaterThan(220);
    expect(exact.memoryMb).toBeGreaterThan(60);
    expect(exact.memoryMb).toBeLessThan(120);
  });

  it('counts processes and threads at any depth', async () => {
    const deep = `
import os, threading, time
pipe = os.pipe()
for _ in range(3):
    if os.fork() != 0:
        time.sleep(60)
ready = threading.Barrier(3)
for _ in range(2):
    threading.Thread(target=lambda: (ready.wait(), time.sleep(60)), daemon=True).start()
ready.wait()
${WAIT}`;
    const { pid } = await running(deep);
    expect((await treeUse(files, pid)).tasks).toBe(6);
    expect(await treePids(files, pid)).toHaveLength(4);
  });

  it('counts the processor time of the living and of children that were waited for', async () => {
    const { pid } = await running(`
import subprocess, sys, time
busy = "import time\\nwhile time.process_time() < 0.3: pass"
subprocess.run([sys.executable, "-c", busy])
while time.process_time() < 0.2: pass
${WAIT}`);
    const { cpuSeconds } = await treeUse(files, pid);
    expect(cpuSeconds).toBeGreaterThan(0.42);
  });

  it('reads the names of processes with blanks and brackets right', async () => {
    const name = 'import ctypes\nctypes.CDLL(None).prctl(15, b") S 1 (x y", 0, 0, 0)';
    const { pid } = await running(`${name}\nx = b"x" * (40 << 20)\n${WAIT}`);
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain('() S 1 (x y)');
    const use = await treeUse(files, pid);
    expect(use.tasks).toBe(1);
    expect(use.cpuSeconds).toBeLessThan(20);
  });
});

describe.skipIf(process.platform !== 'linux')('the children of a halted process', () => {
  it('are told once it makes no more of them', async () => {
    const { pid, said } = await running(`
import os, time
child = os.fork()
if child == 0:
    time.sleep(60)
print(child, flush=True)
time.sleep(60)`);
    process.kill(pid, 'SIGSTOP');
    expect(await childrenOfHalted(files, pid)).toEqual([Number(said)]);
  });

  it('are none for a process that has ended', async () => {
    expect(await childrenOfHalted(files, 999_999_999)).toEqual([]);
  });
});
