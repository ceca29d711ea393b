import { Worker } from 'node:worker_threads';
import { fromWire } from './sqlite-errors.ts';
import type { Answer, Batch, Entry, Outcome, Request, WriterSettings } from './sqlite-messages.ts';
import { closedStore } from './store-errors.ts';

/** Most entries of one batch, so that no transaction keeps other processes waiting for long. */
const MAX_BATCH = 512;

interface Waiting {
  entry: Entry;
  resolve: (epoch: number | undefined) => void;
  reject: (error: Error) => void;
}

/** What the client needs from the store around it. */
export interface WriterClientOptions extends WriterSettings {
  /** Milliseconds since 1970, for leases. */
  now: () => number;
  /** Called after each commit that added events, with the number of a run's last one. */
  onAppended: (run: string, seq: number) => void;
}

/**
 * The main thread's side of the writer thread, which it starts at the first entry. One batch is
 * under way while the next one gathers: the group commit. The thread keeps the process alive only
 * while a batch is under way.
 */
export class WriterClient {
  readonly #options: WriterClientOptions;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #underway: Waiting[] = [];
  #planned = false;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  #onClosed: ((error?: Error) => void) | undefined;

  constructor(options: WriterClientOptions) {
    this.#options = options;
  }

  /** Resolves when the entry is committed; with the lease's epoch for `create` and `claim`. */
  send(entry: Entry): Promise<number | undefined> {
    if (this.#closing !== undefined) return Promise.reject(closedStore());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#plan();
    });
  }

  /** Commits what is waiting, syncs, and ends the thread. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#idle) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const worker = this.#worker;
    if (!worker) return;
    worker.ref();
    await new Promise<void>((resolve, reject) => {
      this.#onClosed = (error) => (error ? reject(error) : resolve());
      worker.postMessage({ kind: 'close' } satisfies Request);
    });
  }

  get #idle(): boolean {
    return this.#underway.length + this.#waiting.length === 0;
  }

  /** All that is asked in one turn of the event loop goes into one batch. */
  #plan(): void {
    if (this.#planned || this.#underway.length > 0) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#sendBatch();
    });
  }

  #sendBatch(): void {
    if (this.#underway.length > 0 || this.#waiting.length === 0) return;
    this.#underway = this.#waiting.splice(0, MAX_BATCH);
    const entries = this.#underway.map(({ entry }) => entry);
    const batch: Batch = { now: this.#options.now(), entries };
    const worker = this.#start();
    worker.ref();
    worker.postMessage({ kind: 'batch', batch } satisfies Request);
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const { home, leaseMs, process } = this.#options;
    const settings: WriterSettings = { home, leaseMs, process };
    // In the package this file is JavaScript, and so is the thread's.
    const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./sqlite-worker.${kind}`, import.meta.url), {
      workerData: settings,
      name: 'awp-store',
      // Flags such as --input-type are about the program that we are part of, not about this thread.
      execArgv: [],
    });
    this.#worker = worker;
    let refusal: Error | undefined;
    worker.on('message', (answer: Answer) => {
      if (answer.kind === 'done') this.#settle(answer.outcomes);
      else if ('error' in answer && answer.error) refusal = fromWire(answer.error);
    });
    worker.on('error', (error) => {
      refusal = error;
    });
    worker.on('exit', () => this.#ended(refusal));
    worker.unref();
    return worker;
  }

  #settle(outcomes: readonly Outcome[]): void {
    const done = this.#underway;
    this.#underway = [];
    this.#worker?.unref();
    for (const [index, { entry, resolve, reject }] of done.entries()) {
      const outcome = outcomes[index];
      if (typeof outcome === 'object') {
        reject(fromWire(outcome.error));
        continue;
      }
      resolve(outcome);
      if (entry.op !== 'append') continue;
      this.#options.onAppended(entry.run, entry.first + entry.texts.length - 1);
    }
    this.#sendBatch();
    if (this.#idle) this.#onIdle?.();
  }

  /** The thread has ended: asked to, refused by the database, or by a fault. The next entry starts another. */
  #ended(reason: Error | undefined): void {
    this.#worker = undefined;
    const lost = [...this.#underway, ...this.#waiting];
    this.#underway = [];
    this.#waiting = [];
    const error = reason ?? closedStore();
    for (const { reject } of lost) reject(error);
    this.#onIdle?.();
    this.#onClosed?.(reason);
  }
}
