import type { JsonObject } from '../../base/json.ts';
import type { CreatedTool } from '../../events/creation.ts';
import type { Fact } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanEvaluation } from '../../events/plan-graph.ts';
import type { RunContext } from '../context.ts';
import { scoreOf } from '../evaluation/metrics.ts';
import { figuresOf } from '../evaluation/subject.ts';

/** Where evaluation looks at tools that agents make (runtime 8.1, R30). */
const HOOK = 'generated_tool';

/**
 * The score of a tool that was made, for its call to record: expressions see it as `result`, with what
 * its trial came to as `trial`. A tool is only scored: its checks decide whether it is one. Undefined
 * where evaluation does not ask for it. Rubrics are for answers, so nobody is asked to judge a tool.
 */
export async function toolScore(
  { plan: { evaluation }, state }: Pick<RunContext, 'plan' | 'state'>,
  tool: CreatedTool,
  trial: JsonObject | undefined,
): Promise<Fact | undefined> {
  if (!evaluation?.hooks.includes(HOOK)) return undefined;
  const { name, description, parameters, code, language, repairs } = tool;
  const result = { name, description, parameters, code, language, repairs, trial: trial ?? null };
  const subject = { result, state: {}, figures: figuresOf(state) };
  const found = await scoreOf(withoutJudges(evaluation), subject, new Map());
  return { type: 'output.scored', data: { hook: HOOK, target: name, ...found } };
}

function withoutJudges(evaluation: PlanEvaluation): PlanEvaluation {
  const metrics = evaluation.metrics.filter(({ kind }) => kind !== 'llm_rubric');
  return { ...evaluation, metrics };
}

/** What of an evaluation has no effect in a run, in sentences. */
export function idleHooks({
  evaluation,
  creation,
}: Pick<Plan, 'evaluation' | 'creation'>): string[] {
  const isIdle = creation === undefined && evaluation?.hooks.includes(HOOK) === true;
  return isIdle ? [`the hook ${HOOK} has no effect: no tools may be made in this run`] : [];
}
