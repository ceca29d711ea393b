import { CALLS_WINDOW_MS, callsPerMinute, topManager } from '../events/loop-fold-worker.ts';
import type { Frame } from '../events/state.ts';
import type { Pass } from './pass.ts';

/**
 * When a worker may ask its model, in milliseconds since 1970; undefined when it may now. The calls of
 * all workers of its loop, and of the sub-managers in it, in the last minute count (spec, runtime 3:
 * `rate_limiting`): one beyond the limit waits. What was asked in earlier processes counts, too.
 */
export function askableAt(
  { context: { state }, decided, now }: Pick<Pass, 'context' | 'decided' | 'now'>,
  frame: Frame,
): number | undefined {
  const most = frame.role === 'worker' ? callsPerMinute(state, frame) : undefined;
  if (most === undefined) return undefined;
  const top = topManager(state, frame);
  const asked = top.delegation?.askedAt ?? [];
  const inside = asked.filter((at) => at > now - CALLS_WINDOW_MS);
  // What was admitted in this pass is not in the log yet.
  for (const { type, agent = '' } of decided.facts) {
    const asker = type === 'model.asked' ? state.frames.get(agent) : undefined;
    if (asker?.role === 'worker' && topManager(state, asker) === top) inside.push(now);
  }
  const oldest = inside.length < most ? undefined : inside[inside.length - most];
  return oldest === undefined ? undefined : oldest + CALLS_WINDOW_MS;
}
