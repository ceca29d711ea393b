import { AwpError } from '../base/errors.ts';
import type { Effects } from '../ports/effects.ts';
import { readWorkflow } from './read-workflow.ts';
import { findSources, type SkillSource, workflowSkills } from './skill-sources.ts';

/** A skill that a workflow folder has. */
export interface WorkflowSkill {
  name: string;
  description: string;
  origin: SkillSource['origin'];
  version: string | undefined;
  /** Where it is, from the workflow's folder; external ones by their names. */
  from: string;
}

/**
 * The skills of a workflow folder, and of the user's that it names: the shared ones, and those of each
 * agent. Throws `spec/no-workflow`, `skill/...`.
 */
export async function skillsOfWorkflow(path: string, effects: Effects): Promise<WorkflowSkill[]> {
  const { folder, workflow } = await readWorkflow(path, effects.files);
  if (!workflow.manifest) {
    throw new AwpError('spec/no-workflow', `there is no workflow in ${path}`, {
      hint: 'name a folder with a workflow.awp.yaml, or a run: awp runs lists them',
    });
  }
  const found = new Map<string, WorkflowSkill>();
  for (const agent of [undefined, ...workflow.agents.values()]) {
    const own = workflowSkills(folder, agent);
    const { sources } = await findSources({ given: [], workflow: own, effects });
    for (const { origin, skills } of sources) {
      for (const { name, description, version, from } of skills) {
        found.set(`${origin} ${from} ${name}`, { name, description, origin, version, from });
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
