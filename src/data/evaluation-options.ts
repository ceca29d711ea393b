import { AwpError } from '../base/errors.ts';
import { parseExpression } from '../base/expression/parse.ts';
import { isObject, type JsonObject } from '../base/json.ts';
import { pathProblem } from '../base/paths.ts';
import type { PlanEvaluation } from '../events/plan-graph.ts';
import { unknownOption } from './unknown-option.ts';

/** One thing that a result is scored by. */
export interface MetricOptions {
  name: string;
  /**
   * `deterministic`: `expr` over `result` and `state`, true or false or a number from 0 to 1.
   * `assertions`: the share of `assertions` that hold. `schema`: whether `result` fits `schema`.
   * `llm_rubric`: what a model says by `rubric`. `budget`: the share of the limits that is left.
   * `policy`: the share of `assertions` that hold, or of tool calls that no rule refused.
   */
  kind: PlanEvaluation['metrics'][number]['kind'];
  /** How much it counts. Default 1. */
  weight?: number;
  expr?: string;
  assertions?: readonly string[];
  rubric?: string;
  /** A JSON Schema. */
  schema?: JsonObject;
}

/** How results are scored (runtime 8.1, R27 to R30). */
export interface EvaluationOptions {
  /** Default true. */
  enabled?: boolean;
  /** Default: has a result, confidence, not empty, efficiency. */
  metrics?: readonly MetricOptions[];
  /** From `accept` on a result is good, from `retry` on passable, below `fail` the run fails. */
  thresholds?: Partial<PlanEvaluation['thresholds']>;
  /** What is scored: `worker_result`, `final_answer`. Default both. */
  hooks?: PlanEvaluation['hooks'];
  /** What low scores lead to. Default: at most 2 repairs, then a warning or failure; false: nothing. */
  repair?: Partial<NonNullable<PlanEvaluation['repair']>> | false;
  /** Who judges by rubrics. Default the model of the run, at temperature 0. */
  judge?: Partial<PlanEvaluation['judge']>;
  /** Folder of the scores, below the run's folder. Default `data/evaluation`. */
  folder?: string;
}

/** How runs are scored that say no more than that they are (surfaces 1.1). */
const DEFAULT_EVALUATION: Omit<PlanEvaluation, 'judge' | 'repair'> = {
  metrics: [
    {
      name: 'has_result',
      kind: 'deterministic',
      weight: 2,
      expr: 'result.confidence > 0.3 and "error" not in result',
    },
    { name: 'confidence', kind: 'deterministic', weight: 1.5, expr: 'result.confidence > 0.6' },
    {
      name: 'not_empty',
      kind: 'assertions',
      weight: 1,
      assertions: ['result.confidence > 0', 'not result.get("error", "")'],
    },
    { name: 'efficiency', kind: 'budget', weight: 0.5 },
  ],
  thresholds: { accept: 0.75, retry: 0.45, fail: 0.2 },
  hooks: ['worker_result', 'final_answer'],
  folder: 'data/evaluation',
};

const REPAIR = { max: 2, belowRetry: 'retry_with_repair', belowFail: 'fail_workflow' } as const;

const KINDS: ReadonlySet<string> = new Set([
  ...['llm_rubric', 'deterministic', 'assertions', 'schema', 'budget', 'policy'],
]);
const HOOKS: ReadonlySet<string> = new Set(['worker_result', 'generated_tool', 'final_answer']);
const ACTIONS: ReadonlySet<string> = new Set([
  ...['retry_with_repair', 'fail_workflow', 'accept_with_warning'],
]);
const KNOWN = ['enabled', 'metrics', 'thresholds', 'hooks', 'repair', 'judge', 'folder'];
const METRIC_KEYS = ['name', 'kind', 'weight', 'expr', 'assertions', 'rubric', 'schema'];
/** What a kind cannot do without. */
const NEEDS: Partial<Record<MetricOptions['kind'], 'expr' | 'assertions' | 'rubric' | 'schema'>> = {
  ...{ llm_rubric: 'rubric', deterministic: 'expr', assertions: 'assertions', schema: 'schema' },
};

/**
 * The evaluation that the option `evaluation` stands for; undefined when results are not scored.
 * `judge` is the model that judges unless another one is named. Throws `usage/bad-option`,
 * `usage/unknown-option`, `model/none`.
 */
export function evaluationOption(
  option: boolean | EvaluationOptions | undefined,
  judge: string,
): PlanEvaluation | undefined {
  checkEvaluation(option);
  if (option === undefined || option === false) return undefined;
  const base = DEFAULT_EVALUATION;
  const given = option === true ? {} : option;
  if (given.enabled === false) return undefined;
  const { metrics, thresholds, hooks = base.hooks, repair, folder = base.folder } = given;
  return withJudge({
    metrics: metrics?.map(({ weight = 1, ...metric }) => ({ ...metric, weight })) ?? base.metrics,
    thresholds: { ...base.thresholds, ...thresholds },
    hooks,
    ...(repair !== false && { repair: { ...REPAIR, ...repair } }),
    judge: { model: judge, temperature: 0, ...given.judge },
    folder,
  });
}

/** An evaluation that has a model where it needs one. Throws `model/none`. */
export function withJudge(evaluation: PlanEvaluation): PlanEvaluation {
  const rubric = evaluation.metrics.find(({ kind }) => kind === 'llm_rubric');
  if (!rubric || evaluation.judge.model !== '') return evaluation;
  throw new AwpError('model/none', `no model was named that judges by the rubric ${rubric.name}`, {
    hint: 'name one in observability.evaluation.rubric_judge.model, with -m, or set LLM_MODEL',
  });
}

/** Who is asked to judge; nobody where no metric has a rubric. */
export function judgesOf({ metrics, judge }: PlanEvaluation): { model: string }[] {
  return metrics.some(({ kind }) => kind === 'llm_rubric') ? [{ model: judge.model }] : [];
}

/** Throws `usage/bad-option`, `usage/unknown-option` for what cannot be an evaluation. */
export function checkEvaluation(option: unknown): void {
  if (option === undefined || typeof option === 'boolean') return;
  if (!isObject(option)) throw wrong('', option, 'true, false, or settings');
  checkKeys(option, KNOWN, 'evaluation');
  const { metrics, thresholds, hooks, repair, judge, folder } = option;
  if (metrics !== undefined) checkMetrics(metrics);
  if (thresholds !== undefined) checkThresholds(thresholds);
  if (hooks !== undefined && !isListOf(hooks, HOOKS)) {
    throw wrong('hooks', hooks, `a list of ${[...HOOKS].join(', ')}`);
  }
  if (repair !== undefined && repair !== false) checkRepair(repair);
  if (judge !== undefined) checkJudge(judge);
  const problem = typeof folder === 'string' ? pathProblem(folder) : undefined;
  if (folder !== undefined && (typeof folder !== 'string' || problem !== undefined)) {
    throw wrong('folder', folder, problem ?? 'a folder below that of the run');
  }
}

function checkMetrics(metrics: unknown): void {
  if (!Array.isArray(metrics) || metrics.length === 0) {
    throw wrong('metrics', metrics, 'a list of at least one metric');
  }
  for (const metric of metrics) checkMetric(metric);
  if (metrics.every((metric) => metric.weight === 0)) {
    throw wrong('metrics', metrics, 'at least one weight above 0 (R29)');
  }
}

function checkMetric(metric: unknown): void {
  if (!isObject(metric)) throw wrong('metrics', metric, 'each metric has a name and a kind');
  checkKeys(metric, METRIC_KEYS, 'evaluation.metrics');
  const { name, kind, weight = 1, expr, assertions = [] } = metric;
  if (typeof name !== 'string' || name === '') throw wrong('metrics.name', name, 'a text');
  if (typeof kind !== 'string' || !KINDS.has(kind)) {
    throw wrong('metrics.kind', kind, `one of ${[...KINDS].join(', ')} (R27)`);
  }
  if (!isNumber(weight) || weight < 0) throw wrong('metrics.weight', weight, 'a number from 0 on');
  const needed = NEEDS[kind as MetricOptions['kind']];
  if (needed !== undefined && metric[needed] === undefined) {
    throw wrong(`metrics.${needed}`, undefined, `${name} is of kind ${kind}, which needs it`);
  }
  if (!Array.isArray(assertions)) throw wrong('metrics.assertions', assertions, 'a list of texts');
  for (const text of expr === undefined ? assertions : [expr, ...assertions]) {
    const parsed = parseExpression(String(text));
    if (!parsed.ok) throw wrong('metrics', text, parsed.error.message);
  }
}

function checkThresholds(thresholds: unknown): void {
  if (!isObject(thresholds)) throw wrong('thresholds', thresholds, 'accept, retry and fail');
  checkKeys(thresholds, ['accept', 'retry', 'fail'], 'evaluation.thresholds');
  const { accept, retry, fail } = { ...DEFAULT_EVALUATION.thresholds, ...thresholds };
  const isInOrder = isNumber(accept) && isNumber(retry) && isNumber(fail);
  if (isInOrder && accept <= 1 && accept >= retry && retry >= fail && fail >= 0) return;
  throw wrong('thresholds', thresholds, 'from 0 to 1, accept >= retry >= fail (R28)');
}

function checkRepair(repair: unknown): void {
  if (!isObject(repair)) throw wrong('repair', repair, 'max, belowRetry and belowFail, or false');
  checkKeys(repair, ['max', 'belowRetry', 'belowFail'], 'evaluation.repair');
  const { max = 0, belowRetry, belowFail } = repair;
  if (!isNumber(max) || !Number.isInteger(max) || max < 0) {
    throw wrong('repair.max', max, 'a whole number from 0 on');
  }
  for (const action of [belowRetry, belowFail]) {
    if (action !== undefined && !ACTIONS.has(String(action))) {
      throw wrong('repair', action, `one of ${[...ACTIONS].join(', ')} (R30)`);
    }
  }
}

function checkJudge(judge: unknown): void {
  if (!isObject(judge)) throw wrong('judge', judge, 'model and temperature');
  checkKeys(judge, ['model', 'temperature'], 'evaluation.judge');
  const { model = '', temperature = 0 } = judge;
  if (typeof model !== 'string') throw wrong('judge.model', model, 'a model string');
  if (!isNumber(temperature) || temperature < 0 || temperature > 2) {
    throw wrong('judge.temperature', temperature, '0 to 2');
  }
}

function checkKeys(value: JsonObject, known: readonly string[], at: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw unknownOption(
      `${at}.${unknown}`,
      known.map((key) => `${at}.${key}`),
    );
  }
}

function isListOf(value: unknown, known: ReadonlySet<string>): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && known.has(one));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function wrong(at: string, value: unknown, hint: string): AwpError {
  const place = at === '' ? 'evaluation' : `evaluation.${at}`;
  const shown = value === undefined ? 'left out' : JSON.stringify(value);
  return new AwpError('usage/bad-option', `${place} cannot be ${shown}`, { hint });
}
