import { AwpError } from '../../base/errors.ts';
import type { Effects, RunningProcess } from '../../ports/effects.ts';
import { idsOf, type Machine } from '../machine.ts';
import type { InstallCommand } from './command.ts';
import { tooLarge } from './failure.ts';
import { measure } from './tree.ts';

/** How an installer ended. */
export interface InstallEnd {
  /** Undefined when it was killed. */
  code: number | undefined;
  /** The end of what it said, standard output and error together. */
  text: string;
}

/**
 * Runs an installer to its end; aborting `signal` kills it with all that it started. Rejects with
 * `sandbox/...` only if it could not be started.
 */
export type RunInstaller = (command: InstallCommand, signal: AbortSignal) => Promise<InstallEnd>;

/** Bounds of one installation. */
export interface InstallLimits {
  /** Wall clock, in milliseconds. */
  timeoutMs: number;
  /** Bytes of everything in the draft together. */
  maxBytes: number;
  /** Files and folders in the draft together. */
  maxFiles: number;
}

/** The limits that hold when nobody says otherwise: 300 s, 1 GiB, 200,000 files. */
export const INSTALL_LIMITS: InstallLimits = {
  timeoutMs: 300_000,
  maxBytes: 1024 ** 3,
  maxFiles: 200_000,
};

const MAX_TEXT_BYTES = 64 * 1024;
const WATCH_MS = 500;

/**
 * Runs installers as processes of the host, as the box's user when we are root: for packages that
 * the author of a workflow declared, never for those that a model asked for.
 */
export function onHost(machine: Machine): RunInstaller {
  return async (command, signal) => {
    const child = machine.effects.processes.spawn({
      ...{ command: command.command, args: command.args, env: command.env },
      ...{ cwd: command.draft, detached: true, ...idsOf(machine) },
    });
    const text = tailOf(child);
    const abort = (): void => {
      child.kill('SIGKILL', true);
      child.stdout.destroy();
      child.stderr.destroy();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    child.stdin.end();
    try {
      const { code } = await child.exit;
      return { code: code ?? undefined, text: text() };
    } catch (cause) {
      throw new AwpError('sandbox/broken', `${command.command} could not be started`, { cause });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}

/** One installation, and what it may use. */
export interface LimitedInstall {
  run: RunInstaller;
  command: InstallCommand;
  limits: InstallLimits;
  /** Aborting it ends the installation, which then rejects with the signal's reason. */
  signal: AbortSignal;
}

/**
 * Runs an installer within its limits, wherever it runs. Throws `sandbox/package-failed` when it
 * needs more.
 */
export async function runLimited(effects: Effects, install: LimitedInstall): Promise<InstallEnd> {
  const { run, command, limits, signal } = install;
  const stop = new AbortController();
  const over = (what: string): void => {
    stop.abort(tooLarge(what));
  };
  const late = `${limits.timeoutMs / 1000} s`;
  const cancels = [
    effects.clock.timer(limits.timeoutMs, () => over(late)),
    watchSize(effects, install, over),
  ];
  try {
    return await run(command, AbortSignal.any([signal, stop.signal]));
  } finally {
    for (const cancel of cancels) cancel();
    // However a runner tells of its end, why it was stopped is what counts.
    signal.throwIfAborted();
    stop.signal.throwIfAborted();
  }
}

/** Looks at the draft again and again, until it is too large or the returned function is called. */
function watchSize(
  { clock, files }: Effects,
  { command: { draft }, limits }: LimitedInstall,
  over: (what: string) => void,
): () => void {
  let ended = false;
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    // A folder that is just being moved away is one that the next look sees.
    const problem = await sizeProblem({ files }, draft, limits).catch(() => undefined);
    if (problem !== undefined) over(problem);
    else if (!ended) cancel = clock.timer(WATCH_MS, () => void look());
  };
  cancel = clock.timer(WATCH_MS, () => void look());
  return () => {
    ended = true;
    cancel();
  };
}

/** The limit of size that a folder is over, in words, or undefined. */
export async function sizeProblem(
  effects: Pick<Effects, 'files'>,
  folder: string,
  limits: InstallLimits,
): Promise<string | undefined> {
  const { bytes, count } = await measure(effects, folder, limits);
  if (bytes > limits.maxBytes) return `${Math.round(limits.maxBytes / 1024 ** 2)} MiB`;
  return count > limits.maxFiles ? `${limits.maxFiles} files` : undefined;
}

function tailOf({ stdout, stderr }: RunningProcess): () => string {
  let kept = Buffer.alloc(0);
  const add = (bytes: Uint8Array): void => {
    kept = Buffer.concat([kept, bytes]).subarray(-MAX_TEXT_BYTES);
  };
  stdout.onData(add);
  stderr.onData(add);
  return () => kept.toString();
}
