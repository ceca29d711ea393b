import { join } from 'node:path';
import { AwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import type { Plan } from '../events/plan.ts';
import type { Files } from '../ports/effects.ts';

/**
 * The texts of a plan's skills and of those of its agents by name, from the run's folder. Throws `skill/not-found` when one is
 * gone, and `skill/bad` when it is not the one that the run was started with.
 */
export async function readSkillTexts(
  files: Files,
  folder: string,
  { skills = [], agents = {} }: Pick<Plan, 'skills' | 'agents'>,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const all = [...skills, ...Object.values(agents).flatMap((agent) => agent.skills)];
  for (const { name, path, sha256: sum } of all) {
    if (texts.has(name)) continue;
    const text = await files.readText(join(folder, path)).catch((cause: unknown) => {
      throw new AwpError('skill/not-found', `the text of the skill ${name} is gone: ${path}`, {
        hint: 'start a new run: this one cannot go on without it',
        cause,
      });
    });
    if (sha256(text) !== sum) {
      throw new AwpError('skill/bad', `the text of the skill ${name} was changed: ${path}`, {
        hint: 'start a new run with the new text, or put the old one back',
      });
    }
    texts.set(name, text);
  }
  return texts;
}
