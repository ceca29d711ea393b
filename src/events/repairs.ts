import type { Frame, RunState } from './state.ts';

/** Those who repair drafts of a frame and are at work. */
export function openRepairers(state: RunState, { open }: Pick<Frame, 'open'>): Frame[] {
  if (open.size === 0) return [];
  return [...open]
    .flatMap((id) => state.frames.get(id) ?? [])
    .filter(({ role }) => role === 'repairer');
}

/** A call has returned: repairs for it, and for calls that it had made itself, are for nobody. */
export function repairsOver(state: RunState, frame: Frame, call: string): void {
  for (const repairer of openRepairers(state, frame)) {
    const { mends } = repairer;
    if (!mends || !(mends.call === call || mends.call.startsWith(`${call}.`))) continue;
    repairer.mends = { ...mends, over: true };
    state.ready.add(repairer.id);
  }
}
