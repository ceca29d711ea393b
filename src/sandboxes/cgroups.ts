import type { Effects, Files } from '../ports/effects.ts';
import type { SandboxLimit } from '../ports/sandbox.ts';
import { treePids } from './process-tree.ts';
import { hostMark } from './scratch.ts';

/**
 * The kernel's own ceilings for a whole box, where we may make control groups: as root, or where a
 * part of their tree was handed to us. Elsewhere the limits of each process and the watch hold alone
 * (sandbox-and-scale A3, finding 8).
 */

/** Ceilings of one box. */
export interface GroupLimits {
  /** All memory, file systems in memory included. */
  memoryBytes: number;
  /** Processes and threads. */
  tasks: number;
}

/** The control group of one box. */
export interface Group {
  /** Puts a process and all below it in it; what they start from then on is in it too. */
  enclose(pid: number): Promise<void>;
  /** Ceilings that were run into. */
  hit(): Promise<SandboxLimit[]>;
  /** Removes it, when all its processes are gone. */
  remove(): Promise<void>;
}

/** The files of one version of the kernel's interface: folder, file, and what a limit is. */
interface Layout {
  folders: readonly string[];
  limits(limits: GroupLimits): readonly (readonly [folder: number, file: string, value: number])[];
  /** Files that count how often a ceiling was met, with the line that counts. */
  counters: readonly (readonly [folder: number, file: string, line: RegExp, limit: SandboxLimit])[];
}

const ROOT = '/sys/fs/cgroup';

const UNIFIED: Layout = {
  folders: [ROOT],
  limits: ({ memoryBytes, tasks }) => [
    [0, 'memory.max', memoryBytes],
    [0, 'pids.max', tasks],
  ],
  counters: [
    [0, 'memory.events', /^oom_kill (\d+)/m, 'memory'],
    [0, 'pids.events', /^max (\d+)/m, 'processes'],
  ],
};

const SPLIT: Layout = {
  folders: [`${ROOT}/memory`, `${ROOT}/pids`],
  limits: ({ memoryBytes, tasks }) => [
    [0, 'memory.limit_in_bytes', memoryBytes],
    [1, 'pids.max', tasks],
  ],
  counters: [
    [0, 'memory.oom_control', /^oom_kill (\d+)/m, 'memory'],
    [1, 'pids.events', /^max (\d+)/m, 'processes'],
  ],
};

/** Makes control groups for boxes, or tells that there can be none by being undefined. */
export type MakeGroup = (limits: GroupLimits) => Promise<Group>;

/** Tries what this machine allows. */
export async function groupMaker(effects: Effects): Promise<MakeGroup | undefined> {
  if (effects.processes.platform().os !== 'linux') return undefined;
  const mark = await hostMark(effects);
  for (const layout of [UNIFIED, SPLIT]) {
    const make: MakeGroup = async (limits) => {
      const chance = Buffer.from(effects.random.bytes(6)).toString('hex');
      const name = `awp-${mark}-${effects.processes.pid()}-${chance}`;
      return await makeGroup(effects, { layout, name, limits });
    };
    try {
      await sweep(effects, layout, mark);
      const trial = await make({ memoryBytes: 64 * 1024 * 1024, tasks: 16 });
      await trial.remove();
      return make;
    } catch {
      // Not this one, or not for us.
    }
  }
  return undefined;
}

interface Wish {
  layout: Layout;
  name: string;
  limits: GroupLimits;
}

async function makeGroup(effects: Effects, { layout, name, limits }: Wish): Promise<Group> {
  const { files } = effects;
  const folders = layout.folders.map((folder) => `${folder}/${name}`);
  const remove = async (): Promise<void> => {
    for (const folder of folders) await removeWhenEmpty(effects, folder);
  };
  try {
    for (const folder of folders) await files.makeFolder(folder);
    for (const [index, file, value] of layout.limits(limits)) {
      await files.tell(`${folders[index]}/${file}`, String(value));
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    enclose: (pid) => encloseTree(files, folders, pid),
    hit: async () => {
      const met = layout.counters.map(async ([index, file, line, limit]) =>
        (await countIn(files, `${folders[index]}/${file}`, line)) > 0 ? [limit] : [],
      );
      return (await Promise.all(met)).flat();
    },
    remove,
  };
}

/** One that starts others meanwhile is looked at again, until there are no new ones. */
async function encloseTree(files: Files, folders: readonly string[], pid: number): Promise<void> {
  const inside = new Set<number>();
  for (let fresh = [pid]; fresh.length > 0; ) {
    for (const one of fresh) {
      inside.add(one);
      for (const folder of folders) {
        await files.tell(`${folder}/cgroup.procs`, String(one)).catch(unlessGone);
      }
    }
    fresh = (await treePids(files, pid)).filter((one) => !inside.has(one));
  }
}

/** One that has ended already needs no ceiling. */
function unlessGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ESRCH') throw error;
}

/** Removes what processes of this host left that are no more. */
async function sweep({ files }: Effects, { folders }: Layout, mark: string): Promise<void> {
  const pattern = new RegExp(`^awp-${mark}-(\\d+)-`);
  for (const folder of folders) {
    for (const name of await files.list(folder)) {
      const pid = pattern.exec(name)?.[1];
      if (pid === undefined || (await files.info(`/proc/${pid}`)) !== undefined) continue;
      await files.removeFolder(`${folder}/${name}`).catch(() => {});
    }
  }
}

async function countIn(files: Files, path: string, line: RegExp): Promise<number> {
  const text = await files.readText(path).catch(() => '');
  return Number(line.exec(text)?.[1] ?? 0);
}

/** The last process of a box may still be leaving. */
const TRIES = 20;
const PAUSE_MS = 25;

async function removeWhenEmpty({ files, clock }: Effects, folder: string): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      await files.removeFolder(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      await new Promise<void>((resolve) => clock.timer(PAUSE_MS, resolve));
    }
  }
}
