import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { nearest } from '../base/nearest.ts';
import type { PlanSkill } from '../events/plan.ts';
import type { RunState } from '../events/state.ts';
import type { Files } from '../ports/effects.ts';
import type { Store } from '../ports/store.ts';
import { loadState } from '../runtime/load-state.ts';

/** A skill of a run. */
export interface RunSkill extends PlanSkill {
  /** Who wrote it and when (ISO 8601, UTC); only of one that was written in the run. */
  written?: { by: string; at: string };
}

/** The skills that a run has, and what it adds up to. */
export interface RunSkills {
  skills: readonly RunSkill[];
  state: RunState;
}

/**
 * The skills of a run, those that it began with first; of those that were written in it the last version of
 * each. Throws `store/...`.
 */
export async function skillsOfRun(store: Store, run: string): Promise<RunSkills> {
  const written = new Map<string, RunSkill>();
  const state = await loadState(store, run, ({ type, data, ts }) => {
    if (type !== 'skill.created') return;
    const { skill, creator } = data;
    written.set(skill.name, { ...skill, written: { by: creator, at: ts } });
  });
  const { skills = [], agents = {} } = state.plan ?? {};
  const given = [...skills, ...Object.values(agents).flatMap((agent) => agent.skills)];
  const unique = new Map(given.map((skill) => [skill.name, skill]));
  return { skills: [...unique.values(), ...written.values()], state };
}

/** The skill of this name. Throws `skill/not-found` with the name that was meant. */
export function skillNamed(skills: readonly RunSkill[], name: string, run: string): RunSkill {
  const found = skills.find((skill) => skill.name === name);
  if (found) return found;
  const near = nearest(
    name,
    skills.map((skill) => skill.name),
  );
  throw new AwpError('skill/not-found', `${run} has no skill ${JSON.stringify(name)}`, {
    hint: near === undefined ? `awp skills list ${run} shows what it has` : `did you mean ${near}?`,
  });
}

/**
 * The text of a skill of a run, as its workers are given it; `folder` is the run's. Throws
 * `skill/not-found` when it is gone, and `skill/bad` when it is not the one that the log knows.
 */
export async function textOfSkill(
  files: Files,
  folder: string,
  { name, path, sha256: sum }: PlanSkill,
): Promise<string> {
  const text = await files.readText(join(folder, path)).catch((cause: unknown) => {
    throw new AwpError('skill/not-found', `the text of the skill ${name} is gone: ${path}`, {
      hint: 'the folder of the run must be whole',
      cause,
    });
  });
  if (sha256(text) === sum) return text;
  throw new AwpError('skill/bad', `the text of the skill ${name} was changed: ${path}`, {
    hint: 'put the text back that the run was given',
  });
}
