import type { RunEvent } from '../events/event.ts';
import { emptyState, fold } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import type { Store } from '../ports/store.ts';

/** The state that a run's log adds up to; `see` is told of every event on the way, and of the state behind it. */
export async function loadState(
  store: Store,
  run: string,
  see?: (event: RunEvent, state: RunState) => void,
): Promise<RunState> {
  const state = emptyState(run);
  for (;;) {
    const page = await store.read(run, state.seq);
    if (page.length === 0) return state;
    for (const event of page) {
      fold(state, event);
      see?.(event, state);
    }
  }
}
