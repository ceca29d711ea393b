import type { RunState } from '../events/state.ts';
import { limitText } from './progress/figures.ts';

/** The command that goes on with a run. */
export function resumeCommand(run: string, home: string | undefined): string {
  return `awp run --resume ${run}${homeFlag(home)}`;
}

/** The command that goes on with a run that a limit ended, with twice that limit. */
export function raiseCommand(state: RunState, home: string | undefined): string {
  const { exhausted, run } = state;
  const resume = resumeCommand(run, home);
  if (!exhausted) return resume;
  const raised = exhausted.limit === 0 ? 1 : exhausted.limit * 2;
  return `${resume} --raise ${exhausted.dimension}=${limitText(exhausted.dimension, raised)}`;
}

/** The command that shows a run. */
export function showCommand(run: string, home: string | undefined): string {
  return `awp runs show ${run}${homeFlag(home)}`;
}

function homeFlag(home: string | undefined): string {
  if (home === undefined) return '';
  return ` --home ${/^[\w./~-]+$/.test(home) ? home : `'${home.replaceAll("'", `'\\''`)}'`}`;
}
