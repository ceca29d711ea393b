import { dirname, join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { writeError } from '../base/write-error.ts';
import type { PlanSkill } from '../events/plan.ts';
import { SKILL_LIMITS } from '../models/skill.ts';
import type { Effects, Files } from '../ports/effects.ts';
import type { FoundSkill } from './skill-finder.ts';
import { composeText } from './skill-prompt.ts';
import { findSources, type SkillSource, type WorkflowSkills } from './skill-sources.ts';

export type { WorkflowSkills } from './skill-sources.ts';

/** Where the skills of a run come from and go to. */
export interface SkillOptions {
  /** Paths of files, folders, archives and folders of skills; relative to the working directory. */
  given?: readonly string[];
  /** Those of the workflow, made by `workflowSkills`. */
  workflow?: WorkflowSkills | undefined;
  /** Those of agents of a graph, by their keys. */
  agents?: ReadonlyMap<string, WorkflowSkills>;
  /**
   * The run's folder. Texts are put into `skills/<name>.md`, files into `inputs/skills/<name>/`, in
   * which workers find them.
   */
  runFolder: string;
  effects: Effects;
}

/** Skills in their place. */
export interface ResolvedSkills {
  /** Best first; no two of one name. */
  skills: readonly PlanSkill[];
  /** Those of each agent of a graph, best first. */
  agentSkills: ReadonlyMap<string, readonly PlanSkill[]>;
  /** What was renamed, cut, or left out, in sentences. */
  notes: readonly string[];
}

interface Chosen {
  origin: PlanSkill['origin'];
  skill: FoundSkill;
}

/**
 * Finds, checks and copies the skills of a run; with none nothing is written. Inputs must be in
 * place before. Throws `skill/not-found`, `skill/bad`, `skill/too-large`, `store/full`,
 * `store/read-only`.
 */
export async function resolveSkills(options: SkillOptions): Promise<ResolvedSkills> {
  const { given = [], workflow, agents = new Map(), runFolder, effects } = options;
  const notes = new Set<string>();
  const place = new Place(runFolder, effects.files, notes);
  const skillsOf = async (own: WorkflowSkills | undefined): Promise<PlanSkill[]> => {
    const found = await findSources({ given, workflow: own, effects });
    const { chosen, doubled } = choose(found.sources);
    if (chosen.length > SKILL_LIMITS.skills) {
      const message = `there are ${chosen.length} skills; ${SKILL_LIMITS.skills} are allowed`;
      throw new AwpError('skill/too-large', message, {
        hint: 'name those that are needed, or switch sources off in capabilities.skills',
      });
    }
    for (const note of [...found.notes, ...doubled]) notes.add(note);
    for (const note of chosen.flatMap(({ skill }) => skill.notes)) notes.add(note);
    const skills: PlanSkill[] = [];
    for (const one of chosen) skills.push(await place.put(one, own?.folder));
    return skills;
  };
  const skills = await skillsOf(workflow);
  const agentSkills = new Map<string, readonly PlanSkill[]>();
  for (const [key, own] of agents) agentSkills.set(key, await skillsOf(own));
  return { skills, agentSkills, notes: [...notes] };
}

/** The first of each name. */
function choose(sources: readonly SkillSource[]): { chosen: Chosen[]; doubled: string[] } {
  const chosen = new Map<string, Chosen>();
  const doubled: string[] = [];
  for (const { origin, skills } of sources) {
    for (const skill of skills) {
      const better = chosen.get(skill.name);
      if (!better) chosen.set(skill.name, { origin, skill });
      else if (better.skill.from !== skill.from) {
        doubled.push(
          `${skill.from} is not used: ${better.skill.from} has the name ${skill.name}, too`,
        );
      }
    }
  }
  return { chosen: [...chosen.values()], doubled };
}

/** A folder below `inputs/` that no input has taken: `skills`, `skills-2`, ... */
async function freeFolder(runFolder: string, files: Files): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? 'skills' : `skills-${count}`;
    if ((await files.info(join(runFolder, 'inputs', name))) === undefined) return name;
  }
}

/** The run's folder. */
class Place {
  readonly #runFolder: string;
  readonly #files: Files;
  readonly #notes: Set<string>;
  /** Below `inputs/`; looked for when there is something to put there. */
  #folder: Promise<string> | undefined;
  /** What is there already, by where it came from. */
  readonly #there = new Map<string, PlanSkill>();
  readonly #names = new Set<string>();

  constructor(runFolder: string, files: Files, notes: Set<string>) {
    this.#runFolder = runFolder;
    this.#files = files;
    this.#notes = notes;
  }

  /** Agents share what they have in common; two of one name from two places get two names. */
  async put(one: Chosen, workflow = ''): Promise<PlanSkill> {
    const from = `${one.origin === 'given' ? '' : workflow}\0${one.skill.from}\0${one.skill.name}`;
    const there = this.#there.get(from);
    if (there) return there;
    const name = this.#free(one.skill.name);
    const put = await this.#put({ ...one, skill: { ...one.skill, name } });
    this.#there.set(from, put);
    return put;
  }

  #free(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#names.has(name); count++) name = `${wanted}-${count}`;
    this.#names.add(name);
    return name;
  }

  async #put({ origin, skill }: Chosen): Promise<PlanSkill> {
    const { name, description, files } = skill;
    this.#folder ??= freeFolder(this.#runFolder, this.#files);
    const folder = `${await this.#folder}/${name}`;
    const { text, cut } = composeText(skill, `inputs/${folder}`);
    if (cut > 0) this.#notes.add(`the text of the skill ${name} was cut by ${cut} characters`);
    const path = `skills/${name}.md`;
    await this.#write(path, text);
    // Each write waits for the disk; those of one skill wait together, with 10 MiB in memory at most.
    const written = await Promise.allSettled(
      files.map(async (file) =>
        this.#write(`inputs/${folder}/${file.path}`, await opened(skill, file.path)),
      ),
    );
    // Nothing is written any more when it is told, so that who is told can clean up.
    const failed = written.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return {
      ...{ name, description, path, origin },
      chars: text.length,
      sha256: sha256(text),
      files: files.map((file) => `${folder}/${file.path}`),
    };
  }

  async #write(path: string, data: string | Uint8Array): Promise<void> {
    const target = join(this.#runFolder, path);
    try {
      await this.#files.makeFolder(dirname(target));
      await this.#files.write(target, data);
    } catch (error) {
      throw writeError(error, `the file ${path} of a skill could not be kept`);
    }
  }
}

async function opened({ from, open }: FoundSkill, path: string): Promise<Uint8Array> {
  try {
    return await open(path);
  } catch (cause) {
    throw new AwpError('skill/bad', `${path} of the skill ${from} cannot be read`, {
      hint: 'look at its permissions',
      cause,
    });
  }
}
