import type { RunState } from '../events/state.ts';
import { isUntrusted } from '../events/taint.ts';
import { oneLine } from './text.ts';

/** Agents that a line names. */
const MOST_NAMED = 12;

/**
 * The line about agents whose context held text that anybody may have written (threat T15), in the order
 * of their start; empty when there are none. Managers and graphs only pass it on.
 */
export function taintText({ frames }: Pick<RunState, 'frames'>): string {
  const names = [...frames.values()]
    .filter((frame) => isUntrusted(frame) && frame.role !== 'manager' && frame.role !== 'graph')
    .map(({ name }) => name);
  if (names.length === 0) return '';
  const left = names.length - MOST_NAMED;
  const more = left > 0 ? ` and ${left} more` : '';
  return `Untrusted text was in the context of ${oneLine(names.slice(0, MOST_NAMED).join(', '))}${more}\n`;
}
