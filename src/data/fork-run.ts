import { AwpError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { RunEvent } from '../events/event.ts';
import type { OrderChanges } from '../events/loop-events.ts';
import type { Limits, Plan } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { Store } from '../ports/store.ts';
import { type ForkLog, type ForkPoint, forkLog } from '../runtime/fork.ts';
import { copyRunFiles } from '../runtime/fork-files.ts';
import { badFork } from '../runtime/fork-worker.ts';
import { recordFork } from '../runtime/recorder.ts';
import { makeRedact } from '../runtime/redact.ts';
import { checkRaised } from '../runtime/run.ts';
import { askerOf, type ResumeOptions, takeUp, workflowOf } from './agent-workflow.ts';
import { freshRunId } from './fresh-run-id.ts';
import { effectsWith } from './node-host.ts';
import { type BudgetOptions, limitsOf } from './options.ts';
import { RunHandle } from './run-handle.ts';
import { hostOf, openPlace } from './run-place.ts';
import { machineSecrets } from './secret-store.ts';
import { unknownOption } from './unknown-option.ts';

/** How a run is forked; tools, servers, secrets and functions that it began with are given again. */
export interface ForkOptions extends Omit<ResumeOptions, 'raise'> {
  /**
   * Where the fork begins: before the n-th question to the root manager, after an event of the log,
   * or before a worker starts (the id of its frame, `2.1`, or its name).
   */
  from: ForkPoint;
  /** The model of manager and workers from there on. Default: those of the run. */
  model?: string;
  /** The manager's alone; wins over `model`. */
  managerModel?: string;
  /** The workers' alone; wins over `model`. */
  workerModel?: string;
  /** Limits from there on; what was used before counts. Default: those of the run. */
  budget?: BudgetOptions;
  /** With `from: { worker }`: what of its order is changed. Default: nothing, it does the same again. */
  envelope?: OrderChanges;
}

/**
 * Makes a new run from a part of another one and goes on with it. Nothing before the point is done
 * again, and what was used there counts. The other run is not touched, and may be at work. The id may
 * be a unique beginning. Rejects with `usage/bad-fork`, `usage/bad-option`, `usage/not-raised`,
 * `store/...`.
 */
export function forkRun(id: string, how: ForkOptions): RunHandle<Json> {
  const { from: _, model: __, managerModel, workerModel, budget, envelope, ...resuming } = how;
  const effects = effectsWith(how);
  const fork = how.runId ?? freshRunId(effects);
  return new RunHandle(
    fork,
    async (stop) => {
      const raise = await makeFork(id, { how, effects, fork });
      const again = { ...resuming, ...(raise && { raise }) };
      return takeUp(fork, again, { effects, stop, ...askerOf(how) });
    },
    how.signal,
  );
}

interface Forking {
  how: ForkOptions;
  effects: Effects;
  /** Id of the new run. */
  fork: string;
}

/** Writes the new run; what is to be raised in it. */
async function makeFork(
  id: string,
  { how, effects, fork }: Forking,
): Promise<Partial<Limits> | undefined> {
  const from = checkedPoint(how.from);
  // The loop that records what follows is not there yet, so what is given is hidden here.
  const redact = makeRedact(machineSecrets(effects));
  const changes = how.envelope && redact(await readEnvelope(how.envelope));
  const raise = how.budget && givenLimits(how.budget);
  const models = modelsOf(how);
  const place = await openPlace(how, effects);
  const { store, close } = place;
  try {
    const { run } = await store.find(id);
    await refuseTaken(store, fork);
    const log = forkLog({
      ...{ run: fork, events: await readLog(store, run), from, now: effects.clock.now() },
      ...(models && { models }),
      ...(changes && { changes }),
    });
    checkRaised(log.state, raise);
    await checkModels(log.plan, how, { effects, store, home: place.folder });
    await write(store, effects, { run, fork, log });
    return raise;
  } finally {
    await close();
  }
}

/** A model that cannot be had is refused before anything is written. Throws `model/...`. */
async function checkModels(
  plan: Plan,
  how: ForkOptions,
  { effects, store, home }: { effects: Effects; store: Store; home: string | undefined },
): Promise<void> {
  const models = Object.values(modelsOf(how) ?? {});
  if (models.length === 0 || how.replay !== undefined) return;
  const again = { ...(await workflowOf(plan, effects)), ...how };
  const host = await hostOf(again, { effects, store, policy: plan.sandbox, home });
  for (const model of models) host.models(model);
}

async function readEnvelope(given: OrderChanges): Promise<OrderChanges> {
  // It brings zod along, which nobody else waits for.
  const { envelopeEdit } = await import('./fork-envelope.ts');
  return envelopeEdit(given);
}

/** All events; throws `store/damaged` where the log is. */
async function readLog(store: Store, run: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await store.read(run, events.length);
    if (page.length === 0) break;
    events.push(...page);
  }
  if (events.length > 0) return events;
  throw new AwpError('store/damaged', `the log of ${run} has no start`);
}

interface Written {
  /** The old run. */
  run: string;
  fork: string;
  log: ForkLog;
}

/** Files first, then the whole log at once: what a crash leaves is no half of a run. */
async function write(store: Store, effects: Effects, { run, fork, log }: Written): Promise<void> {
  const { files, processes } = effects;
  const folders = { from: store.folder(run), to: store.folder(fork) };
  const { plan, state, events } = log;
  try {
    await copyRunFiles(files, folders, { plan, state });
  } catch (error) {
    await files.remove(folders.to).catch(() => {}); // the reason to tell is the first error
    throw error;
  }
  const lease = await store.create(fork, `process ${processes.pid()}`);
  await recordFork(store, lease, events);
  await store.release(lease);
}

/** Files are put in place before the run is made, so an id that is taken is refused first. */
async function refuseTaken(store: Store, fork: string): Promise<void> {
  const found = await store.find(fork).catch((error: unknown) => {
    if (error instanceof AwpError && /^store\/(not-found|ambiguous)$/.test(error.code))
      return undefined;
    throw error;
  });
  if (found?.run !== fork) return;
  throw new AwpError('store/exists', `there is a run ${fork} already`, {
    hint: 'give the fork another id',
  });
}

/** The limits that are named, and no others. Throws `usage/bad-option`, `usage/unknown-option`. */
function givenLimits(budget: BudgetOptions): Partial<Limits> {
  const limits: Partial<Record<string, unknown>> = { ...limitsOf({ task: 'fork', budget }) };
  const named = Object.entries(budget).flatMap(([name, value]) => {
    if (!(name in limits)) throw unknownOption(`budget.${name}`, Object.keys(limits));
    return value === undefined ? [] : [[name, limits[name]]];
  });
  return Object.fromEntries(named);
}

function modelsOf({ model, managerModel = model, workerModel = model }: ForkOptions) {
  if (managerModel === undefined && workerModel === undefined) return undefined;
  return {
    ...(managerModel !== undefined && { manager: managerModel }),
    ...(workerModel !== undefined && { worker: workerModel }),
  };
}

/** The point as programs in JavaScript give it, too. Throws `usage/bad-fork`. */
function checkedPoint(from: ForkPoint): ForkPoint {
  const given: Readonly<Record<string, unknown>> = { ...from };
  const [name = '', ...more] = Object.keys(given);
  const value = given[name];
  if (more.length === 0) {
    if (name === 'worker' && typeof value === 'string') return { worker: value };
    const isCount = typeof value === 'number' && Number.isInteger(value) && value > 0;
    if (isCount && name === 'loop') return { loop: value };
    if (isCount && name === 'seq') return { seq: value };
  }
  throw badFork(
    `a run cannot be forked from ${JSON.stringify(from)}`,
    "say { loop: 2 }, { seq: 118 } or { worker: '2.1' }; numbers begin at 1",
  );
}
