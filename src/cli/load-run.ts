import type { RunState } from '../events/state.ts';
import type { Store } from '../ports/store.ts';

/** What a run's log adds up to. The runtime is loaded only by commands that look at a run. */
export async function loadRun(store: Store, run: string): Promise<RunState> {
  const { loadState } = await import('../runtime/load-state.ts');
  return loadState(store, run);
}
