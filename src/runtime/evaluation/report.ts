import type { JsonObject } from '../../base/json.ts';
import { writeError } from '../../base/write-error.ts';
import type { PlanEvaluation } from '../../events/plan-graph.ts';
import { evaluationOf, reportFile, type Score, settledAction } from '../../events/scoring.ts';
import type { RunState } from '../../events/state.ts';
import type { Files } from '../../ports/effects.ts';

/**
 * The scores of a run as a file has them (runtime 8.1): the final score by metric and every score on
 * the way. Undefined when nothing was scored.
 */
function reportOf(state: RunState): JsonObject | undefined {
  const { plan, run } = state;
  const found = evaluationOf(state);
  const evaluation = plan?.evaluation;
  if (!found || !evaluation) return undefined;
  const records = stepRecords(state, evaluation);
  return scoreReport(run, evaluation, { ...found, records });
}

/** What a report is made of. */
export interface Reported
  extends Pick<Score, 'score' | 'metrics'>,
    Pick<NonNullable<ReturnType<typeof evaluationOf>>, 'action' | 'repairs'> {
  records: readonly JsonObject[];
}

/** A report in the form of the standard, with the thresholds that it was held against. */
export function scoreReport(
  run: string,
  { thresholds }: Pick<PlanEvaluation, 'thresholds'>,
  { score, metrics, action, repairs, records }: Reported,
): JsonObject {
  return {
    run_id: run,
    final_score: score,
    final_action: action,
    retries_used: repairs,
    thresholds: { ...thresholds },
    step_records: [...records],
    final_result: { score, metric_scores: metrics.map((metric) => ({ ...metric })), action },
  };
}

/** Every score of a run on the way to its end, as a report has them. */
export function stepRecords(
  { scores, frames }: Pick<RunState, 'scores' | 'frames'>,
  evaluation: PlanEvaluation,
): JsonObject[] {
  return scores.map((score) => {
    const { hook, target, answer, score: reached, verdict, metrics } = score;
    return {
      ...{ hook, target, agent: frames.get(target)?.name ?? target },
      ...(answer !== undefined && { answer }),
      ...{ score: reached, verdict, action: settledAction(evaluation, score) },
      metric_scores: metrics.map((metric) => ({ ...metric })),
    };
  });
}

/** Writes the scores of a run below its folder, in one step. Throws `store/full`, `store/read-only`. */
export async function keepReport(files: Files, folder: string, state: RunState): Promise<void> {
  const report = reportOf(state);
  const evaluation = state.plan?.evaluation;
  if (!report || !evaluation) return;
  await writeReport(files, `${folder}/${reportFile(evaluation, state.run)}`, report);
}

/** Writes a report, with the folders above it. Throws `store/full`, `store/read-only`. */
export async function writeReport(files: Files, path: string, report: JsonObject): Promise<void> {
  try {
    await files.makeFolder(path.slice(0, path.lastIndexOf('/')));
    await files.write(path, `${JSON.stringify(report, undefined, 2)}\n`);
  } catch (error) {
    throw writeError(error, 'the scores of the run could not be kept');
  }
}
