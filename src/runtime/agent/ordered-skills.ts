import { nearest } from '../../base/nearest.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import {
  isAbove,
  isWrittenSkill,
  LEAST_WORDS,
  readWrittenSkill,
  versionIn,
  type WrittenSkill,
  wordsOf,
} from '../skills/written-skill.ts';
import { choosesSkills, isSkillName, MOST_WRITTEN, skillKey, WRITTEN_CHARS } from './skills.ts';

/** Names of skills that one worker is given. */
const MOST_NAMED = 20;
/** Texts of skills that are kept in one run, each version of one counted. */
const MOST_KEPT = 20;

/** Skills that managers wrote in a run so far. */
export interface MadeSkills {
  /** Whole texts by the names of their skills, of each the last version. */
  texts: ReadonlyMap<string, string>;
  /** How many texts were kept, all versions counted. */
  kept: number;
}

/** A run in which no skill was written. */
const NOTHING_MADE: MadeSkills = { texts: new Map(), kept: 0 };

/** A skill that was written and is not kept, and all that is wrong with it. */
export interface RefusedSkill {
  name: string;
  problems: readonly string[];
}

/** What a worker is given of the skills that its delegation names, and what the manager is told. */
export interface OrderedSkills {
  /** Names of skills of the run, and texts of the manager's own. */
  skills: readonly string[];
  notes: readonly string[];
  /** Skills that the delegation brings, to be kept for later workers, too. */
  created: readonly WrittenSkill[];
  refused: readonly RefusedSkill[];
}

/**
 * The skills of a delegation as the policy leaves them: names that skills of the run have, each once,
 * skills that it brings in front matter (spec, capabilities 5), and texts of 30 words or more, bounded
 * in size and number. What is left out is said; a skill that is refused is still a text for this one
 * worker. Where the manager may not choose, each worker has all skills of the run already. Pure.
 */
export function orderedSkills(
  plan: Plan,
  manager: Pick<Frame, 'agentKey'>,
  { asked, made = NOTHING_MADE }: { asked: readonly string[] | undefined; made?: MadeSkills },
): OrderedSkills {
  if (!asked || asked.length === 0) return { skills: [], notes: [], created: [], refused: [] };
  if (!choosesSkills(plan, manager)) {
    const notes = ['skills are not yours to choose'];
    return { skills: [], notes, created: [], refused: [] };
  }
  const reading = new Reading(plan, made);
  for (const entry of asked.map((one) => one.trim()).filter((one) => one !== '')) {
    reading.take(entry);
  }
  return reading.result();
}

/** The entries of one delegation, one after the other. */
class Reading {
  /** Names of skills that the run began with, those of agents of a graph included. */
  readonly #given: ReadonlySet<string>;
  /** Those among them that workers can be given. */
  readonly #known: ReadonlySet<string>;
  /** Texts of those that were written, with those of this delegation. */
  readonly #made: Map<string, string>;
  readonly #keptBefore: number;
  readonly #named = new Set<string>();
  readonly #texts: string[] = [];
  readonly #notes: string[] = [];
  readonly #created: WrittenSkill[] = [];
  readonly #refused: RefusedSkill[] = [];
  #written = 0;

  constructor({ skills = [], agents = {} }: Plan, { texts, kept }: MadeSkills) {
    const all = [...skills, ...Object.values(agents).flatMap((agent) => agent.skills)];
    this.#given = new Set(all.map(({ name }) => name));
    this.#known = new Set(skills.map(({ name }) => name));
    this.#made = new Map(texts);
    this.#keptBefore = kept;
  }

  take(entry: string): void {
    const name = skillKey(entry);
    if (this.#known.has(name) || this.#made.has(name)) this.#named.add(name);
    else if (isSkillName(entry)) this.#notes.push(this.#noSkill(entry));
    else if (isWrittenSkill(entry)) this.#write(entry);
    else this.#texts.push(entry);
  }

  /** A skill that is wrong may still be of use to this one worker, as a text. */
  #write(entry: string): void {
    this.#written += 1;
    if (this.#written > MOST_WRITTEN) return;
    const read = readWrittenSkill(entry);
    const problems = read.ok ? this.#problemsOf(read.skill) : read.problems;
    const name = read.ok ? read.skill.name : read.name;
    if (!read.ok || problems.length > 0) {
      this.#refused.push({ name, problems });
      this.#texts.push(entry);
      const why = problems.join('; ');
      this.#notes.push(`the skill ${JSON.stringify(name)} is not kept for others: ${why}`);
      return;
    }
    const { skill, leftOut } = read;
    if (leftOut.length > 0) {
      const fields = leftOut.slice(0, 5).join(', ');
      this.#notes.push(`fields of the skill ${name} were left out: ${fields}`);
    }
    this.#named.add(name);
    if (this.#made.get(name) === skill.text) return;
    this.#made.set(name, skill.text);
    this.#created.push(skill);
  }

  /** What speaks against a skill that is right in itself. */
  #problemsOf({ name, version, text }: WrittenSkill): string[] {
    if (this.#given.has(name)) return ['the run began with a skill of this name'];
    const before = this.#made.get(name);
    if (before === text) return [];
    if (this.#keptBefore + this.#created.length >= MOST_KEPT) {
      return [`${MOST_KEPT} skills were written in this run, and more are not kept`];
    }
    const last = before === undefined ? undefined : versionIn(before);
    if (last === undefined || isAbove(version, last)) return [];
    return [`there is one of this name: another text needs a version above ${last}`];
  }

  result(): OrderedSkills {
    const long = this.#texts.filter((text) => wordsOf(text) >= LEAST_WORDS);
    const short = this.#texts.length - long.length;
    const notes = [...this.#notes];
    if (short > 0)
      notes.push(`${short} skill texts of fewer than ${LEAST_WORDS} words were left out`);
    if (Math.max(long.length, this.#written) > MOST_WRITTEN)
      notes.push(`only ${MOST_WRITTEN} skill texts were taken`);
    if (this.#named.size > MOST_NAMED) notes.push(`only ${MOST_NAMED} skills were taken`);
    const kept = [...this.#named].slice(0, MOST_NAMED);
    return {
      skills: [...kept, ...long.slice(0, MOST_WRITTEN).map(cutText)],
      ...{ notes, created: this.#created, refused: this.#refused },
    };
  }

  #noSkill(entry: string): string {
    const near = nearest(skillKey(entry), [...this.#known, ...this.#made.keys()]);
    const advice = near === undefined ? '' : `, did you mean ${near}?`;
    return `there is no skill ${JSON.stringify(entry)}${advice}`;
  }
}

function cutText(text: string): string {
  const cut = text.length - WRITTEN_CHARS;
  if (cut <= 0) return text;
  return `${text.slice(0, WRITTEN_CHARS).toWellFormed()}\n(${cut} characters were cut)`;
}
