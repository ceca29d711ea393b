import { jsonBytes } from '../base/json.ts';
import { rootGraph } from '../events/graph-walk.ts';
import type { RunState } from '../events/state.ts';
import { sizeText } from './package-text.ts';
import { oneLine } from './text.ts';

/** Most keys that are listed. */
const MAX_KEYS = 40;

/** The keys of a graph's state, each with the size of its value as JSON; empty when it has none. */
export function stateText(state: RunState): string {
  const entries = Object.entries(rootGraph(state)?.state ?? {});
  if (entries.length === 0) return '';
  const shown = entries
    .slice(0, MAX_KEYS)
    .map(([key, value]) => `${key} ${sizeText(jsonBytes(value))}`);
  const more = entries.length - shown.length;
  const rest = more > 0 ? `, and ${more} more` : '';
  return `state   ${oneLine(shown.join(', '))}${rest}\n`;
}
