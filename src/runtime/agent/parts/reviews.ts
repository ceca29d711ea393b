import type { JsonObject } from '../../../base/json.ts';
import { resultOf } from '../../../events/loop-results.ts';
import type { Frame, RunState } from '../../../events/state.ts';
import { critiqueOf } from '../../quality/scores.ts';
import { section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/** Defects and prescriptions of one result that a question names. */
const MOST_LINES = 5;

/** What reviewers said of the results that this question tells of (spec, runtime 4.5 and 8.2). */
export const reviewsPart: ManagerPart = ({ state, frame, told, marks }) => {
  const workers = frame.turns.slice(told).flatMap((turn) => turn.workers);
  const reviews = workers.flatMap((id) => reviewOf(state, frame, id) ?? []);
  if (reviews.length === 0) return undefined;
  return section('Reviews of these results', marks.block(JSON.stringify(reviews), 'reviewers'));
};

function reviewOf(state: RunState, manager: Frame, id: string): JsonObject | undefined {
  const review = manager.delegation?.reviews.get(id);
  const counted = resultOf(state, manager, id);
  const critique = counted && critiqueOf(manager, counted.id);
  // What was said of a result that was repaired since says nothing of the repair.
  const validated = counted?.id === id ? review?.validated : undefined;
  if (!critique && !validated) return undefined;
  const defects = (critique?.defects ?? []).filter(({ severity }) => severity !== 'info');
  return {
    worker_id: state.frames.get(id)?.name ?? id,
    ...(validated && { valid: validated.valid, feedback: validated.feedback }),
    ...(validated?.suggestion !== undefined && { suggestion: validated.suggestion }),
    ...(critique && { score: critique.score, summary: critique.summary }),
    ...(defects.length > 0 && {
      defects: defects.slice(0, MOST_LINES).map(({ severity, category, description }) => {
        return `${severity}, ${category}: ${description}`;
      }),
    }),
    ...(critique &&
      defects.length > 0 &&
      critique.prescriptions.length > 0 && {
        prescriptions: critique.prescriptions.slice(0, MOST_LINES),
      }),
    ...(review && review.repairs > 0 && { repairs: review.repairs }),
  };
}
