import { block } from '../../base/visible-text.ts';
import type { CreationStage, DraftProblem, RefusalCategory } from '../../events/creation.ts';

/** Most characters of what is wrong, and of what to do. */
const ERROR_CHARS = 2000;
const HINT_CHARS = 500;

/** A problem of the policy: final, whatever a model would change (spec, capabilities 4.4). */
export function policyProblem(status: number, error: string, hint: string): DraftProblem {
  const kind = { stage: 'policy', category: 'policy', repairable: false } as const;
  return boundedProblem({ ...kind, status, error, hint });
}

/** A draft that cannot be read at all, or is too large: 400. */
export function formProblem(stage: CreationStage, error: string, hint: string): DraftProblem {
  const category: RefusalCategory = stage === 'policy' ? 'policy' : 'validation';
  const repairable = category !== 'policy';
  return boundedProblem({ stage, status: 400, category, repairable, error, hint });
}

/** A problem that logs, models and terminals can be shown: short, and without hidden characters. */
export function boundedProblem({ error, hint, ...problem }: DraftProblem): DraftProblem {
  return { ...problem, error: shownText(error, ERROR_CHARS), hint: shownText(hint, HINT_CHARS) };
}

/** A text of at most so many characters in which nothing is hidden. */
export function shownText(text: string, chars: number): string {
  const shown = block(text.slice(0, chars + 1));
  if (shown.length <= chars) return shown;
  // Half of a character is none.
  return `${shown.slice(0, chars - 4).replace(/[\uD800-\uDBFF]$/, '')} ...`;
}
