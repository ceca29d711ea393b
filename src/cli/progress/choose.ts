import type { Clock } from '../../ports/effects.ts';
import type { Shell } from '../shell.ts';
import type { Style } from '../style.ts';
import { liveProgress } from './live.ts';
import { plainProgress } from './plain.ts';
import { type Progress, quietProgress } from './progress.ts';

/** Ways to show a run while it goes on. */
export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'quiet'] as const;

/** One of the ways to show a run. */
export type ProgressMode = (typeof PROGRESS_MODES)[number];

/** The progress for a mode; `auto` is the tree in a terminal that a person watches, else lines. */
export function chooseProgress(
  mode: ProgressMode,
  shell: Shell,
  { style, clock }: { style: Style; clock: Clock },
): Progress {
  if (mode === 'quiet') return quietProgress;
  return leavesTree(mode, shell)
    ? liveProgress(shell, style, clock)
    : plainProgress(shell.err, clock);
}

/** Whether the tree is on the screen when a run has ended. */
export function leavesTree(mode: ProgressMode, shell: Shell): boolean {
  return mode === 'tty' || (mode === 'auto' && watched(shell));
}

function watched(shell: Shell): boolean {
  return shell.err.terminal && shell.env('CI') === undefined && shell.env('TERM') !== 'dumb';
}
