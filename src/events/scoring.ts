import type { JsonObject } from '../base/json.ts';
import type { Decision } from './decision.ts';
import type { EventOf } from './event.ts';
import type { GraphEventData } from './graph-events.ts';
import type { PlanEvaluation } from './plan-graph.ts';
import type { Checked, RunState } from './state.ts';

/** What was scored, and how. */
export type Score = GraphEventData['output.scored'];

/** What is scored: an agent's result before others see it, or the answer of the whole run (R30). */
export type ScoreHook = PlanEvaluation['hooks'][number];

/** What a score leads to (runtime 8.1, R30); `none` when there is no score. */
export type ScoreAction =
  | 'accept'
  | 'accept_with_warning'
  | 'retry_with_repair'
  | 'fail_workflow'
  | 'none';

/** An answer of an agent that was scored, with what is needed to go back to it. */
export interface ScoredAnswer {
  /** The model call that gave it; undefined for the result of a graph. */
  call: string | undefined;
  /** By hook. */
  scores: Partial<Record<string, Score>>;
  checked: Checked | undefined;
  decision: Decision | undefined;
}

/** What is known of the scores of one agent. */
export interface ScoredFrame {
  /** Answers that were scored; each but the first followed a repair. */
  answers: number;
  last: ScoredAnswer;
  /** The best of those before the last one. */
  best: ScoredAnswer | undefined;
}

/** Judges of one agent. */
export interface Judging {
  /** Started so far. */
  started: number;
  /** Frames of those that judge its present answer. */
  now: string[];
}

/** The fold of `output.scored`: the agent's present answer has a score, and its judges are done. */
export function takeScore(
  state: RunState,
  { agent = '', data }: Pick<EventOf<'output.scored'>, 'agent' | 'data'>,
): void {
  state.scores.push(data);
  // A tool is no answer: nothing of its maker is scored.
  if (data.hook === 'generated_tool') return;
  const frame = state.frames.get(agent);
  if (data.hook === 'final_answer') state.finalTarget = data.target;
  if (!frame) return;
  state.ready.add(frame.id);
  if (frame.judging) frame.judging = { started: frame.judging.started, now: [] };
  const { scored, checked, decision } = frame;
  const call = data.answer;
  if (scored && scored.last.call === call) {
    scored.last.scores[data.hook] = data;
    return;
  }
  frame.scored = {
    answers: (scored?.answers ?? 0) + 1,
    last: { call, scores: { [data.hook]: data }, checked, decision },
    best: scored && bestOf(scored),
  };
}

/** The better one of an agent's answers: by the score of the final answer where both have one. */
export function bestOf({ last, best }: ScoredFrame): ScoredAnswer {
  if (!best) return last;
  const [one, other] = [rank(last), rank(best)];
  return one.hook > other.hook || (one.hook === other.hook && one.score >= other.score)
    ? last
    : best;
}

function rank({ scores }: ScoredAnswer): { hook: number; score: number } {
  const { final_answer: final, worker_result: own } = scores;
  return { hook: final ? 1 : 0, score: (final ?? own)?.score ?? -1 };
}

/** The score of the run's answer as it stands; undefined when it has none. */
export function finalScore(state: RunState): Score | undefined {
  const scored = state.frames.get(state.finalTarget ?? '')?.scored;
  return scored && bestOf(scored).scores.final_answer;
}

/** What a verdict leads to while a repair can still be made; a step is only acted on by a policy. */
export function wantedAction({ repair }: PlanEvaluation, { verdict, hook }: Score): ScoreAction {
  switch (verdict) {
    case 'accept':
      return 'accept';
    case 'warn':
      return 'accept_with_warning';
    case 'retry':
      return repair?.belowRetry ?? 'accept_with_warning';
    case 'fail':
      if (!repair && hook !== 'final_answer') return 'accept_with_warning';
      return repair?.belowFail ?? 'fail_workflow';
    case 'none':
      return 'none';
  }
}

/** What a verdict leads to once nothing is repaired any more. */
export function settledAction(evaluation: PlanEvaluation, score: Score): ScoreAction {
  const wanted = wantedAction(evaluation, score);
  if (wanted !== 'retry_with_repair') return wanted;
  return score.verdict === 'fail' ? 'fail_workflow' : 'accept_with_warning';
}

/** The evaluation of a run, for its result. */
export interface ResultEvaluation {
  /** Of the final answer, 0 to 1; null when it has none. */
  score: number | null;
  /** `none` also when the final answer was not scored. */
  verdict: Score['verdict'];
  action: ScoreAction;
  /** Times that an answer was sent back because of its score. */
  repairs: number;
  /** Scores of the final answer by metric; empty when it was not scored. */
  metrics: Score['metrics'];
  /** How many results of single agents were scored. */
  steps: number;
  /** The scores as a file, below the run's folder. */
  file: string;
}

/** The evaluation of a run as far as it has come; undefined when nothing was scored. */
export function evaluationOf(state: RunState): ResultEvaluation | undefined {
  const { run, scores } = state;
  const evaluation = state.plan?.evaluation;
  if (!evaluation || scores.length === 0) return undefined;
  const score = finalScore(state);
  return {
    score: score?.score ?? null,
    verdict: score?.verdict ?? 'none',
    action: score ? settledAction(evaluation, score) : 'none',
    repairs: repairsOf(scores),
    metrics: score?.metrics ?? [],
    steps: scores.filter(({ hook }) => hook !== 'final_answer').length,
    file: reportFile(evaluation, run),
  };
}

/** Where the scores of a run are, below its folder. */
export function reportFile({ folder }: Pick<PlanEvaluation, 'folder'>, run: string): string {
  return `${folder.replace(/\/+$/, '')}/${run}.json`;
}

/** Times that an answer was scored after another one of the same agent. */
export function repairsOf(scores: readonly Score[]): number {
  const answers = new Map<string, Set<string>>();
  for (const { target, answer = '' } of scores) {
    answers.set(target, (answers.get(target) ?? new Set()).add(answer));
  }
  return [...answers.values()].reduce((sum, { size }) => sum + size - 1, 0);
}

/** The evaluation as the result's JSON has it. */
export function evaluationJson({ metrics, ...rest }: ResultEvaluation): JsonObject {
  return { ...rest, metrics: metrics.map((metric) => ({ ...metric })) };
}
