import { isObject } from '../base/json.ts';
import { pathProblem } from '../base/paths.ts';
import type { PlanEvaluation } from '../events/plan-graph.ts';
import type { Manifest } from '../models/manifest.ts';
import { type EvaluationOptions, withJudge } from './evaluation-options.ts';
import { type GraphSource, wrongAt } from './graph-plan-source.ts';

type Evaluation = NonNullable<NonNullable<Manifest['observability']>['evaluation']>;
type Metric = Evaluation['metrics'][number];
type PlanMetric = PlanEvaluation['metrics'][number];

const THRESHOLDS = { accept: 0.85, retry: 0.65, fail: 0.4 };

/** Who judges by rubrics, and whether results are scored although the manifest leaves that off. */
interface Judging {
  /** Asked instead of the model that the manifest names. */
  instead: string | undefined;
  /** Asked when it names none; `` when there is none at all. */
  otherwise: string;
  wanted?: boolean;
}

/**
 * How results are scored (runtime 8.1, R27 to R30); undefined when evaluation is off, or nothing is
 * said to score by. Throws `spec/invalid`, `model/none`.
 */
export function planEvaluation(
  { manifest, placeOf }: Pick<GraphSource, 'manifest' | 'placeOf'>,
  { instead, otherwise, wanted = false }: Judging,
): PlanEvaluation | undefined {
  const evaluation = manifest.observability?.evaluation;
  if (!evaluation || !(evaluation.enabled || (wanted && evaluation.metrics.length > 0))) {
    return undefined;
  }
  const { metrics, thresholds = THRESHOLDS, step_scores, retry_policy, rubric_judge } = evaluation;
  const steps = ['observability', 'evaluation'] as const;
  const problem = pathProblem(evaluation.artifact_path);
  if (problem !== undefined) {
    throw wrongAt(
      placeOf(...steps, 'artifact_path'),
      problem,
      'name a folder below the folder of the run, such as data/evaluation',
    );
  }
  const { below_retry, below_fail } = retry_policy?.actions ?? {};
  return withJudge({
    metrics: metrics.map((metric, index) => metricOf(metric, placeOf(...steps, 'metrics', index))),
    thresholds,
    hooks: step_scores?.enabled ? step_scores.hooks : ['final_answer'],
    ...(retry_policy?.enabled && {
      repair: {
        max: retry_policy.max_repairs,
        belowRetry: below_retry ?? 'retry_with_repair',
        belowFail: below_fail ?? 'fail_workflow',
      },
    }),
    judge: {
      model: instead ?? rubric_judge?.model ?? otherwise,
      temperature: rubric_judge?.temperature ?? 0,
    },
    folder: evaluation.artifact_path,
  });
}

/**
 * The option `evaluation` that the manifest of a delegation loop stands for, also where it is off;
 * undefined when nothing is said to score by. Throws `spec/invalid`.
 */
export function loopEvaluation(
  source: Pick<GraphSource, 'manifest' | 'placeOf'>,
): EvaluationOptions | undefined {
  const { enabled = false, rubric_judge } = source.manifest.observability?.evaluation ?? {};
  // The model is found when it is known which one the manager has.
  const found = planEvaluation(source, { instead: undefined, otherwise: 'any', wanted: true });
  if (!found) return undefined;
  const { repair = false, judge, ...rest } = found;
  const { temperature } = judge;
  const model = rubric_judge?.model;
  return {
    ...{ enabled, ...rest, repair },
    judge: { temperature, ...(model !== undefined && { model }) },
  };
}

/** Kinds of metric in the other vocabulary (R27). */
const KINDS: Readonly<Record<Metric['kind'], PlanMetric['kind']>> = {
  llm_rubric: 'llm_rubric',
  rubric_judge: 'llm_rubric',
  deterministic: 'deterministic',
  deterministic_test: 'deterministic',
  deterministic_assertion: 'assertions',
  schema: 'schema',
  budget: 'budget',
  budget_utility: 'budget',
  policy: 'policy',
  policy_score: 'policy',
};

/** What a kind cannot do without. */
const NEEDS: Partial<Record<PlanMetric['kind'], 'expr' | 'assertions' | 'rubric' | 'schema'>> = {
  llm_rubric: 'rubric',
  deterministic: 'expr',
  assertions: 'assertions',
  schema: 'schema',
};

function metricOf({ name, kind: named, weight, params = {} }: Metric, place: string): PlanMetric {
  const { expr, assertions, rubric, schema } = params;
  const listed = named === 'deterministic' && expr === undefined && assertions !== undefined;
  const kind = listed ? 'assertions' : KINDS[named];
  const needed = NEEDS[kind];
  if (needed !== undefined && params[needed] === undefined) {
    throw wrongAt(place, `the metric ${name} has no params.${needed}`, `add it: ${named} needs it`);
  }
  return {
    ...{ name, kind, weight },
    ...(expr !== undefined && { expr }),
    ...(assertions && { assertions }),
    ...(rubric !== undefined && { rubric }),
    ...(isObject(schema) && { schema }),
  };
}
