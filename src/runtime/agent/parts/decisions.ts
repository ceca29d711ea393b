import type { PlanPolicy } from '../../../events/plan-policy.ts';
import { section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

const DELEGATE = '{"decision": "delegate", "reasoning": "why", "delegations": [ENVELOPE, ...]}';
const COMPLETE =
  '{"decision": "complete", "reasoning": "why", "final_result": {"summary": "the answer, in words"}, "confidence": 0.9}';
const FAIL = '{"decision": "fail", "reason": "why the task cannot be done", "partial_result": {}}';

/** The decisions that a manager may take (spec, runtime 4.1). */
export const decisionsPart: ManagerPart = ({ policy }) => {
  const { planning, diagnosis } = policy;
  const lines = [
    'Answer with exactly one JSON object and nothing else, one of these:',
    DELEGATE,
    COMPLETE,
    FAIL,
    planning && planLines(planning),
    diagnosis && diagnosisLines(diagnosis),
  ];
  return section('Decisions', lines.filter(Boolean).join('\n'));
};

function planLines({ maxSubtasks }: NonNullable<PlanPolicy['planning']>): string {
  return `{"decision": "plan", "reasoning": "why", "subtasks": [{"id": "clean", "description": "what", "dependencies": ["load"], "priority": "high", "success_criteria": "when it is done", "delegation_strategy": "worker", "required_outputs": ["clean.csv"]}]}
Plan a task of several steps first, with at most ${maxSubtasks} subtasks (only "id" and "description" are required), then delegate them: an envelope names its "subtask_id".`;
}

function diagnosisLines({ maxHypotheses }: NonNullable<PlanPolicy['diagnosis']>): string {
  return `{"decision": "diagnose", "reasoning": "why", "failed_worker": "its worker_id", "hypotheses": [{"id": "h1", "cause": "what may be wrong", "test": "how to find out", "likelihood": 0.6, "test_worker": "worker_id that will test it"}]}
Diagnose when a worker failed for a reason that you do not know, with at most ${maxHypotheses} hypotheses, then delegate their tests.`;
}
