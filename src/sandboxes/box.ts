import { AwpError } from '../base/errors.ts';
import { normalPath, pathProblem } from '../base/paths.ts';
import type { Effects, ProcessSpec, RunningProcess } from '../ports/effects.ts';
import type { Execution, SandboxFile, SandboxJob } from '../ports/sandbox.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { childrenOfHalted, treeUse } from './process-tree.ts';
import { TextCapture } from './text-capture.ts';
import { trimTrace } from './trim-trace.ts';

/** What every provider shares: one process with its pipes, limits, and the whole-tree kill. */

/** A box that is ready to be started. */
export interface Launch {
  /** The first of `extra` is the channel. */
  spec: ProcessSpec;
  /** The bytes for each pipe of `extra`, in order; each is closed after them. */
  feeds: readonly Uint8Array[];
  /** Whether the number of processes is ours to watch, because no kernel limit holds it. */
  watchTasks: boolean;
  /**
   * Whether the first process ends by itself on SIGTERM and leaves it to the kernel to end its child
   * (bubblewrap): one that it has just made may not have asked the kernel for that yet.
   */
  leavesChild?: boolean;
}

/** One start of a box. */
export interface BoxRun {
  launch: Launch;
  job: SandboxJob;
  signal: AbortSignal;
}

type Stop = NonNullable<Execution['stopped']>;

/** What came out of one start, before it is told as an `Execution`. */
export interface BoxEnd {
  /** 128 + the signal for one that was killed. */
  code: number;
  stopped: Stop | undefined;
  stdout: string;
  stderr: string;
  frames: readonly Frame[];
}

/** From the polite signal to the other, in milliseconds (sandbox-and-scale A4, layer 0). */
const GRACE_MS = 400;
/** After that one, how long pipes that a stranger still holds are waited for, in milliseconds. */
const LINGER_MS = 200;
const WATCH_MS = 100;
/** Bytes of each of stdout and stderr after which a program is stopped, not only cut. */
const FLOOD_BYTES = 64 * 1024 * 1024;
/** What the box's own processes may use besides the program, in MiB and in number. */
const OWN_MEMORY_MB = 32;
const OWN_TASKS = 4;
/** Exit codes as a shell gives them: SIGXCPU, and SIGABRT, with which V8 ends out of memory. */
const EXIT_CPU = 152;
const EXIT_ABORT = 134;

/** Bounds of what one program may hand back; the files that it was given count besides. */
export function collectLimits({ policy, output }: SandboxJob): { files: number; bytes: number } {
  const given = output.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { files: policy.files + output.length, bytes: policy.filesBytes + given };
}

/** The frames that tell a box what to run. Throws `sandbox/refused` for a path that may not be. */
export function jobFrames(job: SandboxJob, more: readonly Frame[] = []): Uint8Array {
  const nothing = new Uint8Array();
  const files = job.output.map(({ path, bytes }): Frame => {
    const problem = pathProblem(path);
    if (problem) throw new AwpError('sandbox/refused', `output/${path} cannot go in: ${problem}`);
    return { kind: 'F', name: normalPath(path), payload: bytes };
  });
  const code = { kind: 'C', name: '', payload: new TextEncoder().encode(job.code) };
  const frames = [code, ...files, ...more, { kind: 'G', name: '', payload: nothing }];
  return Buffer.concat(frames.map(encodeFrame));
}

/** Starts a box and waits until nothing of it is left. Never rejects for what the program did. */
export async function startBox(effects: Effects, run: BoxRun): Promise<BoxEnd> {
  const { launch, job, signal } = run;
  const child = effects.processes.spawn({ ...launch.spec, detached: true });
  const stopper = new Stopper(effects, child, launch.leavesChild ?? false);
  const stdout = capture(child.stdout, job, stopper);
  const stderr = capture(child.stderr, job, stopper);
  const frames = readFrames(child, job, stopper);
  const abort = (): void => stopper.stop('cancelled');
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  stopper.after(job.timeoutMs, 'timeout');
  watch({ effects, run, child, stopper });
  try {
    child.stdin.end();
    launch.feeds.forEach((bytes, index) => void feed(child, index, bytes));
    const { code, signal: killed } = await child.exit;
    const status = code ?? 128 + (killed === 'SIGTERM' ? 15 : 9);
    const text = { stdout: stdout.end(), stderr: stderr.end() };
    return { code: status, stopped: stopper.why, ...text, frames };
  } catch (error) {
    throw notStarted(launch, String(error), error);
  } finally {
    signal.removeEventListener('abort', abort);
    stopper.release();
  }
}

/** What the program did, in the port's words. Throws `sandbox/broken` if it was never started. */
export function toExecution(end: BoxEnd, { launch, job }: BoxRun, ms: number): Execution {
  const { code, frames } = end;
  if (end.stopped === undefined && !frames.some(({ kind }) => kind === 'S')) {
    throw notStarted(launch, end.stderr.trim().slice(-500) || `exit code ${code}`);
  }
  const isNode = job.language !== 'python';
  const stderr = isNode ? trimTrace(end.stderr) : end.stderr;
  const said = frames.find(({ kind }) => kind === 'X');
  const stopped = end.stopped ?? (said ? 'files' : byStatus(code, isNode, end.stderr));
  const { files, notes } = collected(frames, job);
  if (stopped === undefined && !frames.some(({ kind }) => kind === 'D')) {
    notes.push('the box ended before all files could be collected');
  }
  const exitCode = stopped === undefined ? code : undefined;
  return {
    ...{ exitCode, stdout: end.stdout, stderr },
    ...(stopped !== undefined && { stopped }),
    ...{ files, notes, ms },
  };
}

/** The execution of a program that was cancelled before it began. */
export function neverStarted(): Execution {
  const nothing = { exitCode: undefined, stdout: '', stderr: '', files: [], notes: [] };
  return { ...nothing, stopped: 'cancelled', ms: 0 };
}

function byStatus(code: number, isNode: boolean, stderr: string): Stop | undefined {
  if (code === EXIT_CPU) return 'cpu';
  if (isNode && code === EXIT_ABORT && stderr.includes('out of memory')) return 'memory';
  return undefined;
}

function notStarted(launch: Launch, why: string, cause?: unknown): AwpError {
  return new AwpError('sandbox/broken', `the box could not be started: ${why}`, {
    hint: `check that ${launch.spec.command} works on this machine`,
    cause,
  });
}

async function feed(child: RunningProcess, index: number, bytes: Uint8Array): Promise<void> {
  const pipe = child.extra[index];
  await pipe?.write(bytes);
  pipe?.end();
}

function capture(
  source: RunningProcess['stdout'],
  { policy }: SandboxJob,
  stopper: Stopper,
): TextCapture {
  const text = new TextCapture(policy.outputChars);
  let seen = 0;
  source.onData((bytes) => {
    seen += bytes.length;
    if (seen > FLOOD_BYTES) stopper.stop('output');
    else text.add(bytes);
  });
  return text;
}

function readFrames(child: RunningProcess, job: SandboxJob, stopper: Stopper): readonly Frame[] {
  const { files, bytes } = collectLimits(job);
  const reader = new FrameReader({ bytes: bytes + 65_536, frames: files + 100 });
  const frames: Frame[] = [];
  child.extra[0]?.onData((chunk) => {
    if (stopper.why === 'files') return;
    const read = reader.add(chunk);
    if (read) frames.push(...read);
    // The collector keeps to the limits: whoever speaks here is not the collector.
    else stopper.stop('files');
  });
  return frames;
}

function collected(
  frames: readonly Frame[],
  job: SandboxJob,
): { files: SandboxFile[]; notes: string[] } {
  const before = new Map(job.output.map(({ path, bytes }) => [normalPath(path), bytes]));
  const files = new Map<string, SandboxFile>();
  const notes: string[] = [];
  let left = job.policy.filesBytes;
  for (const { kind, name, payload } of frames) {
    if (kind === 'N') notes.push(name.slice(0, 400));
    if (kind !== 'F') continue;
    const problem = pathProblem(name);
    const path = normalPath(name);
    if (problem === undefined && same(before.get(path), payload)) continue;
    const why = problem ?? roomProblem(files.size, left - payload.length, job);
    if (why === undefined) {
      files.set(path, { path, bytes: payload });
      left -= payload.length;
    } else notes.push(`left out ${JSON.stringify(name.slice(0, 200))}: ${why}`);
  }
  return { files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)), notes };
}

function roomProblem(count: number, left: number, { policy }: SandboxJob): string | undefined {
  if (count >= policy.files) return `only ${policy.files} files may be handed back`;
  if (left < 0) return `more than ${policy.filesBytes} bytes together`;
  return undefined;
}

function same(before: Uint8Array | undefined, now: Uint8Array): boolean {
  return before !== undefined && Buffer.compare(before, now) === 0;
}

interface Watch {
  effects: Effects;
  run: BoxRun;
  child: RunningProcess;
  stopper: Stopper;
}

/** Looks at the whole tree again and again: the backstop behind the kernel's own limits. */
function watch({ effects, run, child, stopper }: Watch): void {
  const { policy } = run.job;
  const look = async (): Promise<void> => {
    const use = await treeUse(effects.files, child.pid);
    if (use.memoryMb > policy.memoryMb + OWN_MEMORY_MB) stopper.stop('memory');
    if (use.cpuSeconds > policy.cpuSeconds) stopper.stop('cpu');
    if (run.launch.watchTasks && use.tasks > policy.processes + OWN_TASKS) {
      stopper.stop('processes');
    }
    stopper.timer(WATCH_MS, () => void look());
  };
  stopper.timer(WATCH_MS, () => void look());
}

/** Ends a process and all below it, once, and remembers why; owns the timers of a run. */
class Stopper {
  why: Stop | undefined;
  readonly #effects: Effects;
  readonly #child: RunningProcess;
  readonly #leavesChild: boolean;
  readonly #timers = new Set<() => void>();
  #over = false;

  constructor(effects: Effects, child: RunningProcess, leavesChild: boolean) {
    this.#effects = effects;
    this.#child = child;
    this.#leavesChild = leavesChild;
  }

  timer(ms: number, fire: () => void): void {
    if (this.#over) return;
    const cancel = this.#effects.clock.timer(ms, () => {
      this.#timers.delete(cancel);
      fire();
    });
    this.#timers.add(cancel);
  }

  after(ms: number, why: Stop): void {
    this.timer(ms, () => this.stop(why));
  }

  stop(why: Stop): void {
    if (this.why !== undefined || this.#over) return;
    this.why = why;
    if (this.#leavesChild) {
      const kill = (): void => this.#kill();
      this.#endChildFirst().then(kill, kill);
      return;
    }
    this.#child.kill('SIGTERM', true);
    this.timer(GRACE_MS, () => this.#kill());
  }

  /** The first process is halted, so that it makes no other child while this one is ended. */
  async #endChildFirst(): Promise<void> {
    const { files, processes } = this.#effects;
    this.#child.kill('SIGSTOP');
    for (const pid of await childrenOfHalted(files, this.#child.pid)) processes.end(pid);
  }

  #kill(): void {
    this.#child.kill('SIGKILL', true);
    this.timer(LINGER_MS, () => {
      const { stdout, stderr, extra } = this.#child;
      for (const stream of [stdout, stderr, ...extra]) stream.destroy();
    });
  }

  release(): void {
    this.#over = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
