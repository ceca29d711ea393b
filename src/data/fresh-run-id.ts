import { runId } from '../base/time.ts';
import type { Effects } from '../ports/effects.ts';

/** Ids of this process; of so many only the latest could meet again. */
const made = new Set<string>();
const MOST = 10_000;
const TRIES = 20;

/**
 * An id for a run (decision 15). A thousand runs that begin in the same two seconds would share one
 * about every second time, so that what this process has given away is not given again.
 */
export function freshRunId({ clock, random }: Pick<Effects, 'clock' | 'random'>): string {
  if (made.size >= MOST) made.clear();
  let id = runId(clock.now(), random.bytes(4));
  for (let tries = 1; made.has(id) && tries < TRIES; tries++) {
    id = runId(clock.now(), random.bytes(4));
  }
  made.add(id);
  return id;
}
