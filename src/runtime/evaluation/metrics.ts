import { evaluate, isTrue } from '../../base/expression/evaluate.ts';
import { ExpressionFailure } from '../../base/expression/failure.ts';
import { parseExpression } from '../../base/expression/parse.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Limits, Spend } from '../../events/plan.ts';
import type { PlanEvaluation } from '../../events/plan-graph.ts';
import type { Score } from '../../events/scoring.ts';
import { schemaProblems } from '../schema.ts';
import { clipText } from './clip-text.ts';

/** What is scored, and what the run has used for it. */
export interface Subject {
  /** What expressions know as `result`: an output, with its `confidence`. */
  result: JsonObject;
  /** What they know as `state`: outputs of nodes or workers by their names. */
  state: JsonObject;
  figures: Figures;
}

/** What a run has used of its limits, and what was refused in it. */
export interface Figures {
  limits: Limits;
  used: Spend;
  /** Active time, in milliseconds. */
  activeMs: number;
  /** Calls of tools that some rule refused. */
  denied: number;
}

/** What a judge said of one metric, or why it said nothing. */
export type Judgement = { score: number; reason: string } | { problem: string };

type Metric = PlanEvaluation['metrics'][number];
type Found = { score: number | null; reason?: string };

/** Longest reason that is kept, in characters. */
const REASON_CHARS = 600;

/**
 * Scores a result: each metric 0 to 1, or null with the reason where it cannot be found; such metrics
 * do not count. The score is the mean by weight, and null without anything to go by. `judged` holds
 * what judges said, by the place of their metric from 1.
 *
 * Source: runtime 8.1, R27 to R29.
 */
export async function scoreOf(
  { metrics, thresholds }: Pick<PlanEvaluation, 'metrics' | 'thresholds'>,
  subject: Subject,
  judged: ReadonlyMap<number, Judgement>,
): Promise<Pick<Score, 'score' | 'verdict' | 'metrics'>> {
  const found = await Promise.all(
    metrics.map(async (metric, index) => {
      const { name, weight } = metric;
      const { score, reason } = await KINDS[metric.kind](metric, subject, judged.get(index + 1));
      const why = reason === undefined ? {} : { reason: clipText(reason, REASON_CHARS) };
      return { name, score: score === null ? null : rounded(score), weight, ...why };
    }),
  );
  const score = meanOf(found);
  return { score, verdict: verdictOf(score, thresholds), metrics: found };
}

type Kind = (
  metric: Metric,
  subject: Subject,
  judged: Judgement | undefined,
) => Found | Promise<Found>;

const KINDS: Readonly<Record<Metric['kind'], Kind>> = {
  llm_rubric: (_metric, _subject, judged) => {
    if (!judged) return { score: null, reason: 'nobody judged it' };
    return 'problem' in judged ? { score: null, reason: judged.problem } : judged;
  },
  deterministic: ({ expr = '' }, subject) => test(expr, subject),
  assertions: ({ assertions = [] }, subject) => share(assertions, subject),
  schema: async ({ schema = {} }, { result }) => {
    const problems = await schemaProblems(schema, result);
    if (problems.length === 0) return { score: 1 };
    const isWrong = problems[0]?.startsWith('the JSON Schema cannot be used') === true;
    return { score: isWrong ? null : 0, reason: problems.join('; ') };
  },
  budget: (_metric, { figures }) => thrift(figures),
  policy: ({ assertions }, subject) =>
    assertions ? share(assertions, subject) : obedience(subject.figures),
};

/** An expression that is true or false, or comes to a number from 0 to 1. */
function test(text: string, subject: Subject): Found {
  const found = valueIn(text, subject);
  if ('problem' in found) return { score: null, reason: found.problem };
  const { value } = found;
  if (typeof value !== 'number') {
    return isTrue(value) ? { score: 1 } : { score: 0, reason: `does not hold: ${text}` };
  }
  if (value >= 0 && value <= 1) return { score: value };
  return { score: null, reason: `${text} is ${value}, not a number from 0 to 1` };
}

/** The share of expressions that hold; one that cannot be evaluated does not. */
function share(assertions: readonly string[], subject: Subject): Found {
  const found = assertions.map((text) => ({ text, result: valueIn(text, subject) }));
  const problems = found.flatMap(({ result }) => ('problem' in result ? [result.problem] : []));
  if (assertions.length === 0) return { score: null, reason: 'there are no assertions' };
  if (problems.length === assertions.length) return { score: null, reason: problems.join('; ') };
  const broken = found.filter(({ result }) => 'problem' in result || !isTrue(result.value));
  const reason = broken.map(({ text, result }) =>
    'problem' in result ? `${text}: ${result.problem}` : `does not hold: ${text}`,
  );
  const score = (assertions.length - broken.length) / assertions.length;
  return { score, ...(reason.length > 0 && { reason: reason.join('; ') }) };
}

/** One minus the mean share that was used of the limits that are set. */
function thrift({ limits, used, activeMs }: Figures): Found {
  const spent = { ...used, time: activeMs };
  const dimensions = ['loops', 'workers', 'tokens', 'tools', 'calls', 'cost', 'time'] as const;
  const shares = dimensions.flatMap((dimension) => {
    const limit = limits[dimension];
    return limit === null || limit <= 0 ? [] : [Math.min(1, spent[dimension] / limit)];
  });
  if (shares.length === 0) return { score: null, reason: 'the run has no limits' };
  const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  return { score: 1 - mean, reason: `${Math.round(mean * 100)} % of the limits are used` };
}

/** The share of tool calls that no rule refused. */
function obedience({ used, denied }: Figures): Found {
  if (denied === 0) return { score: 1 };
  const reason = `rules refused ${denied} of ${used.tools + denied} calls of tools`;
  return { score: used.tools / (used.tools + denied), reason };
}

function valueIn(text: string, { result, state }: Subject): { value: Json } | { problem: string } {
  const parsed = parseExpression(text);
  if (!parsed.ok) return { problem: parsed.error.message };
  const names = new Map<string, Json>([
    ['result', result],
    ['state', state],
  ]);
  try {
    return { value: evaluate(parsed.expression, names) };
  } catch (error) {
    if (error instanceof ExpressionFailure) return { problem: error.message };
    throw error;
  }
}

function meanOf(metrics: Score['metrics']): number | null {
  let sum = 0;
  let weights = 0;
  for (const { score, weight } of metrics) {
    if (score === null) continue;
    sum += score * weight;
    weights += weight;
  }
  return weights > 0 ? rounded(sum / weights) : null;
}

/** So that a sum of parts is not below a threshold that it is exactly at. */
function rounded(score: number): number {
  return Math.round(score * 1e6) / 1e6;
}

function verdictOf(
  score: number | null,
  { accept, retry, fail }: PlanEvaluation['thresholds'],
): Score['verdict'] {
  if (score === null) return 'none';
  if (score >= accept) return 'accept';
  if (score >= retry) return 'warn';
  return score >= fail ? 'retry' : 'fail';
}
