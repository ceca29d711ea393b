import type { RunEvent, RunEventType } from '../events/event.ts';
import type { Store } from '../ports/store.ts';

const ENDS: ReadonlySet<RunEventType> = new Set<RunEventType>([
  'run.finished',
  'run.stopped',
  'run.paused',
]);

/**
 * Every event of a run from number `from` on, each once and in order, live or late, in this process
 * or another. Ends when the log's last event ends the run (decision 3), or has been read and `signal` aborts; a run
 * that was resumed after such an event goes on.
 */
export async function* follow(
  store: Store,
  run: string,
  { from = 1, signal = new AbortController().signal }: { from?: number; signal?: AbortSignal } = {},
): AsyncGenerator<RunEvent> {
  let after = from - 1;
  let ended = await endsAt(store, run, after);
  for (;;) {
    const page = await store.read(run, after);
    for (const event of page) {
      yield event;
      after = event.seq;
      ended = ENDS.has(event.type);
    }
    if (page.length > 0) continue;
    if (ended || signal.aborted) return;
    await store.changed(run, after, signal);
  }
}

/** A reader that starts behind the end must not wait for more. */
async function endsAt(store: Store, run: string, seq: number): Promise<boolean> {
  if (seq <= 0) return false;
  const [event] = await store.read(run, seq - 1, 1);
  return event !== undefined && ENDS.has(event.type);
}
