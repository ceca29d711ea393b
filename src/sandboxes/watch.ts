import type { Effects } from '../ports/effects.ts';
import type { SandboxJob, SandboxLimit } from '../ports/sandbox.ts';
import { type TreeUse, treeUse } from './process-tree.ts';

/** The look at a whole box, again and again: the backstop behind the kernel's own limits. */

const WATCH_MS = 100;
/** What the box's own processes may use besides the program, in MiB and in number. */
const OWN_MEMORY_MB = 32;
const OWN_TASKS = 4;
/** Entries of its file systems after which a program is stopped: each costs memory of the kernel. */
const MOST_ENTRIES = 10_000;

/** What is looked at. */
export interface Watched {
  effects: Effects;
  /** The first process of the box. */
  pid: number;
  job: SandboxJob;
  /** What the box used before the program began; it counts for nobody. */
  before: TreeUse;
  /** Whether the number of processes is ours to watch, because no kernel limit holds it. */
  watchTasks: boolean;
  /** Whether it shares memory with a process that was there before: the kernel then counts it twice. */
  shares: boolean;
  /** Folders that the program can write to, as the box sees them. */
  writable: readonly string[];
  /** Whether the box has its own file systems by now: before that, the same paths are the machine's. */
  started(): boolean;
}

/** What a watch does. */
interface Watch {
  timer(ms: number, fire: () => void): () => void;
  stop(why: SandboxLimit): void;
}

/** Looks until the returned function is called. */
export function watchBox(watched: Watched, { timer, stop }: Watch): () => void {
  let over = false;
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    const why = await passedLimit(watched);
    if (over) return;
    if (why !== undefined) stop(why);
    cancel = timer(WATCH_MS, () => void look());
  };
  cancel = timer(WATCH_MS, () => void look());
  return () => {
    over = true;
    cancel();
  };
}

async function passedLimit(watched: Watched): Promise<SandboxLimit | undefined> {
  const { effects, pid, job, before, watchTasks, shares, writable, started } = watched;
  const { policy } = job;
  const use = await treeUse(effects.files, pid);
  if (use.cpuSeconds - before.cpuSeconds > policy.cpuSeconds) return 'cpu';
  const most = policy.memoryMb + OWN_MEMORY_MB;
  const grown = use.memoryMb - before.memoryMb;
  if (grown > most && (!shares || (await privateMemory(watched)) > most)) return 'memory';
  if (watchTasks && use.tasks > policy.processes + OWN_TASKS) return 'processes';
  for (const folder of started() ? writable : []) {
    if ((await entriesIn(watched, folder)) > MOST_ENTRIES) return 'files';
  }
  return undefined;
}

/** Memory with shared pages counted once, where the kernel tells; it is slow, so it is asked last. */
async function privateMemory({ effects, pid, before }: Watched): Promise<number> {
  const exact = await treeUse(effects.files, pid, { exact: true });
  return exact.memoryMb - before.memoryMb;
}

/** Entries of a file system of the box, seen through the first process inside; 0 where it cannot be. */
async function entriesIn({ effects, pid }: Watched, folder: string): Promise<number> {
  try {
    const children = await effects.files.readText(`/proc/${pid}/task/${pid}/children`);
    const [inside] = children.trim().split(' ');
    // The first process itself may live outside: what it sees as these folders is the machine's.
    if (!inside) return 0;
    return (await effects.files.space(`/proc/${inside}/root${folder}`)).entries;
  } catch {
    return 0;
  }
}
