import type { Frame, RunState } from './state.ts';

/**
 * What the context of an agent may hold (threat T15): `private` data of the user, `untrusted` text that
 * anybody may have written.
 */
export type Taint = 'private' | 'untrusted';

/** Adds to what the context of an agent may hold. */
export function taintFrame(frame: Frame, taints: Iterable<Taint> | undefined): void {
  for (const taint of taints ?? []) {
    frame.taint ??= new Set();
    frame.taint.add(taint);
  }
}

/**
 * What an agent starts with: what its manager or graph was told of so far, because it is handed that or
 * finds it in files. The first one starts with the inputs of the run.
 */
export function taintAtStart(state: RunState, frame: Frame, above: Frame | undefined): void {
  taintFrame(frame, above?.taint);
  if (!above && (state.plan?.inputs.length ?? 0) > 0) taintFrame(frame, ['private']);
}

/** Whether anybody may have written some of what an agent worked with. */
export function isUntrusted({ taint }: Pick<Frame, 'taint'>): boolean {
  return taint?.has('untrusted') === true;
}
