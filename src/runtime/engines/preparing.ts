import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { agentOf } from '../plan-parts.ts';

/** The code of a node whose preprocessor failed. */
export const PREPARING_FAILED = 'step/preprocessor-failed';

/**
 * What is to be done before the first question of a node's agent: its preprocessor with this place
 * runs, or one of them has failed. Undefined when there is nothing (more) to prepare. Pure.
 */
export function nextPreparation(
  plan: Plan,
  frame: Frame,
): { index: number } | { failure: string } | undefined {
  if (frame.role !== 'node' || frame.round > 0) return undefined;
  const { preprocessors } = agentOf(plan, frame);
  const { prepared = [] } = frame;
  const failed = prepared.find(({ ok }) => !ok);
  if (failed) return { failure: wordsOf(failed.name, failed.error) };
  return prepared.length < preprocessors.length ? { index: prepared.length } : undefined;
}

/** The error of a call without its code: the node's failure has one of its own. */
function wordsOf(name: string, error = 'it failed'): string {
  const said = error.startsWith(`${PREPARING_FAILED}: `)
    ? error.slice(PREPARING_FAILED.length + 2)
    : `${name}: ${error}`;
  return said;
}
