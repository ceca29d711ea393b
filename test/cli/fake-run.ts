import { AwpError } from '../../src/base/errors.ts';
import type { RunHandle } from '../../src/cli/engine.ts';
import type { EventData, RunEvent, RunEventType } from '../../src/events/event.ts';
import { resultOf } from '../../src/events/result.ts';
import type { SampleLog } from './sample-run.ts';

/** A run whose log is given; it stands still before its last events until it is cancelled. */
export interface FakeRun extends RunHandle {
  cancelled: string[];
  /** What was answered to requests. */
  resolved: unknown[];
}

/** A handle that plays a log to its end. */
export function playedRun(log: SampleLog): FakeRun {
  const cancelled: string[] = [];
  const resolved: unknown[] = [];
  return {
    id: log.run,
    ready: Promise.resolve(),
    async *events(from = 1) {
      yield* log.events.slice(from - 1);
    },
    get result() {
      return Promise.resolve(resultOf(log.state(), '/store/artifacts'));
    },
    async cancel(reason = '') {
      cancelled.push(reason);
    },
    async resolve(id, reply, more) {
      resolved.push([id, reply, more]);
    },
    async leave() {},
    cancelled,
    resolved,
  };
}

/** A handle that waits in the middle of a log until it is cancelled, and then stops. */
export function stoppableRun(log: SampleLog): FakeRun {
  const cancelled: string[] = [];
  const stop = Promise.withResolvers<void>();
  return {
    ...playedRun(log),
    id: log.run,
    async *events(from = 1) {
      yield* log.events.slice(from - 1);
      const before = log.events.length;
      await stop.promise;
      yield* log.events.slice(before);
    },
    get result() {
      return stop.promise.then(() => resultOf(log.state(), '/store/artifacts'));
    },
    async cancel(reason = '') {
      cancelled.push(reason);
      if (cancelled.length === 1) log.add('run.stopped', { reason });
      stop.resolve();
    },
    cancelled,
  };
}

/**
 * A handle whose run waits for answers, takes them, and is complete when it has all. `answer` is one
 * from elsewhere. Answers to what is not open are refused like a run refuses them.
 */
export function askingRun(log: SampleLog): FakeRun & {
  answer(id: string, data: Partial<EventData['approval.resolved']>): void;
} {
  const played = playedRun(log);
  let grown = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const add = <T extends RunEventType>(type: T, data: EventData[T], agent?: string): void => {
    log.add(type, data, agent === undefined ? {} : { agent });
    if (type.startsWith('run.')) over.resolve();
    grown.resolve();
    grown = Promise.withResolvers();
  };
  const answer = (id: string, data: Partial<EventData['approval.resolved']>): void => {
    const { call = '', agent } = log.state().approvals.get(id) ?? {};
    add('approval.resolved', { id, call, decision: 'approved', by: 'cli', ...data }, agent);
    if (log.state().pendingApprovals.size > 0) return;
    add('run.finished', { status: 'complete', text: 'Done.', result: {} });
  };
  return {
    ...played,
    answer,
    async *events(from = 1) {
      for (let next = from - 1; ; next++) {
        while (next >= log.events.length) {
          if (log.events.at(-1)?.type.match(/^run\.(finished|paused|stopped)$/)) return;
          await grown.promise;
        }
        yield log.events[next] as RunEvent;
      }
    },
    get result() {
      return over.promise.then(() => resultOf(log.state(), '/store/artifacts'));
    },
    async resolve(id, reply, { by = 'api' } = {}) {
      if (typeof reply === 'string') throw new Error('the command line gives a whole reply');
      const { decision, ...more } = reply;
      if (!log.state().pendingApprovals.has(id)) {
        throw new AwpError('approval/answered', `${id} was answered already`);
      }
      played.resolved.push([id, reply, by]);
      answer(id, { decision: decision === 'approve' ? 'approved' : 'rejected', by, ...more });
    },
    async leave() {
      add('run.paused', { reason: 'approval' });
    },
    async cancel(reason = '') {
      played.cancelled.push(reason);
      add('run.stopped', { reason });
    },
  };
}

/** A handle of a run that never comes into being. */
export function refusedRun(error: AwpError): FakeRun {
  const refused = Promise.reject(error);
  refused.catch(() => {});
  return {
    id: 'r-0000000000',
    ready: refused,
    async *events() {
      yield await refused;
    },
    result: refused,
    async cancel() {},
    async resolve() {},
    async leave() {},
    cancelled: [],
    resolved: [],
  };
}
