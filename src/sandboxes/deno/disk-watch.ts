import type { Effects } from '../../ports/effects.ts';
import type { SandboxJob, SandboxLimit } from '../../ports/sandbox.ts';
import { runCommand } from '../commands.ts';
import { collectLimits } from '../job-frames.ts';

/** What is written to a folder of the host, looked at again and again: no kernel limit holds it. */

const WATCH_MS = 200;
/** Room beside what may be handed back: a program may tidy up before it ends. */
const SPARE_BYTES = 1024 * 1024;
/** Files and folders after which a program is stopped. */
const MOST_ENTRIES = 10_000;

/** A look that goes on until it is ended. */
export interface DiskWatch {
  /** Aborted with the given signal, and when a limit was passed. */
  signal: AbortSignal;
  /** The limit that was passed. */
  passed(): SandboxLimit | undefined;
  end(): void;
}

/** Watches a folder for a job. */
export function watchDisk(
  effects: Effects,
  folder: string,
  { job, signal }: { job: SandboxJob; signal: AbortSignal },
): DiskWatch {
  const { clock } = effects;
  const stop = new AbortController();
  let passed: SandboxLimit | undefined;
  let over = false;
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    const use = await useOf(effects, folder);
    if (over) return;
    passed = limitOf(use, job);
    if (passed) stop.abort();
    else cancel = clock.timer(WATCH_MS, () => void look());
  };
  cancel = clock.timer(WATCH_MS, () => void look());
  return {
    signal: AbortSignal.any([signal, stop.signal]),
    passed: () => passed,
    end: () => {
      over = true;
      cancel();
    },
  };
}

interface Use {
  bytes: number;
  entries: number;
  /** Bytes of the largest file. */
  largest: number;
}

function limitOf({ bytes, entries, largest }: Use, job: SandboxJob): SandboxLimit | undefined {
  const most = collectLimits(job).bytes + SPARE_BYTES;
  if (entries > MOST_ENTRIES) return 'files';
  if (largest > Math.max(job.policy.fileBytes, most)) return 'file-size';
  return bytes > most ? 'disk' : undefined;
}

/** What is below a folder. Where there is a program that counts, many files cost little time. */
async function useOf(effects: Effects, top: string): Promise<Use> {
  if (effects.processes.platform().os === 'linux') {
    const args = [top, '-mindepth', '1', '-printf', '%y%s\n'];
    const found = await runCommand(effects, { command: '/usr/bin/find', args });
    if (found) return summed(found.stdout.split('\n').filter(Boolean));
  }
  return await walk(effects.files, top);
}

/** Lines of a letter, `f` for a file, and a size. */
function summed(lines: readonly string[]): Use {
  const use: Use = { bytes: 0, entries: lines.length, largest: 0 };
  for (const line of lines) if (line.startsWith('f')) addFile(use, Number(line.slice(1)));
  return use;
}

/** Ends when it has seen too many. */
async function walk(files: Effects['files'], top: string): Promise<Use> {
  const use: Use = { bytes: 0, entries: 0, largest: 0 };
  const queue = [top];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    const names = await files.list(folder).catch(() => []);
    use.entries += names.length;
    if (use.entries > MOST_ENTRIES) break;
    const paths = names.map((name) => `${folder}/${name}`);
    const found = await Promise.all(paths.map((path) => files.info(path).catch(() => undefined)));
    queue.push(...paths.filter((_, index) => found[index]?.kind === 'folder'));
    for (const info of found) if (info?.kind === 'file') addFile(use, info.bytes);
  }
  return use;
}

function addFile(use: Use, bytes: number): void {
  use.bytes += bytes;
  use.largest = Math.max(use.largest, bytes);
}
