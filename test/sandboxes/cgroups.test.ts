import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { type GroupLimits, groupMaker } from '../../src/sandboxes/cgroups.ts';
import { hostMark } from '../../src/sandboxes/scratch.ts';

const effects = nodeEffects();
const maker = await groupMaker(effects);
const MIB = 1024 * 1024;
const LIMITS: GroupLimits = { memoryBytes: 64 * MIB, tasks: 12 };
const mark = await hostMark(effects);

/** Folders of groups, of this process or of another one. */
function groupsOf(pid: number = process.pid): string[] {
  const roots = ['', '/memory', '/pids'].map((name) => `/sys/fs/cgroup${name}`);
  return roots
    .filter((root) => existsSync(root))
    .flatMap((root) => readdirSync(root).map((name) => `${root}/${name}`))
    .filter((path) => path.includes(`/awp-${mark}-${pid}-`));
}

/** Runs a program in a group: it begins when it is in it. */
async function runIn(limits: GroupLimits, python: string) {
  const group = await maker?.(limits);
  if (!group) throw new Error('there are no groups');
  const child = spawn('/usr/bin/python3', ['-c', `input()\n${python}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  await group.enclose(child.pid ?? 0);
  child.stdin.end('go\n');
  const [code, signal] = await once(child, 'exit');
  const hit = await group.hit();
  return { group, code, signal, hit };
}

describe.skipIf(!maker)('a control group, where the machine lets us make one', () => {
  it('kills what needs more memory, and tells', async () => {
    const { group, signal, hit } = await runIn(LIMITS, 'held = b"x" * (200 << 20)');
    expect({ signal, hit }).toEqual({ signal: 'SIGKILL', hit: ['memory'] });
    await group.remove();
  });

  it('counts the children of what is in it', async () => {
    const python =
      'import subprocess, sys\nsubprocess.run([sys.executable, "-c", "x = b\'x\' * (200 << 20)"])';
    const { group, hit } = await runIn(LIMITS, python);
    expect(hit).toEqual(['memory']);
    await group.remove();
  });

  it('refuses more processes, and tells', async () => {
    const python = `
import os, time
made = []
try:
    for _ in range(40):
        pid = os.fork()
        if pid == 0:
            time.sleep(20)
            os._exit(0)
        made.append(pid)
except BlockingIOError:
    code = 5
else:
    code = 6
for pid in made:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
os._exit(code)`;
    const { group, code, hit } = await runIn(LIMITS, python);
    expect({ code, hit }).toEqual({ code: 5, hit: ['processes'] });
    await group.remove();
  });

  it('tells nothing of a program that keeps to its ceilings, and leaves nothing', async () => {
    const { group, code, hit } = await runIn(LIMITS, 'x = b"x" * (10 << 20)');
    expect({ code, hit }).toEqual({ code: 0, hit: [] });
    expect(groupsOf()).not.toEqual([]);
    await group.remove();
    await group.remove();
    expect(groupsOf()).toEqual([]);
  });

  it('is removed when its last process is gone, also one that is late', async () => {
    const group = await maker?.(LIMITS);
    const child = spawn('/bin/cat', [], { stdio: ['pipe', 'ignore', 'ignore'] });
    await group?.enclose(child.pid ?? 0);
    const removed = group?.remove();
    child.stdin.end();
    await removed;
    expect(groupsOf()).toEqual([]);
  });

  it('of a process that is no more is swept by the next one; those of living ones stay', async () => {
    const dead = 999_999_999;
    const [one = ''] = await withGroup(async () => groupsOf());
    for (const pid of [dead, 1]) mkdirSync(one.replace(`-${process.pid}-`, `-${pid}-`));
    const living = groupsOf(1);
    expect(groupsOf(dead)).toHaveLength(1);
    await groupMaker(effects);
    expect({ dead: groupsOf(dead), living: groupsOf(1) }).toEqual({ dead: [], living });
    for (const path of living) rmdirSync(path);
  });

  it('that cannot have its limits leaves nothing', async () => {
    const { files } = effects;
    const tell: Effects['files']['tell'] = async (path, text) => {
      if (path.endsWith('pids.max')) throw new Error('not for you');
      await files.tell(path, text);
    };
    expect(await groupMaker({ ...effects, files: { ...files, tell } })).toBeUndefined();
    expect(groupsOf()).toEqual([]);
  });
});

/** The name of a group, known while it is there. */
async function withGroup<T>(look: () => Promise<T>): Promise<T> {
  const group = await maker?.(LIMITS);
  try {
    return await look();
  } finally {
    await group?.remove();
  }
}

describe('control groups', () => {
  it.each<[string, Partial<Effects>]>([
    [
      'on a system that has none',
      { processes: { ...effects.processes, platform: () => ({ os: 'darwin', arch: 'arm64' }) } },
    ],
    [
      'where we may make none',
      {
        files: {
          ...effects.files,
          makeFolder: async () => {
            throw Object.assign(new Error('no'), { code: 'EACCES' });
          },
        },
      },
    ],
  ])('are done without %s', async (_, less) => {
    expect(await groupMaker({ ...effects, ...less })).toBeUndefined();
  });

  it('are there for this test where we are root and the kernel has them', () => {
    const mounts = readFileSync('/proc/mounts', 'utf8');
    const expected = process.getuid?.() === 0 && /^cgroup\S* \S+ cgroup2? rw/m.test(mounts);
    expect(maker !== undefined || !expected).toBe(true);
  });
});
