import { creationResult } from '../events/creation-result.ts';
import type { RunState } from '../events/state.ts';
import { counted } from './diagnostics/summary.ts';
import { oneLine } from './text.ts';

/** Tools that are listed. */
const MOST_TOOLS = 20;

/** The tools of a run and how often each was called, one line each; empty where there are none. */
export function creationText(state: RunState): string {
  const made = creationResult(state);
  if (!made) return '';
  const { createdTools } = made;
  const shown = createdTools
    .slice(0, MOST_TOOLS)
    .map(({ name, creator, origin, calls, reused }) => {
      const from = origin === 'agent' ? `made by ${creator}` : FROM[origin];
      return oneLine(`  ${name}  ${from}, ${counted(calls, 'call')}, ${reused} by others`);
    });
  const left = createdTools.length - shown.length;
  const { proposals, skills } = state.creation ?? {};
  const lines = [
    ...shown,
    ...(left > 0 ? [`  and ${left} more`] : []),
    ...named('proposed', proposals?.keys()),
    ...named('skills', skills?.keys()),
  ];
  const more = `more: awp tools list ${state.run}`;
  return lines.length > 0
    ? `tools\n${lines.join('\n')}\n${more}\n`
    : `tools: none passed; ${more}\n`;
}

const FROM = { kept: 'of an earlier run', project: 'of the project' } as const;

function named(what: string, names: Iterable<string> = []): string[] {
  const all = [...names];
  return all.length > 0 ? [oneLine(`  ${what}: ${all.slice(0, MOST_TOOLS).join(', ')}`)] : [];
}
