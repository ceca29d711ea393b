import type { Files } from '../ports/effects.ts';
import { familyOf, procText } from '../ports/proc-files.ts';

/** What a process and all below it use right now. */
export interface TreeUse {
  /** Private and shared memory that is resident, in MiB; mapped program files do not count. */
  memoryMb: number;
  /** Processor time, in seconds; that of children that were waited for included. */
  cpuSeconds: number;
  /** Processes and threads. */
  tasks: number;
}

/** Clock ticks of /proc: fixed at 100 a second in Linux's interface to programs. */
const TICKS = 100;

/**
 * Adds up `/proc`. All zero where there is no such folder, or when the process has ended. `exact`
 * counts memory that processes share once, which takes the kernel longer.
 */
export async function treeUse(
  files: Files,
  pid: number,
  { exact = false }: { exact?: boolean } = {},
): Promise<TreeUse> {
  const total: TreeUse = { memoryMb: 0, cpuSeconds: 0, tasks: 0 };
  let level = [pid];
  while (level.length > 0) {
    const found = await Promise.all(level.map((one) => processUse(files, one)));
    const shares = exact ? await Promise.all(level.map((one) => shareOf(files, one))) : [];
    level = [];
    for (const [index, { use, children }] of found.entries()) {
      total.memoryMb += shares[index] ?? use.memoryMb;
      total.cpuSeconds += use.cpuSeconds;
      total.tasks += use.tasks;
      level.push(...children);
    }
  }
  return total;
}

/** The numbers of a process and of all below it. */
export async function treePids(files: Files, pid: number): Promise<number[]> {
  const found = [pid];
  for (let next = 0; next < found.length; next++) {
    const { children } = await familyOf(files, found[next] ?? 0);
    found.push(...children);
  }
  return found;
}

/** Whether a process is there and has not ended. */
export async function isThere(files: Files, pid: number): Promise<boolean> {
  const state = stateIn(await procText(files, `/proc/${pid}/stat`));
  return state !== '' && !'ZX'.includes(state);
}

/** How often a process that was told to halt is looked at before it counts as halted. */
const LOOKS = 50;

/** The children of a process that was sent SIGSTOP, once it makes no more of them. */
export async function childrenOfHalted(files: Files, pid: number): Promise<number[]> {
  for (let look = 0; look < LOOKS; look++) {
    const state = stateIn(await procText(files, `/proc/${pid}/stat`));
    if ('TtZX'.includes(state)) break; // halted, or gone
  }
  const { children } = await familyOf(files, pid);
  return children;
}

/** The letter of a process's state; empty when it is gone. */
function stateIn(stat: string): string {
  const after = stat.lastIndexOf(')') + 2;
  return stat.slice(after, after + 1);
}

async function processUse(
  files: Files,
  pid: number,
): Promise<{ use: TreeUse; children: number[] }> {
  const folder = `/proc/${pid}`;
  const [status, stat, { threads, children }] = await Promise.all([
    procText(files, `${folder}/status`),
    procText(files, `${folder}/stat`),
    familyOf(files, pid),
  ]);
  const times = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = times.slice(11, 15).reduce((sum, word) => sum + Number(word), 0);
  const memoryMb = (kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem')) / 1024;
  return { use: { memoryMb, cpuSeconds: ticks / TICKS, tasks: threads.length }, children };
}

/** A process's share of private and shared memory, in MiB; undefined where the kernel does not tell. */
async function shareOf(files: Files, pid: number): Promise<number | undefined> {
  const text = await procText(files, `/proc/${pid}/smaps_rollup`);
  if (text === '') return undefined;
  return (kilobytes(text, 'Pss_Anon') + kilobytes(text, 'Pss_Shmem')) / 1024;
}

function kilobytes(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status);
  return Number(match?.[1] ?? 0);
}
