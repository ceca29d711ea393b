import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { LiveEvent, RunEvent } from '../events/event.ts';
import { type RunResult, resultOf } from '../events/result.ts';
import type { Files } from '../ports/effects.ts';
import type { Store } from '../ports/store.ts';
import { follow } from '../runtime/follow.ts';
import type { Run } from '../runtime/run.ts';
import { type ApprovalReply, type OnApproval, readReply } from './approvals.ts';

/** How a run is started. */
export interface StartOptions {
  /** Aborting it stops the run; it can be resumed. */
  signal?: AbortSignal;
  /** The run's id; made up when left out. Throws `store/exists` if there is such a run. */
  runId?: string;
  /**
   * Asked about every call that a person must allow. Left out, nobody is there: such a run ends with
   * the status `waiting` and goes on with `resumeRun` when somebody has answered.
   */
  onApproval?: OnApproval;
}

/** What stands behind a handle once the run exists. */
export interface Opened {
  run: Run;
  files: Files;
  /** Host folder of the run. */
  folder: string;
  /** Where artifacts are copied to at the end. */
  outputDir: string | undefined;
  /** Checks and types the output; the result may change with it. */
  finish(result: RunResult): RunResult;
  /** Opens the store for a reader, who closes it. */
  reader(): Promise<{ store: Store; close(): Promise<void> }>;
  /** Gives the run's own store back. */
  close(): Promise<void>;
}

/** A run that was started: its events, its result, and a way to stop it. */
export class RunHandle<Output = unknown> implements AsyncIterable<RunEvent | LiveEvent> {
  /**
   * The result, when the run has ended or was stopped. A run that fails is a result; it rejects
   * with an `AwpError` only when there was no run, or its log cannot be kept.
   */
  readonly result: Promise<RunResult<Output>>;
  /** Resolves when the run exists and its inputs are in place; rejects if it cannot start. */
  readonly ready: Promise<void>;
  #id: string;
  readonly #opened: Promise<Opened>;
  readonly #stop = new AbortController();

  /** `begin` starts the run; its signal, when it aborts, stops it with the signal's reason. */
  constructor(id: string, begin: (stop: AbortSignal) => Promise<Opened>, signal?: AbortSignal) {
    this.#id = id;
    const cancel = (): void => this.#stop.abort('aborted');
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
    this.#opened = begin(this.#stop.signal);
    this.ready = this.#opened.then(async ({ run }) => {
      this.#id = run.id;
      await run.begun;
    });
    this.result = this.#finish().finally(() => signal?.removeEventListener('abort', cancel));
    // Who never asks for them must not be ended by them.
    this.ready.catch(() => {});
    this.result.catch(() => {});
  }

  /** The run's id; of a resumed run whole from `ready` on. */
  get id(): string {
    return this.#id;
  }

  /**
   * Every event of the log from number `from` on, each once and in order, live or late, as often as
   * it is asked for. Ends with the run.
   */
  async *events(from = 1): AsyncGenerator<RunEvent> {
    yield* this.#read(from);
  }

  /** All events, with the pieces of models' answers (`model.delta`) and notes of tools (`tool.progress`) as they come. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent | LiveEvent> {
    const { run } = await this.#opened;
    yield* run.withPieces((signal) => this.#read(1, signal));
  }

  /** A reader has the store open for itself, so that it may read on after the run has ended. */
  async *#read(from: number, signal?: AbortSignal): AsyncGenerator<RunEvent> {
    const { run, reader } = await this.#opened;
    await run.begun;
    const { store, close } = await reader();
    // A run that broke off leaves no last event to end at.
    const broken = new AbortController();
    run.done.catch(() => broken.abort());
    const either = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal;
    try {
      yield* follow(store, run.id, { from, signal: either });
    } finally {
      await close();
    }
  }

  /**
   * Answers a request (`approval.requested`); resolves when it is in the log. Rejects with
   * `approval/unknown`, `approval/answered`, `approval/changed`, `usage/bad-option`.
   */
  async resolve(
    id: string,
    reply: ApprovalReply,
    { reason, by = 'api' }: { reason?: string; by?: string } = {},
  ): Promise<void> {
    const { run } = await this.#opened;
    const answer = readReply(reply, by);
    await run.resolve(id, { ...answer, ...(reason !== undefined && { reason }) });
  }

  /**
   * Says that nobody answers any more, although `onApproval` was given: the run goes on as far as it
   * can without a person and then ends with the status `waiting`.
   */
  async leave(): Promise<void> {
    const { run } = await this.#opened;
    run.leave();
  }

  /** Stops the run within two seconds; resolves when that is done. It can be resumed. */
  async cancel(reason = 'cancelled'): Promise<void> {
    this.#stop.abort(reason);
    const { run } = await this.#opened;
    await run.done;
  }

  async #finish(): Promise<RunResult<Output>> {
    const { run, files, folder, outputDir, finish, close } = await this.#opened;
    try {
      await run.done;
      const result = finish(resultOf(run.state, `${folder}/artifacts`));
      const moved = outputDir === undefined ? result : await handOut(files, result, outputDir);
      return moved as RunResult<Output>;
    } finally {
      await close();
    }
  }
}

/** Copies the artifacts to the folder that the user named. Throws `usage/not-writable`. */
async function handOut(files: Files, result: RunResult, outputDir: string): Promise<RunResult> {
  const target = resolve(outputDir);
  const artifacts = result.artifacts.map((artifact) => ({
    from: artifact.path,
    artifact: { ...artifact, path: `${target}/${artifact.name}` },
  }));
  try {
    for (const { from, artifact } of artifacts) {
      await files.makeFolder(artifact.path.slice(0, artifact.path.lastIndexOf('/')));
      await files.copy(from, artifact.path);
    }
  } catch (cause) {
    throw new AwpError('usage/not-writable', `the files cannot be copied to ${target}`, {
      cause,
      hint: 'the run has them still: resume it with another folder',
    });
  }
  return {
    ...result,
    artifacts: artifacts.map(({ artifact }) => artifact),
    metadata: { ...result.metadata, outputDir: target },
  };
}
