import type { RunState } from '../events/state.ts';
import { limitText } from './progress/figures.ts';
import { oneLine } from './text.ts';

/** The command that goes on with a run. */
export function resumeCommand(run: string, home: string | undefined): string {
  return `awp run --resume ${run}${homeFlag(home)}`;
}

/** The command that goes on with a run that a limit ended, with twice that limit; without one if it was zero. */
export function raiseCommand(state: RunState, home: string | undefined): string {
  const { exhausted, run } = state;
  const resume = resumeCommand(run, home);
  if (!exhausted) return resume;
  const { dimension, limit } = exhausted;
  return `${resume} --raise ${dimension}=${limit === 0 ? 'null' : limitText(dimension, limit * 2)}`;
}

/** The command that shows a run. */
export function showCommand(run: string, home: string | undefined): string {
  return `awp runs show ${run}${homeFlag(home)}`;
}

/** The command that shows what a node of a run brought. */
export function nodeCommand(
  run: string,
  { node, home }: { node: string; home: string | undefined },
): string {
  return `awp runs show ${run} --node ${quoted(oneLine(node))}${homeFlag(home)}`;
}

/** The commands that allow and refuse a request of a run. */
export function answerCommands(
  run: string,
  { id, home }: { id: string; home: string | undefined },
): string[] {
  return ['approve', 'reject'].map((verb) => `awp runs ${verb} ${run} ${id}${homeFlag(home)}`);
}

function homeFlag(home: string | undefined): string {
  if (home === undefined) return '';
  return ` --home ${quoted(home)}`;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
