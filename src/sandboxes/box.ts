import { AwpError } from '../base/errors.ts';
import type { Effects, ProcessSpec, ProxyRecord, RunningProcess } from '../ports/effects.ts';
import type { SandboxJob, SandboxLimit } from '../ports/sandbox.ts';
import { type AnswerMessage, CallChannel } from './calls.ts';
import type { Group } from './cgroups.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { collectLimits, jobFrames } from './job-frames.ts';
import { type TreeUse, treeUse } from './process-tree.ts';
import { type Stop, Stopper } from './stopper.ts';
import { TextCapture } from './text-capture.ts';
import { watchBox } from './watch.ts';

/** What every provider shares: one process with its pipes, limits, and the whole-tree kill. */

/** A box that is ready to be started. */
export interface Launch {
  /** The first of `extra` is the channel of frames. */
  spec: ProcessSpec;
  /** Frames that the runner reads before it is ready. */
  first?: readonly Frame[];
  /** Bytes for other pipes of `extra`, by their index; each is closed after them. */
  feeds?: readonly { pipe: number; bytes: Uint8Array }[];
  /** The index in `extra` of the pipe on which programs call tools. */
  calls?: number;
  /** Answers messages of programs that are no calls of tools. */
  answer?: AnswerMessage;
  /** Whether the number of processes is ours to watch, because no kernel limit holds it. */
  watchTasks: boolean;
  /** Whether programs share the memory of a process that has libraries imported for them. */
  shares?: boolean;
  /** Folders that programs can write to, as the box sees them, with a file system of their own. */
  writable?: readonly string[];
  /**
   * Whether the first process ends by itself on SIGTERM and leaves it to the kernel to end its child
   * (bubblewrap): one that it has just made may not have asked the kernel for that yet.
   */
  leavesChild?: boolean;
  /** Makes the kernel's own ceilings for the whole tree, where there can be any. */
  group?: (() => Promise<Group>) | undefined;
  /** What went through the box's proxy since the last time. */
  requests?(): Promise<readonly ProxyRecord[]>;
}

/** One program for a box. */
export interface BoxRun {
  launch: Launch;
  job: SandboxJob;
  signal: AbortSignal;
  /** Frames besides those of the job. */
  more?: readonly Frame[];
}

/** What came out of one program, before it is told as an `Execution`. */
export interface BoxEnd {
  /** 128 + the signal for one that was killed. */
  code: number;
  /** Whether the box was there at all. */
  started: boolean;
  stopped: Stop | undefined;
  stdout: string;
  stderr: string;
  frames: readonly Frame[];
  /** Limits that were run into without an end of the program. */
  hit: readonly SandboxLimit[];
  requests: readonly ProxyRecord[] | undefined;
}

/** Bytes of each of stdout and stderr after which a program is stopped, not only cut. */
const FLOOD_BYTES = 64 * 1024 * 1024;
/** How long a program has run before it gets a group of its own, in milliseconds. */
const ENCLOSE_MS = 50;
/** How long the texts of a session's program are waited for when all else has come, in milliseconds. */
const TEXT_MS = 500;
/** Numbers of the signals that end a program for what it did, on every system; others count as SIGKILL. */
const SIGNALS: ReadonlyMap<string, number> = new Map([
  ['SIGABRT', 6],
  ['SIGSEGV', 11],
  ['SIGPIPE', 13],
  ['SIGTERM', 15],
  ['SIGXCPU', 24],
  ['SIGXFSZ', 25],
]);
const SIGKILL = 9;
const NO_USE: TreeUse = { memoryMb: 0, cpuSeconds: 0, tasks: 0 };

/** Starts a box, runs one program in it and waits until nothing of it is left. */
export async function startBox(effects: Effects, run: BoxRun): Promise<BoxEnd> {
  const box = new Box(effects, run.launch);
  return await box.run(run.job, { signal: run.signal, more: run.more ?? [] });
}

/** How a program is run in a box that was started. */
export interface InBox {
  signal: AbortSignal;
  more: readonly Frame[];
  /** Text that ends stdout and stderr of one program of several; without it the box's end does. */
  mark?: string;
}

/** The program that runs now. */
interface Current {
  frames: Frame[];
  stdout: Stream;
  stderr: Stream;
  /** Resolves when a runner that serves several programs has said that this one is over. */
  said: PromiseWithResolvers<void>;
}

/** A started box: waits for a program, runs it, and, if its runner serves several, the next one. */
export class Box {
  readonly launch: Launch;
  readonly #effects: Effects;
  readonly #child: RunningProcess;
  readonly #stopper: Stopper;
  readonly #reader = new FrameReader({ bytes: 65_536, frames: 100 });
  readonly #calls: CallChannel | undefined;
  readonly #ready = Promise.withResolvers<void>();
  readonly #early: Frame[] = [];
  readonly #exit: Promise<number>;
  #before: TreeUse = NO_USE;
  #current: Current | undefined;
  #group: Promise<Group | undefined> | undefined;
  /** What was met in the group, once the box has ended and the group is gone. */
  #last: Promise<SandboxLimit[]> | undefined;
  #started = false;
  #over = false;

  constructor(effects: Effects, launch: Launch) {
    this.launch = launch;
    this.#effects = effects;
    this.#child = effects.processes.spawn({ ...launch.spec, detached: true });
    this.#stopper = new Stopper(effects, this.#child, launch.leavesChild ?? false);
    this.#calls = this.#callChannel();
    this.#child.extra[0]?.onData((bytes) => this.#read(bytes));
    this.#child.stdout.onData((bytes) => this.#current?.stdout.add(bytes));
    this.#child.stderr.onData((bytes) => this.#hear(bytes));
    this.#child.stdin.end();
    for (const frame of launch.first ?? []) void this.#child.extra[0]?.write(encodeFrame(frame));
    for (const { pipe, bytes } of launch.feeds ?? []) void this.#feed(pipe, bytes);
    this.#exit = this.#untilExit();
    // Who waits for it is told; a box that nobody waits for any more has nobody to tell.
    this.#exit.catch(() => {});
  }

  /** Whether its process has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Resolves when the box waits for a program, or has ended; notes what it uses until then. */
  async ready(): Promise<void> {
    await Promise.race([this.#ready.promise, this.#exit]);
    if (!this.#over) this.#before = await treeUse(this.#effects.files, this.#child.pid);
  }

  /** Runs a program. Never rejects for what it did; throws `sandbox/broken` if there is no box. */
  async run(job: SandboxJob, { signal, more, mark }: InBox): Promise<BoxEnd> {
    const current = this.#begin(job, mark);
    const abort = (): void => this.#stopper.stop('cancelled');
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const stopTimer = this.#stopper.timer(job.timeoutMs, () => this.#stopper.stop('timeout'));
    const stopWatch = this.#watch(job);
    const stopWaiting = this.#stopper.timer(ENCLOSE_MS, () => this.#enclose());
    try {
      void this.#child.extra[0]?.write(jobFrames(job, more));
      const code = await this.#codeOf(current, mark);
      return await this.#endOf(current, code);
    } finally {
      signal.removeEventListener('abort', abort);
      stopTimer();
      stopWatch();
      stopWaiting();
      this.#current = undefined;
      if (mark !== undefined && !this.#over) void this.ready();
    }
  }

  /** Resolves when the box has ended by itself, or was ended because it did not in this time. */
  async ended(patienceMs: number): Promise<void> {
    const cancel = this.#stopper.timer(patienceMs, () => this.#stopper.stop('cancelled'));
    await this.#exit.catch(() => {});
    cancel();
    await this.#last;
  }

  /** Ends the box; resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#stopper.stop('cancelled');
    await this.#exit.catch(() => {});
    await this.#last;
  }

  #begin(job: SandboxJob, mark: string | undefined): Current {
    const { files, bytes } = collectLimits(job);
    this.#reader.restart({ bytes: bytes + 65_536, frames: files + 200 });
    this.#calls?.begin(job);
    const flood = (): void => this.#stopper.stop('output');
    const stream = (): Stream => new Stream({ limit: job.policy.outputChars, mark, flood });
    const current = {
      frames: this.#early.splice(0),
      ...{ stdout: stream(), stderr: stream(), said: Promise.withResolvers<void>() },
    };
    this.#current = current;
    return current;
  }

  /**
   * A group is made for a program that takes its time: making one takes the kernel longer than most
   * programs, and until then the limits of each process hold.
   */
  #enclose(): void {
    const { group } = this.launch;
    if (!group) return;
    this.#group ??= group().catch(() => undefined);
    void this.#group.then((made) => made?.enclose(this.#child.pid)).catch(() => {});
  }

  async #closeGroup(): Promise<SandboxLimit[]> {
    const group = await this.#group;
    const met = (await group?.hit()) ?? [];
    await group?.remove();
    return met;
  }

  #watch(job: SandboxJob): () => void {
    const { watchTasks, shares = false, writable = [] } = this.launch;
    const { pid } = this.#child;
    const watched = { effects: this.#effects, pid, job, before: this.#before };
    return watchBox(
      { ...watched, watchTasks, shares, writable, started: () => this.#started },
      {
        timer: (ms, fire) => this.#stopper.timer(ms, fire),
        stop: (why) => this.#stopper.stop(why),
      },
    );
  }

  /** The exit status: the process's own, or what a runner that goes on says of its program. */
  async #codeOf({ said, stdout, stderr, frames }: Current, mark?: string): Promise<number> {
    if (mark === undefined) return await this.#exit;
    const texts = async (): Promise<undefined> => {
      await said.promise;
      const late = Promise.withResolvers<void>();
      const cancel = this.#stopper.timer(TEXT_MS, late.resolve);
      await Promise.race([Promise.all([stdout.ended, stderr.ended]), late.promise]);
      cancel();
    };
    const code = await Promise.race([this.#exit, texts()]);
    if (code !== undefined) return code;
    const status = frames.findLast(({ kind }) => kind === 'Z');
    return Number(status?.name ?? 1);
  }

  async #endOf({ stdout, stderr, frames }: Current, code: number): Promise<BoxEnd> {
    const text = { stdout: stdout.end(), stderr: stderr.end() };
    const hit = [...((await (this.#last ?? (await this.#group)?.hit())) ?? [])];
    if (this.#calls?.end()) hit.push('tool-calls');
    const requests = await this.launch.requests?.();
    const started = this.#started;
    return { code, started, stopped: this.#stopper.why, ...text, frames, hit, requests };
  }

  #callChannel(): CallChannel | undefined {
    const { calls, answer } = this.launch;
    const pipe = calls === undefined ? undefined : this.#child.extra[calls];
    return pipe && new CallChannel({ pipe, answer, stop: (why) => this.#stopper.stop(why) });
  }

  /** What a box says before it has a program is why it could not be made. */
  #hear(bytes: Uint8Array): void {
    if (this.#current) this.#current.stderr.add(bytes);
    else if (this.#early.length < 20) this.#early.push({ kind: 'W', name: '', payload: bytes });
  }

  #read(bytes: Uint8Array): void {
    if (this.#stopper.why === 'frames') return;
    const frames = this.#reader.add(bytes);
    // The collector keeps to the limits: whoever speaks here is not the collector.
    if (!frames) {
      this.#stopper.stop('frames');
      return;
    }
    (this.#current?.frames ?? this.#early).push(...frames);
    for (const { kind } of frames) {
      if (kind === 'S') this.#started = true;
      if (kind === 'S') this.#ready.resolve();
      if (kind === 'D') this.#current?.said.resolve();
    }
  }

  async #feed(index: number, bytes: Uint8Array): Promise<void> {
    const pipe = this.#child.extra[index];
    await pipe?.write(bytes);
    pipe?.end();
  }

  async #untilExit(): Promise<number> {
    try {
      const { code, signal } = await this.#child.exit;
      return code ?? 128 + (SIGNALS.get(signal ?? '') ?? SIGKILL);
    } catch (error) {
      throw notStarted(this.launch, String(error), error);
    } finally {
      await this.#stopper.gone();
      this.#over = true;
      this.#stopper.release();
      this.#last = this.#closeGroup();
    }
  }
}

/** Why a box could not be started. */
export function notStarted(launch: Launch, why: string, cause?: unknown): AwpError {
  return new AwpError('sandbox/broken', `the box could not be started: ${why}`, {
    hint: `check that ${launch.spec.command} works on this machine`,
    cause,
  });
}

/** One of the two texts of a program, bounded, up to its end mark. */
class Stream {
  readonly #capture: TextCapture;
  readonly #mark: string | undefined;
  readonly #flood: () => void;
  readonly #seenMark = Promise.withResolvers<void>();
  #tail = Buffer.alloc(0);
  #seen = 0;

  constructor({ limit, mark, flood }: { limit: number; mark?: string | undefined; flood(): void }) {
    this.#capture = new TextCapture(limit);
    this.#mark = mark;
    this.#flood = flood;
  }

  /** Resolves when the end mark has come. */
  get ended(): Promise<void> {
    return this.#seenMark.promise;
  }

  add(bytes: Uint8Array): void {
    this.#seen += bytes.length;
    if (this.#seen > FLOOD_BYTES) this.#flood();
    else if (this.#mark === undefined) this.#capture.add(bytes);
    else this.#addUntil(this.#mark, bytes);
  }

  /** The end may come in two pieces: as many bytes as it has are held back. */
  #addUntil(mark: string, bytes: Uint8Array): void {
    const joined = Buffer.concat([this.#tail, bytes]);
    const at = joined.indexOf(mark);
    const keep = at < 0 ? Math.max(0, joined.length - mark.length) : at;
    this.#capture.add(joined.subarray(0, keep));
    this.#tail = at < 0 ? joined.subarray(keep) : Buffer.alloc(0);
    if (at >= 0) this.#seenMark.resolve();
  }

  end(): string {
    this.#capture.add(this.#tail);
    return this.#capture.end();
  }
}
