import { AwpError } from '../base/errors.ts';
import type { RunEvent } from '../events/event.ts';
import type { OrderChanges, RunForked } from '../events/loop-events.ts';
import type { Plan } from '../events/plan.ts';
import { foldAll } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import { badFork, type KeptPart, withoutWorker } from './fork-worker.ts';

/**
 * Where a fork leaves its run: before the n-th question to the root manager, after the event with this
 * number, or before a worker starts, by the id of its frame or its name.
 */
export type ForkPoint = { loop: number } | { seq: number } | { worker: string };

/** What is asked of a fork. */
export interface ForkWish {
  /** Id of the new run. */
  run: string;
  /** The whole log of the old one. */
  events: readonly RunEvent[];
  from: ForkPoint;
  /** Models in the place of those of the plan. */
  models?: NonNullable<RunForked['models']>;
  /** Goes with a worker only. */
  changes?: OrderChanges;
  /** Milliseconds since 1970. */
  now: number;
}

/** The log that a fork begins with. */
export interface ForkLog {
  events: readonly RunEvent[];
  /** The state that they add up to. */
  state: RunState;
  plan: Plan;
}

/**
 * The log of a fork: the facts of the old run up to the point, numbered anew, and behind them that it
 * was forked. Times stay as they were: these things happened then. Pure. Throws `usage/bad-fork`
 * where there is no such point, and where nothing is left to do after it.
 */
export function forkLog(wish: ForkWish): ForkLog {
  const { events, from, changes, models } = wish;
  const [started] = events;
  const run = started?.run ?? '';
  if (started?.type !== 'run.started') {
    throw new AwpError('store/damaged', `the log of ${run} has no start`);
  }
  const kept = keptOf(events, from);
  if (changes && !kept.order) {
    throw badFork('only the order of a worker can be changed', 'name the worker: from worker=2.1');
  }
  const plan = withModels(started.data.plan, models);
  const facts = kept.events.map(
    (event, at): RunEvent => ({ ...event, run: wish.run, seq: at + 1 }),
  );
  facts[0] = { ...started, run: wish.run, data: { ...started.data, plan } };
  facts.push(forkedEvent(wish, run, kept));
  const state = foldAll(wish.run, facts);
  if (state.status === 'complete') {
    throw badFork(`${run} is complete after event ${kept.seq}`, 'choose an earlier point: loop=1');
  }
  return { events: facts, state, plan };
}

function forkedEvent(
  { run, models, changes, now }: ForkWish,
  from: string,
  kept: KeptPart,
): RunEvent {
  const { seq, note, order } = kept;
  const last = Date.parse(kept.events.at(-1)?.ts ?? '');
  return {
    ...{ v: 1, run, seq: kept.events.length + 1, depth: 0, type: 'run.forked' },
    ts: new Date(Math.max(now, Number.isNaN(last) ? now : last)).toISOString(),
    data: {
      ...{ from, seq },
      ...(note !== undefined && { note }),
      ...(models && { models }),
      ...(order && changes && { order: { ...order, changes } }),
    },
  };
}

function keptOf(events: readonly RunEvent[], from: ForkPoint): KeptPart {
  if ('worker' in from) return withoutWorker(events, from.worker);
  const seq = 'loop' in from ? beforeTurn(events, from.loop) : from.seq;
  const last = events.length;
  if (!Number.isInteger(seq) || seq < 1 || seq > last) {
    throw badFork(`there is no event ${seq}: the log has ${last}`, `choose from 1 to ${last}`);
  }
  return { events: events.slice(0, seq), seq };
}

/** The number of the event before the n-th question to the root manager. */
function beforeTurn(events: readonly RunEvent[], loop: number): number {
  const asked = new Set<string>();
  for (const { type, agent, data, seq } of events) {
    if (type !== 'model.asked' || agent !== '0') continue;
    if (data.purpose !== 'turn' && data.purpose !== 'closing') continue;
    asked.add(data.call);
    if (asked.size === loop) return seq - 1;
  }
  if (asked.size === 0) {
    throw badFork('no manager of this run was asked anything', 'name an event: from seq=12');
  }
  throw badFork(
    `there is no loop ${loop}: its manager was asked ${asked.size} times`,
    `choose from 1 to ${asked.size}`,
  );
}

/** The plan with other models for whoever asks them; judges keep theirs. */
function withModels(plan: Plan, models: ForkWish['models']): Plan {
  if (!models) return plan;
  // Another model never asked what is on the tape.
  const { replay: _, ...rest } = plan;
  return {
    ...rest,
    ...inLoop(plan, models),
    ...(plan.loops && {
      loops: mapped(plan.loops, (loop) => ({ ...loop, ...inLoop(loop, models) })),
    }),
    ...(plan.agents && { agents: mapped(plan.agents, (agent) => asking(agent, models.worker)) }),
  };
}

type Loop = Partial<Pick<Plan, 'manager' | 'worker' | 'submanagers'>>;

function inLoop(
  { manager, worker, submanagers }: Loop,
  models: NonNullable<ForkWish['models']>,
): Loop {
  return {
    ...(manager && { manager: asking(manager, models.manager) }),
    ...(worker && { worker: asking(worker, models.worker) }),
    ...(submanagers && {
      submanagers: mapped(submanagers, (one) => asking(one, models.manager)),
    }),
  };
}

/** Nobody else is asked in the place of a model that a person chose. */
function asking<T extends { model: string; fallback?: readonly string[] }>(
  settings: T,
  model: string | undefined,
): T {
  if (model === undefined) return settings;
  const { fallback: _, ...rest } = settings;
  return { ...rest, model } as T;
}

function mapped<T>(all: Readonly<Record<string, T>>, change: (one: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([key, one]) => [key, change(one)]));
}
