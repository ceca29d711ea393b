import { dirname, join } from 'node:path';
import { sha256 } from '../../base/hash.ts';
import { writeError } from '../../base/write-error.ts';
import type { Fact } from '../../events/event.ts';
import type { PlanSkill } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Files } from '../../ports/effects.ts';
import type { MadeSkills, OrderedSkills } from '../agent/ordered-skills.ts';
import { readSkillTexts } from '../skill-texts.ts';
import type { WrittenSkill } from './written-skill.ts';

/** Where texts that managers wrote are, below the run's folder. */
const FOLDER = 'skills/generated';

/**
 * The texts of a run's skills: those that it began with, and those that managers wrote since. A text is
 * a file of the run before the fact that names it is in the log, and each text has a file of its own, so
 * a crash in between leaves a file too many and never a wrong one.
 */
export class RunSkills implements MadeSkills {
  readonly #files: Files;
  readonly #folder: string;
  readonly #all: Map<string, string>;
  readonly #made = new Map<string, string>();
  #kept = 0;
  #unwritten: { path: string; text: string }[] = [];

  /** `folder` is the run's; `given` has the texts that it began with. */
  constructor(files: Files, folder: string, given: ReadonlyMap<string, string>) {
    this.#files = files;
    this.#folder = folder;
    this.#all = new Map(given);
  }

  /** All texts by the names of their skills, as workers are given them. */
  get all(): ReadonlyMap<string, string> {
    return this.#all;
  }

  get texts(): ReadonlyMap<string, string> {
    return this.#made;
  }

  get kept(): number {
    return this.#kept;
  }

  /** Takes in texts that an earlier process kept. */
  restore({ creation }: Pick<RunState, 'creation'>, texts: ReadonlyMap<string, string>): void {
    for (const [name, text] of texts) this.#take(name, text);
    this.#kept = (creation?.news ?? []).filter(({ kind }) => kind === 'skill').length;
  }

  /** The facts that a delegation of this manager brought skills, good ones and others. */
  factsOf(
    manager: Frame,
    { created, refused }: Pick<OrderedSkills, 'created' | 'refused'>,
  ): Fact[] {
    const { id: agent, name: creator } = manager;
    return [
      ...created.map((written): Fact => {
        const skill = this.#add(written);
        return { type: 'skill.created', agent, data: { skill, creator } };
      }),
      ...refused.map(({ name, problems }): Fact => {
        return { type: 'skill.refused', agent, data: { name, creator, problems } };
      }),
    ];
  }

  /** Writes the texts of the facts that were made, before these are recorded. Throws `store/full` and the like. */
  async write(): Promise<void> {
    for (const { path, text } of this.#unwritten.splice(0)) {
      const target = join(this.#folder, path);
      try {
        await this.#files.makeFolder(dirname(target));
        await this.#files.write(target, text);
      } catch (error) {
        throw writeError(error, 'a skill that a manager wrote could not be kept');
      }
    }
  }

  #add({ name, description, text }: WrittenSkill): PlanSkill {
    const hash = sha256(text);
    const path = `${FOLDER}/${name}-${hash.slice(0, 12)}.md`;
    this.#take(name, text);
    this.#kept += 1;
    this.#unwritten.push({ path, text });
    return {
      ...{ name, description, path, sha256: hash, chars: text.length },
      ...{ files: [], origin: 'generated' },
    };
  }

  #take(name: string, text: string): void {
    this.#all.set(name, text);
    this.#made.set(name, text);
  }
}

/**
 * Texts that managers wrote in a run so far, by the names of their skills, of each the last. Throws
 * `skill/not-found`, `skill/bad`.
 */
export async function readMadeSkills(
  files: Files,
  folder: string,
  { creation }: Pick<RunState, 'creation'>,
): Promise<ReadonlyMap<string, string>> {
  const skills = [...(creation?.skills.values() ?? [])];
  return readSkillTexts(files, folder, { skills });
}
