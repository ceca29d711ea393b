import { emptyState, fold } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import type { Store } from '../ports/store.ts';

/** What the log of a run adds up to now. */
export async function loadState(store: Store, run: string): Promise<RunState> {
  const state = emptyState(run);
  for (;;) {
    const page = await store.read(run, state.seq);
    if (page.length === 0) return state;
    for (const event of page) fold(state, event);
  }
}
