import type { DefectPattern } from '../../events/loop-state.ts';
import type { PlanCritique } from '../../events/plan-policy.ts';
import type { Frame } from '../../events/state.ts';

/** Kinds of defects that prompts tell of, and characters of each line. */
const MOST_TOLD = 6;
const LINE_CHARS = 240;

/**
 * What went wrong in results of a loop before, and what was worth doing again, one line each; a model
 * wrote it, so that prompts show it as data. Undefined when there is nothing, or it is not to be told.
 */
export function pitfalls(
  { delegation }: Frame,
  critique: Pick<PlanCritique, 'patterns'> | undefined,
): string | undefined {
  if (!critique?.patterns) return undefined;
  const known = [...(delegation?.patterns.values() ?? [])]
    .sort((one, other) => other.count - one.count)
    .slice(0, MOST_TOLD)
    .map(pitfallLine);
  const good = (delegation?.reusable ?? []).map((text) => cut(`- worked well: ${text}`));
  const lines = [...known, ...good];
  return lines.length === 0 ? undefined : lines.join('\n');
}

function pitfallLine({ category, count, description, prevention }: DefectPattern): string {
  const times = count === 1 ? 'once' : `${count} times`;
  const rule = prevention === undefined ? '' : ` To prevent it: ${prevention}`;
  return cut(`- ${category} (${times}): ${description}${rule}`);
}

function cut(text: string): string {
  return text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS).toWellFormed()}...` : text;
}
