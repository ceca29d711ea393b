import { nearest } from '../../base/nearest.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { choosesSkills, isSkillName, MOST_WRITTEN, skillKey, WRITTEN_CHARS } from './skills.ts';

/** Words of a text that is worth a worker's attention; a shorter one says nothing (spec, runtime 4.4). */
const LEAST_WORDS = 30;
/** Names of skills that one worker is given. */
const MOST_NAMED = 20;

/** What a worker is given of the skills that its delegation names, and what the manager is told. */
export interface OrderedSkills {
  /** Names of skills of the run, and texts of the manager's own. */
  skills: readonly string[];
  notes: readonly string[];
}

/**
 * The skills of a delegation as the policy leaves them: names that skills of the run have, each once,
 * and texts of 30 words or more, bounded in size and number. What is left out is said. Where the manager
 * may not choose, each worker has all skills of the run already.
 */
export function orderedSkills(
  plan: Plan,
  manager: Pick<Frame, 'agentKey'>,
  asked: readonly string[] | undefined,
): OrderedSkills {
  if (!asked || asked.length === 0) return { skills: [], notes: [] };
  if (!choosesSkills(plan, manager)) {
    return { skills: [], notes: ['skills are not yours to choose'] };
  }
  const known = new Set((plan.skills ?? []).map(({ name }) => name));
  const named = new Set<string>();
  const texts: string[] = [];
  const notes: string[] = [];
  for (const entry of asked.map((one) => one.trim()).filter((one) => one !== '')) {
    const name = skillKey(entry);
    if (known.has(name)) named.add(name);
    else if (isSkillName(entry)) notes.push(noSkill(entry, known));
    else texts.push(entry);
  }
  const long = texts.filter((text) => words(text) >= LEAST_WORDS);
  const short = texts.length - long.length;
  if (short > 0)
    notes.push(`${short} skill texts of fewer than ${LEAST_WORDS} words were left out`);
  if (long.length > MOST_WRITTEN) notes.push(`only ${MOST_WRITTEN} skill texts were taken`);
  if (named.size > MOST_NAMED) notes.push(`only ${MOST_NAMED} skills were taken`);
  const kept = [...named].slice(0, MOST_NAMED);
  return { skills: [...kept, ...long.slice(0, MOST_WRITTEN).map(cutText)], notes };
}

function noSkill(entry: string, known: ReadonlySet<string>): string {
  const near = nearest(skillKey(entry), known);
  const advice = near === undefined ? '' : `, did you mean ${near}?`;
  return `there is no skill ${JSON.stringify(entry)}${advice}`;
}

function words(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function cutText(text: string): string {
  const cut = text.length - WRITTEN_CHARS;
  if (cut <= 0) return text;
  return `${text.slice(0, WRITTEN_CHARS).toWellFormed()}\n(${cut} characters were cut)`;
}
