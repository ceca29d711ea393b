import type { AwpError } from '../../src/base/errors.ts';
import type { RunHandle } from '../../src/cli/engine.ts';
import { resultOf } from '../../src/events/result.ts';
import type { SampleLog } from './sample-run.ts';

/** A run whose log is given; it stands still before its last events until it is cancelled. */
export interface FakeRun extends RunHandle {
  cancelled: string[];
}

/** A handle that plays a log to its end. */
export function playedRun(log: SampleLog): FakeRun {
  const cancelled: string[] = [];
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
    cancelled,
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
    cancelled: [],
  };
}
