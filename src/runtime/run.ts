import { ChangeSignal } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import type { Fact, LiveEvent, RunEvent } from '../events/event.ts';
import type { Limits, Plan } from '../events/plan.ts';
import { emptyState } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import type { Host } from '../ports/host.ts';
import type { Lease } from '../ports/store.ts';
import { ApprovalDesk, type AskPerson } from './approvals/desk.ts';
import type { ApprovalAnswer } from './approvals/inbox.ts';
import type { RunContext } from './context.ts';
import { KeptTools } from './creation/kept-follow.ts';
import { keptPlace } from './creation/kept-places.ts';
import { RepairQueue } from './creation/repair-queue.ts';
import { Driver } from './drive.ts';
import { keepReport } from './evaluation/report.ts';
import { InnerAsks } from './inner-asks.ts';
import { loadState } from './load-state.ts';
import { ModelTrace } from './model-trace.ts';
import { KeptResults } from './nodes/cached-results.ts';
import { hideInitial } from './nodes/hide-initial.ts';
import { NodeGuards } from './nodes/node-guards.ts';
import { StateFiles } from './nodes/state-files.ts';
import { missingFields } from './nodes/state-limits.ts';
import { Pieces } from './pieces.ts';
import { type Prepared, prepare } from './prepare.ts';
import { Recorder } from './recorder.ts';
import { makeRedact, PieceRedactor } from './redact.ts';
import { redactError } from './redact-error.ts';
import { readMadeSkills } from './skills/run-skills.ts';
import { Stopwatch } from './stopwatch.ts';
import { InnerCalls } from './tools/inner-calls.ts';

/** A run that this process drives. */
export class Run {
  readonly id: string;
  /** The state that the log adds up to so far. Read it, do not change it. */
  readonly state: RunState;
  /** Resolves when its first events are in the log; rejects like `done`. */
  readonly begun: Promise<void>;
  /**
   * Resolves when the run has ended or was stopped and everything is released; rejects with an
   * `AwpError` of family `store`, `sandbox` or `internal`.
   */
  readonly done: Promise<void>;
  readonly #host: Host;
  readonly #driver: Driver;
  readonly #pieces: Pieces;
  readonly #desk: ApprovalDesk;

  constructor({ host, context, recorder, lease, pieces, first, close }: RunParts) {
    this.id = context.state.run;
    this.state = context.state;
    this.#host = host;
    this.#pieces = pieces;
    this.#desk = context.desk;
    this.#driver = new Driver(context, recorder);
    this.begun = recorder.record(first).then((events) => {
      for (const event of events) context.created.see(event);
    });
    this.done = this.#drive({ lease, context, close });
    this.done.catch(() => {});
  }

  /** Ends it soon: within two seconds nothing of it is left but its log, which can be resumed. */
  stop(reason: string): void {
    this.#driver.stop(reason);
  }

  /**
   * Answers a request; resolves when that is in the log. Rejects with `approval/unknown`,
   * `approval/answered`, `approval/changed`.
   */
  async resolve(id: string, answer: ApprovalAnswer): Promise<void> {
    await this.#desk.answer(id, answer);
  }

  /** Nobody answers any more: it goes on as far as it can without a person and is then paused. */
  leave(): void {
    this.#desk.leave();
  }

  /** Adds the pieces of answers, as they come, to a stream of its events. */
  withPieces(
    events: (signal: AbortSignal) => AsyncIterable<RunEvent>,
  ): AsyncIterable<RunEvent | LiveEvent> {
    return this.#pieces.watch(events);
  }

  async #drive({ lease, context, close }: Driving): Promise<void> {
    const stopRenewing = this.#renew(lease);
    try {
      await this.begun;
      await context.runFiles.repair(context.state);
      await context.stateFiles.repair();
      await context.keptTools.repair();
      context.results.open();
      await context.desk.open();
      await this.#driver.run();
      await this.#keepScores();
    } catch (error) {
      throw redactError(error, context.redact);
    } finally {
      stopRenewing();
      context.desk.close();
      await close();
      await this.#host.store.release(lease).catch(() => {}); // a lease that is lost needs no release
      this.#pieces.end();
    }
  }

  /** The scores as a file; from the log, so that a crash before it loses nothing. */
  async #keepScores(): Promise<void> {
    const { effects, store } = this.#host;
    await keepReport(effects.files, store.folder(this.id), this.state);
  }

  /** Keeps the lease; without it nothing may be written any more. */
  #renew(lease: Lease): () => void {
    const { clock } = this.#host.effects;
    const { store } = this.#host;
    let cancel = (): void => {};
    const again = (): void => {
      cancel = clock.timer(store.leaseMs / 3, () => {
        store.renew(lease).then(again, (error: unknown) => {
          // Another process writes just now; a third of the lease is gone, so there is time.
          if (error instanceof AwpError && error.code === 'store/busy') again();
          else this.#driver.breakOff(error);
        });
      });
    };
    again();
    return () => cancel();
  }
}

interface Driving {
  lease: Lease;
  context: RunContext;
  /** Gives box and tools back. */
  close(): Promise<void>;
}

interface RunParts extends Driving {
  host: Host;
  recorder: Recorder;
  pieces: Pieces;
  first: readonly Fact[];
}

/** What a new run starts from. */
export interface NewRun {
  id: string;
  plan: Plan;
  /** Facts about the inputs, which are in place already. */
  inputs: readonly Fact[];
  /** Whether what models are asked and answer is kept, with the raw answers. Default false. */
  trace?: boolean;
  /** Stops the run when it aborts, with its reason. */
  stop?: AbortSignal;
  /** Asks a person; nobody is there when left out. */
  ask?: AskPerson;
}

/**
 * Starts a new run: models and box are there before anything is written. Throws `model/...` when a
 * model cannot be reached by configuration, `sandbox/unavailable`, `state/missing`, `store/...`.
 */
export async function startRun(host: Host, start: NewRun): Promise<Run> {
  const { id, inputs, trace, stop, ask } = start;
  const plan = hideInitial(start.plan);
  refuseMissing(plan);
  const prepared = await prepare(host, plan, host.store.folder(id)).catch(hiding(host));
  const kept = await prepared.kept(stop).catch(closing(prepared));
  const lease = await host.store.create(id, ownerName(host)).catch(closing(prepared));
  const { version } = host;
  const first: Fact[] = [
    { type: 'run.started', data: { plan, simulated: plan.simulated, version, ...prepared.box } },
    ...inputs,
    ...prepared.notes,
    ...kept,
    rootStarted(plan),
  ];
  return open(host, { lease, prepared, state: emptyState(id), first, trace, stop, ask });
}

/** How a run is taken up again. */
export interface Resumption {
  id: string;
  /** Limits that are changed from now on. */
  raise?: Partial<Limits>;
  /** Whether what models are asked and answer is kept from now on. Default false. */
  trace?: boolean;
  /** Stops the run when it aborts, with its reason. */
  stop?: AbortSignal;
  /** Asks a person; nobody is there when left out. */
  ask?: AskPerson;
}

/**
 * Takes up a run whose process ended, that was stopped, failed, or ran into a limit. A complete run
 * resolves at once. Throws `store/locked` when a live process has it, `usage/not-raised` when a
 * used-up limit is not raised.
 */
export async function resumeRun(host: Host, resumption: Resumption): Promise<Run> {
  const { id, raise, trace, stop, ask } = resumption;
  const lease = await host.store.claim(id, ownerName(host));
  try {
    const seen: RunEvent[] = [];
    const state = await loadState(host.store, id, (event) => {
      if (/^tool\.|^agent\.(started|finished|failed)$|^run\.resumed$/.test(event.type))
        seen.push(event);
    });
    const { plan } = state;
    if (!plan) throw new AwpError('store/damaged', `the log of ${id} has no start`);
    checkRaised(state, raise);
    const folder = host.store.folder(id);
    const skillTexts = await readMadeSkills(host.effects.files, folder, state);
    const prepared = await prepare(host, plan, folder).catch(hiding(host));
    const { box } = prepared;
    const first = state.status === 'complete' ? [] : resumeFacts(host, { state, plan, raise, box });
    return open(host, { lease, prepared, state, first, trace, stop, ask, seen, skillTexts });
  } catch (error) {
    await host.store.release(lease);
    throw error;
  }
}

interface Resuming {
  state: RunState;
  plan: Plan;
  raise: Partial<Limits> | undefined;
  box: Prepared['box'];
}

function resumeFacts(host: Host, { state, plan, raise, box }: Resuming): Fact[] {
  const { version } = host;
  const abandoned = [...state.inFlight.keys()];
  const root = state.frames.get('0');
  const facts: Fact[] = [
    { type: 'run.resumed', data: { abandoned, version, ...(raise && { raise }), ...box } },
  ];
  if (!root) facts.push(rootStarted(plan));
  else if (root.phase === 'closed') {
    const { message } = state.ending ?? {};
    const reason = `resumed after ${state.status}${message === undefined ? '' : `: ${message}`}`;
    facts.push({ type: 'run.reopened', agent: '0', data: { reason } });
  }
  return facts;
}

/** Throws `usage/not-raised` when a limit ended the run and is not raised: it could only end again. */
export function checkRaised(
  { exhausted, status }: Pick<RunState, 'exhausted' | 'status'>,
  raise: Partial<Limits> | undefined,
): void {
  if (status !== 'partial' || !exhausted) return;
  const { dimension, limit } = exhausted;
  const raised = raise?.[dimension];
  if (raised === null || (raised !== undefined && raised > limit)) return;
  const shown = dimension === 'time' ? `${limit / 1000}s` : String(limit);
  throw new AwpError('usage/not-raised', `the limit on ${dimension} (${shown}) is used up`, {
    hint: `raise it: --resume ... --raise ${dimension}=N with more than ${shown}`,
  });
}

/** Nothing is asked when the state lacks what its graph needs (capabilities 7.1). */
function refuseMissing({ graph }: Plan): void {
  const [first, ...more] = graph ? missingFields(graph) : [];
  if (first === undefined) return;
  const names = [first, ...more].join(', ');
  const input = first.split('.')[0] ?? first;
  throw new AwpError('state/missing', `the state does not have what is required: ${names}`, {
    hint: `hand it in: -i ${input}=... (inputs of a program), or set it in state.initial`,
  });
}

function rootStarted(plan: Plan): Fact {
  const { engine, graph, manager, task } = plan;
  const isGraph = engine === 'dag';
  return {
    type: 'agent.started',
    agent: '0',
    depth: 0,
    data: {
      role: isGraph ? 'graph' : 'manager',
      name: isGraph ? (graph?.name ?? plan.name) : 'manager',
      model: manager?.model ?? '',
      temperature: manager?.temperature ?? 0,
      tools: [],
      instructions: task,
      index: 0,
    },
  };
}

interface Opening {
  lease: Lease;
  prepared: Prepared;
  state: RunState;
  first: readonly Fact[];
  trace: boolean | undefined;
  stop: AbortSignal | undefined;
  ask: AskPerson | undefined;
  /** Tool calls of earlier processes. */
  seen?: readonly RunEvent[];
  /** Texts of skills that were written in the run. */
  skillTexts?: ReadonlyMap<string, string>;
}

function open(host: Host, opening: Opening): Run {
  const { lease, prepared, state, first, trace, stop, ask, seen = [], skillTexts } = opening;
  const { plan } = prepared;
  const hidden = host.secretValues();
  const redact = makeRedact(hidden);
  const answers = new PieceRedactor(hidden);
  const recorder = new Recorder({
    store: host.store,
    lease,
    state,
    clock: host.effects.clock,
    redact,
    durability: plan.durability,
  });
  const pieces = new Pieces(state, () => new Date(recorder.now()).toISOString());
  const wake = new ChangeSignal();
  const folder = host.store.folder(state.run);
  const made = prepared.made(folder);
  const nodeGuards = new NodeGuards(plan);
  for (const event of seen) {
    made.guards.see(event);
    nodeGuards.see(event);
  }
  made.guards.abandon([...state.inFlight.keys()]);
  made.created.restore(state);
  if (skillTexts) made.skills.restore(state, skillTexts);
  const { clock, files } = host.effects;
  const stopwatch = new Stopwatch(clock, state);
  const signs = { last: clock.monotonic() };
  const context: RunContext = {
    ...{ host, state, wake, stopwatch, nodeGuards },
    results: new KeptResults({ state, files, clock, folder: resultsFolder(host) }),
    stateFiles: new StateFiles({ state, files, folder }),
    keptTools: new KeptTools(state, plan.creation?.persist ? keptPlace(host, plan) : undefined),
    innerAsks: new InnerAsks({ wake, clock, plan }),
    repairs: new RepairQueue({ wake, state }),
    innerCalls: new InnerCalls({ wake, needsBox: made.surroundings.needsBox, clock }),
    ...made,
    ...(trace && {
      trace: new ModelTrace({ files, clock, folder, redact, runFiles: made.runFiles }),
    }),
    desk: new ApprovalDesk({ state, files, folder, wake, ask }),
    remainingMs: (kind, frame) => stopwatch.remainingMs(kind, frame),
    redact,
    signs,
    delta: (piece) => {
      signs.last = clock.monotonic();
      const shown = answers.take(piece);
      if (shown.text !== '') pieces.add('model.delta', shown);
    },
    progress: (note) => {
      signs.last = clock.monotonic();
      pieces.add('tool.progress', redact(note));
    },
    // Where a run may end because nothing moves, answers must come in pieces.
    watched: () => pieces.watched || (plan.graph?.idleMs ?? null) !== null,
  };
  const { close } = prepared;
  const run = new Run({ host, context, recorder, lease, pieces, first, close });
  const stopRun = (): void => run.stop(String(stop?.reason));
  if (stop?.aborted) stopRun();
  else stop?.addEventListener('abort', stopRun, { once: true });
  return run;
}

function resultsFolder({ cacheFolder }: Host): string | undefined {
  return cacheFolder === undefined ? undefined : `${cacheFolder}/results`;
}

function ownerName({ effects }: Host): string {
  return `process ${effects.processes.pid()}`;
}

/** What servers and modules say when they fail may have secrets in it. */
function hiding(host: Host): (error: unknown) => never {
  return (error) => {
    throw redactError(error, makeRedact(host.secretValues()));
  };
}

function closing(prepared: Prepared): (error: unknown) => Promise<never> {
  return async (error) => {
    await prepared.close();
    throw error;
  };
}
