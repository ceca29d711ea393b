import type { JsonObject } from '../../../src/base/json.ts';
import type { Plan } from '../../../src/events/plan.ts';
import type { PlanEvaluation } from '../../../src/events/plan-graph.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { testPlan } from '../../make.ts';
import { graphPlan, planGraph, type TestNode } from '../graphs.ts';

type Metric = PlanEvaluation['metrics'][number];

/** The score that an answer says of itself: `{quality: 0.3}`. */
export const quality: Metric = {
  ...{ name: 'quality', kind: 'deterministic', weight: 1, expr: 'result.quality' },
};

/** A metric that a model judges by. */
export const rubric: Metric = {
  ...{ name: 'clear', kind: 'llm_rubric', weight: 1, rubric: 'Is it clear?' },
};

/** What low scores lead to when nothing else is said. */
export const repair: NonNullable<PlanEvaluation['repair']> = {
  ...{ max: 2, belowRetry: 'retry_with_repair', belowFail: 'fail_workflow' },
};

/** An evaluation of the final answer by what it says of itself. */
export function evaluation(change: Partial<PlanEvaluation> = {}): PlanEvaluation {
  return {
    metrics: [quality],
    thresholds: { accept: 0.8, retry: 0.6, fail: 0.3 },
    hooks: ['final_answer'],
    judge: { model: 'scripted', temperature: 0 },
    folder: 'data/evaluation',
    ...change,
  };
}

/** A graph whose results are scored. */
export function scoredGraph(
  nodes: Readonly<Record<string, TestNode>>,
  change: Partial<PlanEvaluation> = {},
  more: Partial<Plan> = {},
): Plan {
  return graphPlan(planGraph(nodes), { evaluation: evaluation(change), ...more });
}

/** A delegation loop whose results are scored. */
export function scoredLoop(
  change: Partial<PlanEvaluation> = {},
  limits: Partial<Plan['limits']> = {},
): Plan {
  const plan = testPlan();
  return { ...plan, limits: { ...plan.limits, ...limits }, evaluation: evaluation(change) };
}

/** Times that a conversation was sent back. */
export function sentBack({ messages }: ModelRequest): number {
  return messages.filter(({ role, text }) => role === 'user' && text.includes('was not accepted'))
    .length;
}

/** Answers with these qualities, one after the other when it is sent back; the last one stays. */
export function improving(...qualities: readonly number[]) {
  return (request: ModelRequest): ScriptedAnswer => {
    const value = qualities[Math.min(sentBack(request), qualities.length - 1)] ?? 0;
    return { quality: value, confidence: 0.9 };
  };
}

/** A manager's result with these qualities, one after the other. */
export function completing(...qualities: readonly number[]) {
  return (request: ModelRequest): JsonObject => {
    const value = qualities[Math.min(sentBack(request), qualities.length - 1)] ?? 0;
    return {
      decision: 'complete',
      final_result: { summary: `of ${value}`, quality: value },
      confidence: 0.9,
    };
  };
}
