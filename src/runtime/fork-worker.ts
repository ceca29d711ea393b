import { AwpError } from '../base/errors.ts';
import type { EventOf, RunEvent } from '../events/event.ts';
import type { Subtask } from '../events/loop-events.ts';

type Started = EventOf<'agent.started'>;

/** The part of a log that counts for a fork. */
export interface KeptPart {
  events: readonly RunEvent[];
  /** Number of the last event that it was taken from. */
  seq: number;
  note?: string;
  /** The worker that starts again: its manager's frame, and its place in the turn. */
  order?: { agent: string; index: number };
}

/** The error that a run cannot be forked there. */
export function badFork(message: string, hint: string): AwpError {
  return new AwpError('usage/bad-fork', message, { hint });
}

/**
 * The log as if a worker had not been started yet: its own events are left out, with those of what it
 * started, of who looked at or repaired its result, and of workers of the same turn whose part of the
 * plan builds on its part. What others brought meanwhile stays; the turn after it is not reached. Pure.
 */
export function withoutWorker(events: readonly RunEvent[], named: string): KeptPart {
  const worker = workerCalled(events, named);
  const end = endOfTurn(events, worker);
  const part = new Part(events, worker);
  const kept = events.slice(0, end).filter((event) => part.keeps(event));
  const agent = worker.parent ?? '';
  return {
    events: renumbered(kept),
    seq: end,
    ...(kept.length < end && { note: `without what ${worker.data.name} and who built on it did` }),
    order: { agent, index: worker.data.index },
  };
}

/** The start of the worker with this id of its frame, or with this name. */
function workerCalled(events: readonly RunEvent[], named: string): Started {
  const workers = delegated(events);
  const found =
    workers.findLast(({ agent }) => agent === named) ??
    workers.findLast(({ data }) => data.name === named);
  if (found) return found;
  const known = workers.map(({ agent, data }) => `${agent} ${data.name}`);
  const more = known.length > 10 ? ` and ${known.length - 10} more` : '';
  const hint =
    known.length === 0
      ? 'no worker of it was started: choose a loop or an event'
      : `there are ${known.slice(0, 10).join(', ')}${more}`;
  throw badFork(`no worker ${named} was started in this run`, hint);
}

/** Workers and sub-managers that a manager asked for; not those that the runtime sets on a result. */
function delegated(events: readonly RunEvent[]): Started[] {
  const managers = new Set<string>();
  return events.filter((event): event is Started & RunEvent => {
    if (event.type !== 'agent.started') return false;
    const { role, order } = event.data;
    const isManager = role === 'manager';
    if (isManager) managers.add(event.agent ?? '');
    const isAsked = managers.has(event.parent ?? '') && order?.repairOf === undefined;
    return isAsked && (isManager || role === 'worker');
  });
}

/** How many events there are before the manager of a worker was asked again, or ended. */
function endOfTurn(events: readonly RunEvent[], worker: Started): number {
  for (const event of events.slice(worker.seq)) {
    if (event.type === 'run.finished') return event.seq - 1;
    if (event.agent !== worker.parent) continue;
    if (ENDS.has(event.type)) return event.seq - 1;
  }
  return events.length;
}

const ENDS: ReadonlySet<string> = new Set(['model.asked', 'agent.finished', 'agent.failed']);

/** What stays of a log without one worker. */
class Part {
  readonly #worker: Started;
  /** Frames whose events are left out. */
  readonly #dropped: Set<string>;
  readonly #before: number;

  constructor(events: readonly RunEvent[], worker: Started) {
    this.#worker = worker;
    this.#before = worker.seq;
    this.#dropped = new Set([worker.agent ?? '']);
    const plan = new Map<string, Subtask>();
    for (const event of events) {
      if (event.type === 'plan.made' && event.agent === worker.parent) {
        for (const one of event.data.subtasks) plan.set(one.id, one);
      }
      if (event.type === 'agent.started' && event.seq > worker.seq && this.#goesWith(event, plan)) {
        this.#dropped.add(event.agent ?? '');
      }
    }
  }

  #goesWith({ parent, data }: Started, plan: ReadonlyMap<string, Subtask>): boolean {
    if (this.#dropped.has(parent ?? '') || this.#dropped.has(data.review?.of ?? '')) return true;
    if (this.#dropped.has(data.order?.repairOf ?? '')) return true;
    const own = this.#worker.data.order?.subtaskId;
    if (parent !== this.#worker.parent || own === undefined) return false;
    return buildsOn(plan, data.order?.subtaskId, own);
  }

  keeps(event: RunEvent): boolean {
    const { type, agent = '', data } = event;
    if (this.#dropped.has(agent)) return false;
    if (type === 'budget.reserved' && this.#dropped.has(data.scope)) return false;
    return event.seq < this.#before || agent !== this.#worker.parent || this.#isOfOthers(event);
  }

  /** Whether what is said of the manager while the worker was at work is about others alone. */
  #isOfOthers({ type, data }: RunEvent): boolean {
    const { index, order } = this.#worker.data;
    switch (type) {
      case 'result.validated':
      case 'result.criticised':
      case 'result.repaired':
        return !this.#dropped.has(data.of);
      case 'subtask.changed':
        return data.id !== order?.subtaskId && !this.#dropped.has(data.by ?? '');
      case 'hypothesis.resolved':
        return !this.#dropped.has(data.by);
      case 'submanager.refused':
      case 'submanager.promoted':
        return data.index !== index;
      case 'agent.skipped':
        // What a limit held back may have room now.
        return data.guard !== undefined && data.index !== index;
      case 'budget.reserved':
      case 'budget.raised':
      case 'approval.requested':
      case 'approval.resolved':
        return true;
      default:
        return false;
    }
  }
}

/** Whether a part of a plan needs another one, also by way of others. */
function buildsOn(
  plan: ReadonlyMap<string, Subtask>,
  part: string | undefined,
  other: string,
): boolean {
  const seen = new Set<string>();
  const open = [part ?? ''];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const { dependencies = [] } = plan.get(id) ?? {};
    if (dependencies.includes(other)) return true;
    open.push(...dependencies);
  }
  return false;
}

/** Requests and entries of boards are counted through: those that stay are numbered anew. */
function renumbered(events: readonly RunEvent[]): RunEvent[] {
  const requests = new Map<string, string>();
  let posts = 0;
  return events.map((event): RunEvent => {
    switch (event.type) {
      case 'approval.requested': {
        const id = `a${requests.size + 1}`;
        requests.set(event.data.id, id);
        return { ...event, data: { ...event.data, id } };
      }
      case 'approval.resolved':
        return { ...event, data: { ...event.data, id: requests.get(event.data.id) ?? '' } };
      case 'tool.called': {
        const { approval } = event.data;
        if (approval === undefined) return event;
        return { ...event, data: { ...event.data, approval: requests.get(approval) ?? approval } };
      }
      case 'board.posted':
        posts += 1;
        return { ...event, data: { ...event.data, id: `b${posts}` } };
      default:
        return event;
    }
  });
}
