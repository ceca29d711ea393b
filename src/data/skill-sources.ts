import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { AwpError } from '../base/errors.ts';
import type { PlanSkill } from '../events/plan.ts';
import type { capabilitiesSchema } from '../models/capabilities.ts';
import { SKILL_FILE } from '../models/skill.ts';
import type { AgentDocument } from '../models/workflow.ts';
import { folderFiles } from '../parser/folder-files.ts';
import { below, resolvePath } from '../parser/resolve-path.ts';
import { skillSlug } from '../parser/skill-text.ts';
import type { Effects } from '../ports/effects.ts';
import { type FoundSkill, SkillFinder, type SkillPath } from './skill-finder.ts';
import { userFolder } from './user-folder.ts';

/** `capabilities.skills` of an agent, with its defaults. */
type SkillSettings = NonNullable<z.infer<typeof capabilitiesSchema>['skills']>;

/** Where the skills of a workflow are, as plain data. */
export interface WorkflowSkills {
  /** Absolute path of the workflow's folder. */
  folder: string;
  /** Folders of the agent whose skills count, from the workflow's folder; the manager's in a loop. */
  agentFolders: readonly string[];
  settings: SkillSettings;
}

const DEFAULTS: SkillSettings = {
  foundation: true,
  shared: true,
  agent_specific: [],
  external: [],
  load_order: [],
};

/** Where a workflow has its skills; without an agent those of the whole workflow. */
export function workflowSkills(folder: string, agent: AgentDocument | undefined): WorkflowSkills {
  if (!agent) return { folder, agentFolders: [], settings: DEFAULTS };
  const strategy = agent.value?.runtime?.strategy_folder ?? 'workflow';
  return {
    folder,
    agentFolders: [agent.folder, below(agent.folder, strategy)],
    settings: agent.value?.capabilities?.skills ?? DEFAULTS,
  };
}

/** What the run was given, of an agent, of the workflow, of its basis, of the user. */
type SkillOrigin = PlanSkill['origin'];

/** Skills of one source. */
export interface SkillSource {
  origin: SkillOrigin;
  skills: readonly FoundSkill[];
}

/** What was found, best source first, and what was left out. */
export interface FoundSources {
  sources: readonly SkillSource[];
  notes: readonly string[];
}

/** Where to look. */
export interface SourceOptions {
  /** Paths that the run was given; relative ones are relative to the working directory. */
  given: readonly string[];
  workflow: WorkflowSkills | undefined;
  effects: Effects;
}

/**
 * Finds all skills of a run: those given, of the agent, of the workflow (`skills/`), of its basis
 * (`skills_basis/`), and those of the user that the workflow names (spec, capabilities 5). Throws
 * `skill/not-found`, `skill/bad`, `skill/too-large`.
 */
export async function findSources(options: SourceOptions): Promise<FoundSources> {
  const { given, workflow, effects } = options;
  const finder = new SkillFinder(effects.files);
  const found = new Map<SkillOrigin, FoundSkill[]>();
  found.set('given', await givenSkills(given, finder, effects));
  if (workflow) {
    const { settings, folder } = workflow;
    const place = new WorkflowPlace(folder, effects);
    found.set('agent', await agentSkills(workflow, place, finder));
    if (settings.shared) found.set('shared', await place.skillsIn('skills', finder));
    if (settings.foundation) found.set('foundation', await place.skillsIn('skills_basis', finder));
    found.set('external', await externalSkills(settings.external, finder, effects));
  }
  const order = sourceOrder(workflow?.settings.load_order ?? [], finder.notes);
  const sources = order.map((origin) => ({ origin, skills: found.get(origin) ?? [] }));
  return { sources, notes: finder.notes };
}

/** Best first: what the run was given always is. */
const PRIORITY: readonly SkillOrigin[] = ['given', 'agent', 'shared', 'foundation', 'external'];
/** Sources as `load_order` names them. */
const SOURCES: ReadonlyMap<string, SkillOrigin> = new Map([
  ['foundation', 'foundation'],
  ['shared', 'shared'],
  ['agent_specific', 'agent'],
  ['agent', 'agent'],
  ['external', 'external'],
]);

/** `load_order` says what is loaded one after the other; of two equal names the later one counts. */
function sourceOrder(loadOrder: readonly string[], notes: string[]): readonly SkillOrigin[] {
  const listed = loadOrder.flatMap((name) => {
    const origin = SOURCES.get(name);
    if (!origin)
      notes.push(`load_order names ${JSON.stringify(name)}, which is no source of skills`);
    return origin ?? [];
  });
  return [...new Set<SkillOrigin>(['given', ...listed.reverse(), ...PRIORITY])];
}

async function givenSkills(
  given: readonly string[],
  finder: SkillFinder,
  { files }: Effects,
): Promise<FoundSkill[]> {
  const found: FoundSkill[] = [];
  for (const shown of given) {
    // A link is followed: it is what the user has named.
    const path = await files.realPath(resolve(shown)).catch(() => resolve(shown));
    found.push(...(await finder.named({ path, shown })));
  }
  return found;
}

/** The folder of a workflow, out of which no path and no link leads. */
class WorkflowPlace {
  readonly #folder: string;
  readonly #inside: ReturnType<typeof folderFiles>;

  constructor(folder: string, { files }: Effects) {
    this.#folder = folder;
    this.#inside = folderFiles(files, folder);
  }

  /** What is at a path from the root; undefined when there is nothing. Throws `skill/bad` for a link. */
  async at(path: string): Promise<SkillPath | undefined> {
    const info = await this.#inside.info(path);
    if (info === undefined) return undefined;
    if (info.kind !== 'link') return { path: join(this.#folder, path), shown: path };
    throw new AwpError('skill/bad', `${path} is a link that leads out of the workflow`, {
      hint: 'put a copy into the folder of the workflow',
    });
  }

  async skillsIn(path: string, finder: SkillFinder): Promise<FoundSkill[]> {
    const place = await this.at(path);
    return place ? finder.folderOf(place) : [];
  }
}

/** Those that the agent names, then those of its own folder. */
async function agentSkills(
  { agentFolders, settings }: WorkflowSkills,
  place: WorkflowPlace,
  finder: SkillFinder,
): Promise<FoundSkill[]> {
  const found: FoundSkill[] = [];
  for (const path of settings.agent_specific) {
    const at = await firstAt([...agentFolders, ''], path, place);
    if (!at) {
      throw new AwpError('skill/not-found', `agent_specific: there is no skill ${path}`, {
        hint: 'add it to the folder of the agent, or correct the path',
      });
    }
    found.push(...(await finder.named(at)));
  }
  const own = agentFolders.at(-1);
  return own === undefined ? found : [...found, ...(await place.skillsIn(`${own}/skills`, finder))];
}

async function firstAt(
  folders: readonly string[],
  path: string,
  place: WorkflowPlace,
): Promise<SkillPath | undefined> {
  for (const folder of folders) {
    const resolved = resolvePath(folder, path);
    if ('problem' in resolved) {
      const why = `agent_specific: ${path} cannot be used: ${resolved.problem}`;
      throw new AwpError('skill/bad', why, { hint: 'put it into the folder of the workflow' });
    }
    const found = await place.at(resolved.path);
    if (found) return found;
  }
  return undefined;
}

/** Skills of the user, by the name of their folder or file; only those that are named. */
async function externalSkills(
  wanted: SkillSettings['external'],
  finder: SkillFinder,
  effects: Effects,
): Promise<FoundSkill[]> {
  if (wanted.length === 0) return [];
  const folder = join(userFolder(effects), 'skills');
  const found: FoundSkill[] = [];
  for (const entry of wanted) {
    const { name, version } = typeof entry === 'string' ? { name: entry } : entry;
    if (skillSlug(name) !== name) {
      throw new AwpError('skill/bad', `external: ${JSON.stringify(name)} is no name of a skill`, {
        hint: 'write lower-case letters, digits and single dashes',
      });
    }
    const [skill] = await external(name, { folder, finder, effects });
    if (version !== undefined && skill?.version !== version) {
      const has = skill?.version ?? 'none';
      throw new AwpError(
        'skill/not-found',
        `external: ${name} has the version ${has}, and ${version} is wanted`,
        { hint: `put that version into ${folder}` },
      );
    }
    if (skill) found.push(skill);
  }
  return found;
}

async function external(
  name: string,
  { folder, finder, effects: { files } }: { folder: string; finder: SkillFinder; effects: Effects },
): Promise<FoundSkill[]> {
  for (const file of [name, `${name}.md`, `${name}.skill`, `${name}.zip`]) {
    const path = join(folder, file);
    if ((await files.info(path)) === undefined) continue;
    const real = await files.realPath(path).catch(() => path);
    const skills = await finder.named({ path: real, shown: file });
    return skills.map((skill) => ({ ...skill, name }));
  }
  throw new AwpError('skill/not-found', `external: there is no skill ${name}`, {
    hint: `put the folder ${name} with its ${SKILL_FILE} into ${folder}`,
  });
}
