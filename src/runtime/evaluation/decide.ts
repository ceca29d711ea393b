import { isPlain } from '../../events/graph-nodes.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanEvaluation } from '../../events/plan-graph.ts';
import { exhaustedFor } from '../../events/scopes.ts';
import {
  bestOf,
  finalScore,
  type Score,
  type ScoredAnswer,
  type ScoreHook,
  settledAction,
  wantedAction,
} from '../../events/scoring.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { Command } from '../command.ts';
import { clipText } from './clip-text.ts';

/** Characters of one metric's reason that an agent is told. */
const REASON_CHARS = 300;
/** The frame of the run's manager or outermost graph. */
const ROOT = '0';

/** What evaluation wants before an agent ends with its present answer. */
export type Evaluated =
  /** This first; no commands: something is still out. */
  | { next: 'commands'; commands: Command[] }
  /** Ask again, with this reason. */
  | { next: 'repair'; reason: string }
  /** End: with this answer, if it is not the present one; `low` says why it must count as failed. */
  | { next: 'end'; answer?: ScoredAnswer; low?: string };

const ACCEPTED: Evaluated = { next: 'end' };

/**
 * What follows from the scores of a frame's present answer (runtime 8.1, R27 to R30): it is scored
 * where hooks ask for it, sent back while the policy wants that and `mayRepair`, else the best of its
 * answers counts. Pure.
 */
export function evaluated(
  plan: Plan,
  state: RunState,
  { frame, mayRepair }: { frame: Frame; mayRepair: boolean },
): Evaluated {
  const { evaluation } = plan;
  if (!evaluation) return ACCEPTED;
  const hook = hooksOf(evaluation, state, frame).find((one) => !isScored(state, frame, one));
  if (hook) return { next: 'commands', commands: scoring(evaluation, state, { frame, hook }) };
  const { scored } = frame;
  if (!scored || scored.last.call !== answerOf(frame)) return ACCEPTED;
  if (mayRepair && frame.role !== 'graph' && scored.answers <= (evaluation.repair?.max ?? 0)) {
    const reasons = scoresOf(scored.last)
      .filter((score) => wantedAction(evaluation, score) === 'retry_with_repair')
      .map((score) => complaintOf(evaluation, score));
    if (reasons.length > 0) return { next: 'repair', reason: reasons.join(' ') };
  }
  const answer = bestOf(scored);
  const low = lowOf(evaluation, frame, answer);
  return { next: 'end', answer, ...(low !== undefined && { low }) };
}

/**
 * The best answer that a frame had when it was scored: what stands when its repair fails. Undefined
 * when none was scored.
 */
export function keptAnswer({ scored }: Frame): ScoredAnswer | undefined {
  return scored && bestOf(scored);
}

/** Why the run must count as failed, from the score of its final answer; undefined when it need not. */
export function lowFinal({ evaluation }: Plan, state: RunState): string | undefined {
  const score = finalScore(state);
  if (!evaluation || !score) return undefined;
  const isLow = settledAction(evaluation, score) === 'fail_workflow';
  return isLow ? lowText(evaluation, score) : undefined;
}

/** The model call whose answer is scored; a graph has none. */
export function answerOf({ role, call }: Frame): string | undefined {
  return role === 'graph' ? undefined : call;
}

/** Agents whose answers are about the work of others. */
const UNSCORED: ReadonlySet<Frame['role']> = new Set(['judge', 'reviewer', 'repairer']);

function hooksOf({ hooks }: PlanEvaluation, state: RunState, frame: Frame): ScoreHook[] {
  // Who judges is judged by nobody, and a repaired draft by its checks.
  if (UNSCORED.has(frame.role)) return [];
  const isRoot = frame.parent === undefined;
  const own = !isRoot && hooks.includes('worker_result');
  const final = hooks.includes('final_answer') && (isRoot || isLastNode(state, frame));
  return [...(own ? ['worker_result' as const] : []), ...(final ? ['final_answer' as const] : [])];
}

/** Whether nothing but this agent is left of the run, so that its answer ends it. */
function isLastNode(state: RunState, { parent, node }: Frame): boolean {
  if (parent !== ROOT || !node) return false;
  const graph = state.graphs.get(ROOT);
  const plan = graph?.nodes.get(node.id)?.plan;
  return graph?.left === 1 && plan !== undefined && isPlain(plan);
}

function isScored(state: RunState, frame: Frame, hook: ScoreHook): boolean {
  // What the last agent of a graph ended with has its score already.
  if (frame.role === 'graph' && hasFinalScore(state)) return true;
  const last = frame.scored?.last;
  return last?.scores[hook] !== undefined && last.call === answerOf(frame);
}

/** Whether the answer has a score, and nothing has ended after what was scored. */
function hasFinalScore(state: RunState): boolean {
  const score = finalScore(state);
  if (!score) return false;
  if (score.target === ROOT) return true;
  const { node, outcome } = state.frames.get(score.target) ?? {};
  return outcome?.ok === true && state.graphs.get(ROOT)?.last === node?.id;
}

/** Judges first, for the metrics that need one; then the score. */
function scoring(
  { metrics }: PlanEvaluation,
  state: RunState,
  { frame, hook }: { frame: Frame; hook: ScoreHook },
): Command[] {
  const judges = (frame.judging?.now ?? []).flatMap((id) => state.frames.get(id) ?? []);
  const missing = metrics.flatMap(({ kind }, index) => {
    const isThere = judges.some((judge) => judge.index === index + 1);
    return kind === 'llm_rubric' && !isThere ? [index + 1] : [];
  });
  // A limit that refused something would refuse the judges, too.
  if (missing.length > 0 && !exhaustedFor(state, frame)) {
    return missing.map((metric) => ({ do: 'start-judge', frame, metric }));
  }
  if (judges.some(({ phase }) => phase !== 'closed')) return [];
  return [{ do: 'score', frame, hook }];
}

function scoresOf({ scores }: ScoredAnswer): Score[] {
  return Object.values(scores).filter((score) => score !== undefined);
}

/** A node's own answer that may not stand; for the answer of the run its manager or graph says so. */
function lowOf(evaluation: PlanEvaluation, frame: Frame, answer: ScoredAnswer): string | undefined {
  const counts = frame.parent === undefined ? 'final_answer' : 'worker_result';
  const score = answer.scores[counts];
  if (!score || settledAction(evaluation, score) !== 'fail_workflow') return undefined;
  return lowText(evaluation, score);
}

function lowText({ thresholds }: PlanEvaluation, score: Score): string {
  const { score: reached, metrics } = score;
  return `the result scored ${shown(reached)}, below ${thresholds.fail}${worst(metrics)}`;
}

function complaintOf({ thresholds }: PlanEvaluation, { score, metrics }: Score): string {
  return `it scored ${shown(score)}, and ${thresholds.retry} is needed${worst(metrics)}.`;
}

function shown(score: number | null): string {
  return (score ?? 0).toFixed(2);
}

/** What the lowest metrics say, the heaviest first. */
function worst(metrics: Score['metrics']): string {
  const low = metrics
    .filter(({ score, weight }) => score !== null && score < 1 && weight > 0)
    .sort((a, b) => lost(b) - lost(a))
    .slice(0, 5)
    .map(({ name, score, reason = '' }) => {
      const why = reason === '' ? '' : `: ${clipText(reason, REASON_CHARS)}`;
      return `${name} ${shown(score)}${why}`;
    });
  return low.length === 0 ? '' : ` (${low.join('; ')})`;
}

function lost({ score, weight }: Score['metrics'][number]): number {
  return (1 - (score ?? 1)) * weight;
}
