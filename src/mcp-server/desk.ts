import { AwpError } from '../base/errors.ts';
import { AgentWorkflow, type ResumeOptions, resumeRun } from '../data/agent-workflow.ts';
import { type ApprovalReply, resolveApproval } from '../data/approvals.ts';
import { type Home, openHome } from '../data/home.ts';
import type { WorkflowOptions } from '../data/options.ts';
import type { RunHandle } from '../data/run-handle.ts';
import type { RunEvent } from '../events/event.ts';
import type { Limits } from '../events/plan.ts';
import { emptyState, fold } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import type { RunSummary } from '../ports/store.ts';
import { follow } from '../runtime/follow.ts';
import type { McpSettings } from './settings.ts';

/** A run as clients are told of it. */
export interface SeenRun {
  state: RunState;
  /**
   * Whether somebody works on it. A run that has not ended and that nobody works on was interrupted
   * or waits to be resumed.
   */
  alive: boolean;
  /** Folder of its artifacts, absolute. */
  artifacts: string;
}

/** How long to wait for a run. */
export interface Waiting {
  /** Most seconds; 0 only looks. */
  seconds: number;
  /** Aborting it ends the waiting and leaves the run alone. */
  signal: AbortSignal;
  /** Told of every event that comes meanwhile, with what the log adds up to. */
  onEvent?(event: RunEvent, state: RunState): void;
  /** Ends the waiting; a call that a person must allow does when left out. */
  enough?(state: RunState): boolean;
}

/** What is said to a call that a person must allow. */
export type Answer = Exclude<ApprovalReply, string> & {
  /** SHA-256 of the arguments that were looked at. */
  argsHash?: string;
};

/** Longest time until another process has taken an answer up. */
const ANSWER_SECONDS = 5;

/** The runs of one server, whichever client started them. */
export class RunDesk {
  readonly home: Home;
  readonly #settings: McpSettings;
  readonly #live = new Map<string, RunHandle<unknown>>();
  /** Runs that are being started. */
  #starting = 0;
  readonly #closing = new AbortController();

  private constructor(settings: McpSettings, home: Home) {
    this.#settings = settings;
    this.home = home;
  }

  /** Opens the place where runs are kept. Throws as `openHome`. */
  static async open(settings: McpSettings): Promise<RunDesk> {
    const { home, cwd, effects } = settings;
    return new RunDesk(
      settings,
      await openHome({ ...(home !== undefined && { home }), cwd, effects }),
    );
  }

  /** Starts a run and gives its id once it exists. Throws as a run does, and `usage/too-many-runs`. */
  start(options: WorkflowOptions): Promise<string> {
    const { folder } = this.home;
    return this.#drive(() => new AgentWorkflow({ ...options, home: folder }).start({ onApproval }));
  }

  /** Goes on with a run. Throws as `resumeRun`, and `usage/too-many-runs`. */
  async resume(id: string, raise: Partial<Limits>): Promise<string> {
    const { state } = await this.look(id);
    const { run } = state;
    if (this.#live.has(run)) return run;
    const changed = Object.keys(raise).length > 0 && { raise };
    const how = {
      ...resumeOptions(this.#settings),
      home: this.home.folder,
      onApproval,
      ...changed,
    };
    return this.#drive(() => resumeRun(run, how));
  }

  async #drive(begin: () => RunHandle<unknown>): Promise<string> {
    const { maxRuns } = this.#settings;
    if (this.#live.size + this.#starting >= maxRuns) {
      throw new AwpError('usage/too-many-runs', `${maxRuns} runs are at work already`, {
        hint: 'wait for one of them (run_result) or stop one (stop_run)',
      });
    }
    this.#starting += 1;
    try {
      const handle = begin();
      await handle.ready;
      const { id } = handle;
      this.#live.set(id, handle);
      // What came of it is in its log; who asks reads it there.
      const over = (): void => void this.#live.delete(id);
      handle.result.then(over, over);
      if (this.#closing.signal.aborted) await handle.cancel('server ended');
      return id;
    } finally {
      this.#starting -= 1;
    }
  }

  /** Stops a run that this server drives; resolves when it has stopped. Throws `usage/not-running`. */
  async stop(id: string): Promise<string> {
    const { run, status, owner } = await this.home.store.find(id);
    const handle = this.#live.get(run);
    if (handle) {
      await handle.cancel('stopped by a client');
      return run;
    }
    if (status !== 'running' || !this.#owned(owner)) return run;
    throw new AwpError('usage/not-running', `run ${run} is driven by another process`, {
      hint: 'it can be stopped where it was started',
    });
  }

  /**
   * Answers a call that a person must allow, and tells how the run is when the answer is in its log.
   * Throws `approval/unknown`, `approval/answered`, `approval/changed`, `store/not-found`.
   */
  async answer(id: string, approval: string, reply: Answer): Promise<SeenRun> {
    const { state } = await this.look(id);
    const { run } = state;
    const { argsHash, ...said } = reply;
    const known = state.approvals.get(approval);
    const handle = this.#live.get(run);
    if (handle && (argsHash === undefined || argsHash === known?.argsHash)) {
      await handle.resolve(approval, said, { by: 'mcp' });
      return this.look(run);
    }
    const { effects } = this.#settings;
    const place = { home: this.home.folder, effects, by: 'mcp' };
    const hash = argsHash !== undefined && { argsHash };
    await resolveApproval(run, approval, { reply: said, ...place, ...hash });
    // Another process has to take it up.
    return this.wait(run, {
      seconds: ANSWER_SECONDS,
      signal: this.#closing.signal,
      enough: ({ approvals }) => approvals.get(approval)?.resolution !== undefined,
    });
  }

  /**
   * Waits until a run has ended, stands still or needs a person, or the time is over, and tells how
   * it is then. Throws `store/not-found`, `store/ambiguous`.
   */
  async wait(id: string, waiting: Waiting): Promise<SeenRun> {
    const { seconds, signal, onEvent, enough = needsPerson } = waiting;
    const { store } = this.home;
    const { run, seq, owner } = await store.find(id);
    const over = new AbortController();
    const cancel = this.#settings.effects.clock.timer(seconds * 1000, () => over.abort());
    // Nobody is going to write a log that has no owner.
    if (seconds === 0 || !this.#owned(owner)) over.abort();
    const any = AbortSignal.any([over.signal, signal, this.#closing.signal]);
    const state = emptyState(run);
    try {
      for await (const event of follow(store, run, { signal: any })) {
        fold(state, event);
        if (event.seq > seq) onEvent?.(event, state);
        if (event.seq >= seq && enough(state)) break;
      }
    } finally {
      cancel();
    }
    // What is told as ended is over: its files are closed, and it can be resumed at once.
    if (state.status !== 'running') await this.#live.get(run)?.result.catch(() => {});
    const now = await store.find(run);
    const alive = this.#owned(now.owner);
    return { state, alive, artifacts: `${store.folder(run)}/artifacts` };
  }

  /** A run as it is now. Throws `store/not-found`, `store/ambiguous`. */
  look(id: string): Promise<SeenRun> {
    return this.wait(id, { seconds: 0, signal: this.#closing.signal });
  }

  /** Runs of the folder, newest first. */
  list(filter: { status?: RunSummary['status']; limit: number }): Promise<RunSummary[]> {
    return this.home.store.list(filter);
  }

  /** Whether a run of a list is at work. */
  isAlive({ owner }: RunSummary): boolean {
    return this.#owned(owner);
  }

  #owned(owner: RunSummary['owner']): boolean {
    return owner !== undefined && owner.until > this.#settings.effects.clock.now();
  }

  /** Stops the runs, which can be resumed, and closes the place. */
  async close(): Promise<void> {
    this.#closing.abort();
    const live = [...this.#live.values()];
    await Promise.allSettled(
      live.map(async (handle) => {
        await handle.cancel('server ended');
        await handle.result;
      }),
    );
    await this.home.close();
  }
}

function needsPerson({ pendingApprovals }: RunState): boolean {
  return pendingApprovals.size > 0;
}

/** Whoever is at a client answers when they see it; until then the run waits. */
const onApproval = (): 'ask' => 'ask';

/** What a run needs again that is not in its log, as the server was set up. */
function resumeOptions({ runOptions }: McpSettings): ResumeOptions {
  const own = runOptions({});
  const { python, apiKey, prices, tools, mcp, secrets, trust } = own;
  return {
    ...(python !== undefined && { python }),
    ...(apiKey !== undefined && { apiKey }),
    ...(prices !== undefined && { prices }),
    ...(tools !== undefined && { tools }),
    ...(mcp !== undefined && { mcp }),
    ...(secrets !== undefined && { secrets }),
    ...(trust !== undefined && { trust }),
    providers: [own.model, own.managerModel, own.workerModel].filter(
      (one) => typeof one === 'object',
    ),
  };
}
