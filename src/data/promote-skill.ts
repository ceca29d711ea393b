import { join, resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { Plan } from '../events/plan.ts';
import { SKILL_FILE } from '../models/skill.ts';
import { parseSkillText } from '../parser/skill-text.ts';
import type { Effects, Files } from '../ports/effects.ts';
import type { Store } from '../ports/store.ts';
import { readWrittenSkill } from '../runtime/skills/written-skill.ts';
import { effectsWith } from './node-host.ts';
import type { WorkflowOptions } from './options.ts';
import { openPlace } from './run-place.ts';
import { type RunSkill, skillNamed, skillsOfRun, textOfSkill } from './run-skills.ts';
import { SkillFinder } from './skill-finder.ts';

/** Where the run is kept, and where its skill goes. */
export interface PromoteSkillOptions extends Pick<WorkflowOptions, 'store' | 'home'> {
  /** Folder of the workflow that gets it. Default: that of the run's workflow. */
  to?: string;
  /** Whether another text that is there is replaced. Default false. */
  force?: boolean;
}

/** A skill that a person took over from a run. */
export interface PromotedSkill {
  name: string;
  version: string;
  /** The run that it was written in, and by which agent. */
  run: string;
  creator: string;
  /** Absolute path of its text. */
  file: string;
  /** `unchanged`: the same text was there. */
  done: 'written' | 'replaced' | 'unchanged';
}

/**
 * Puts a skill that a manager wrote in a run into the `skills/` of a workflow, where later runs find
 * it. To be called for a person who has read its text. It is checked again as a whole before; nothing
 * but its `SKILL.md` is written. `id` is any unique beginning of the run's id. Throws `store/...`,
 * `skill/not-found`, `skill/bad`, `usage/missing-option` without a workflow, `spec/no-workflow`,
 * `usage/bad-argument` for a skill of another origin, `usage/exists`, `usage/in-the-way`,
 * `usage/not-writable`.
 */
export async function promoteSkill(
  id: string,
  name: string,
  options: PromoteSkillOptions = {},
): Promise<PromotedSkill> {
  const effects = effectsWith({});
  const { store, close } = await openPlace(options, effects);
  try {
    const { run } = await store.find(id);
    const promotion = await preparePromotion({ store, effects }, { ...options, run, name });
    return await promotion.write();
  } finally {
    await close();
  }
}

/** A skill that can be taken over; nothing is written yet. */
export interface Promotion extends PromotedSkill {
  description: string;
  /** What is going to be in the file. */
  text: string;
  /** Absolute path of the workflow's folder. */
  folder: string;
  /** Writes it, all or nothing. Throws `usage/not-writable`. */
  write(): Promise<PromotedSkill>;
}

/** What is promoted; `run` is a whole id, paths begin in `cwd` or the working directory. */
export interface PromotionOrder extends Pick<PromoteSkillOptions, 'to' | 'force'> {
  run: string;
  name: string;
  cwd?: string;
}

/** Checks all that speaks against a promotion. Throws as `promoteSkill` does. */
export async function preparePromotion(
  { store, effects: { files } }: { store: Store; effects: Pick<Effects, 'files'> },
  { run, name, to, force = false, cwd = '' }: PromotionOrder,
): Promise<Promotion> {
  const { skills, state } = await skillsOfRun(store, run);
  const skill = skillNamed(skills, name, run);
  const creator = creatorOf(skill);
  const text = await textOfSkill(files, store.folder(run), skill);
  const version = checked(skill, text);
  const folder = await targetFolder(state.plan, to && resolve(cwd, to), files);
  const file = join(folder, 'skills', name, SKILL_FILE);
  const before = await textAt(folder, name, files);
  const done = before === undefined ? 'written' : before === text ? 'unchanged' : 'replaced';
  if (done === 'replaced' && !force) {
    throw new AwpError('usage/exists', `there is another text at ${file}`, {
      hint: 'compare the two; --force (force: true) replaces it',
    });
  }
  if (done === 'written') await refuseDouble(files, folder, name);
  const promoted: PromotedSkill = { name, version, run, creator, file, done };
  const write = async (): Promise<PromotedSkill> => {
    if (done !== 'unchanged') await writeText(files, file, text);
    return promoted;
  };
  return { ...promoted, description: skill.description, text, folder, write };
}

function creatorOf({ name, origin, written }: RunSkill): string {
  if (written) return written.by;
  throw new AwpError('usage/bad-argument', `the skill ${name} was not written in the run`, {
    hint: `it came with the run (${origin}), so it is in its place already`,
  });
}

/** The version of a text that is still a skill as a whole. Throws `skill/bad`. */
function checked({ name, path }: RunSkill, text: string): string {
  const read = readWrittenSkill(text);
  if (!read.ok || read.skill.name !== name) {
    const why = read.ok ? `it is called ${read.skill.name}` : read.problems.join('; ');
    throw new AwpError('skill/bad', `the skill ${name} cannot be used: ${why}`, {
      hint: 'correct a copy of its text by hand, and put it into skills/ of the workflow',
    });
  }
  // What loads it in later runs must be able to read it, too.
  parseSkillText(new TextEncoder().encode(text), { path, fallback: name });
  return read.skill.version;
}

async function targetFolder(
  plan: Plan | undefined,
  to: string | undefined,
  files: Files,
): Promise<string> {
  const named = to ?? plan?.brought?.workflow;
  if (named === undefined) {
    throw new AwpError('usage/missing-option', 'the run has no workflow folder of its own', {
      hint: 'say which workflow gets the skill: --to DIR (to: DIR)',
    });
  }
  // A link is followed: it is what the user has named.
  const folder = await files.realPath(named).catch(() => named);
  const manifest = await files.info(join(folder, 'workflow.awp.yaml')).catch(() => undefined);
  if (manifest?.kind === 'file') return folder;
  throw new AwpError('spec/no-workflow', `there is no workflow.awp.yaml in ${folder}`, {
    hint: 'name the folder of the workflow that gets the skill: --to DIR (to: DIR)',
  });
}

/**
 * What is in the place of the text; undefined when there is nothing. Throws for links: they lead out of
 * the folder, now or later.
 */
async function textAt(folder: string, name: string, files: Files): Promise<string | undefined> {
  const places: readonly [string, 'folder' | 'file'][] = [
    [join(folder, 'skills'), 'folder'],
    [join(folder, 'skills', name), 'folder'],
    [join(folder, 'skills', name, SKILL_FILE), 'file'],
  ];
  for (const [path, kind] of places) {
    const info = await readable(path, () => files.info(path));
    if (!info) return undefined;
    if (info.kind === 'link') {
      throw new AwpError('skill/bad', `${path} is a link`, {
        hint: 'put a real file or folder in its place: links may lead out of the workflow',
      });
    }
    if (info.kind !== kind) {
      throw new AwpError('usage/in-the-way', `${path} is no ${kind}, and must be one`, {
        hint: 'move it away',
      });
    }
  }
  const [path] = places.at(-1) ?? [''];
  return readable(path, () => files.readText(path));
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new AwpError('usage/not-writable', `${path} cannot be read`, {
      hint: 'look at its permissions',
      cause,
    });
  }
}

/** Two skills of one name in one folder: one of them would never be used. Throws `usage/exists`. */
async function refuseDouble(files: Files, folder: string, name: string): Promise<void> {
  const place = { path: join(folder, 'skills'), shown: 'skills' };
  // What cannot be read there is told when a run is started, with its own error.
  const skills = await new SkillFinder(files).folderOf(place).catch(() => []);
  const other = skills.find((skill) => skill.name === name);
  if (!other) return;
  throw new AwpError('usage/exists', `${other.from} of ${folder} has the name ${name}, too`, {
    hint: 'take it away before, or give it another name',
  });
}

async function writeText(files: Files, file: string, text: string): Promise<void> {
  try {
    await files.makeFolder(join(file, '..'));
    await files.write(file, text);
  } catch (cause) {
    throw new AwpError('usage/not-writable', `${file} cannot be written`, {
      hint: 'give write access to the folder of the workflow, or name another one with --to',
      cause,
    });
  }
}
