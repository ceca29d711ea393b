import { isObject, type JsonObject } from '../../base/json.ts';
import type { Decision } from '../../events/decision.ts';
import type { PlanPolicy } from '../../events/plan-policy.ts';
import { extractJson } from '../agent/extract-json.ts';
import { readDelegations } from './decision/envelope.ts';
import { delegationsIn, type Kind, kindOf, unwrapped } from './decision/kind.ts';
import { readDiagnosis, readPlan } from './decision/plan.ts';
import { field, fraction, objectOf, text } from './decision/values.ts';

export { unused } from './decision/values.ts';

/** A manager's answer after reading: a decision, or why it is none, as a sentence for the manager. */
export type Reading = { decision: Decision; repaired: boolean } | { problem: string };

/** What of a loop's policy decides about its decisions. */
export type DecisionRules = Pick<PlanPolicy, 'planning' | 'diagnosis'>;

/** The decisions that a loop knows: `plan` and `diagnose` must be enabled (spec, runtime 4.1). */
export function decisionsOf({ planning, diagnosis }: DecisionRules): Kind[] {
  return [
    ...(['delegate', 'complete', 'fail'] as const),
    ...(planning ? (['plan'] as const) : []),
    ...(diagnosis ? (['diagnose'] as const) : []),
  ];
}

/**
 * Reads a manager's answer; aliases are resolved, fields that nobody knows are tolerated, and what
 * cannot be understood is told in a sentence. Takes time in proportion to the text. Pure.
 */
export function readDecision(answer: string, rules: DecisionRules = {}): Reading {
  const extracted = extractJson(answer, true);
  if (!extracted) return { problem: 'it is not a JSON object.' };
  const fields = unwrapped(extracted.value);
  const known = decisionsOf(rules);
  const kind = kindOf(fields, new Set(known));
  const allowed = `"decision" must be ${listed(known)}`;
  if (!kind) return { problem: `the field ${allowed}.` };
  if (!known.includes(kind)) return { problem: `${NOT_ENABLED[kind]}; ${allowed}.` };
  // Part of a result is none: the whole is asked for once more.
  if (extracted.cut && kind === 'complete') {
    return { problem: 'it ends in the middle of the result; give all of it, in fewer words.' };
  }
  const reading = READERS[kind](fields, rules);
  if ('problem' in reading) return reading;
  const repaired = extracted.repaired || fields !== extracted.value;
  return { decision: { ...reading, ...common(kind, fields) }, repaired };
}

const NOT_ENABLED: Partial<Record<Kind, string>> = {
  plan: 'planning is not enabled',
  diagnose: 'diagnosing is not enabled',
};

function listed(kinds: readonly Kind[]): string {
  const names = kinds.map((kind) => `"${kind}"`);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

type Reader = (answer: JsonObject, rules: DecisionRules) => Decision | { problem: string };

const READERS: Readonly<Record<Kind, Reader>> = {
  delegate(answer) {
    const { delegations, unread } = readDelegations(delegationsIn(answer));
    if (delegations.length > 0) {
      return { decision: 'delegate', delegations, ...(unread > 0 && { unread }) };
    }
    return {
      problem:
        '"delegations" must hold at least one object with "worker_id" and "instructions" texts.',
    };
  },

  complete: (answer) => ({ decision: 'complete', result: finalResult(answer) }),

  fail(answer) {
    const reason = text(answer.reason) ?? text(answer.reasoning) ?? text(answer.error);
    const partial = objectOf(field(answer, 'partial_result'));
    return {
      decision: 'fail',
      reason: reason ?? 'the manager gave no reason',
      ...(partial && { partial }),
    };
  },

  plan: (answer, { planning }) => readPlan(answer, planning?.maxSubtasks ?? 0),

  diagnose: (answer, { diagnosis }) => readDiagnosis(answer, diagnosis?.maxHypotheses ?? 0),
};

/** Fields of an answer that are no part of a result that stands beside them. */
const OWN_FIELDS = new Set([
  ...['decision', 'reasoning', 'confidence', 'delegations', 'workers', 'tasks'],
  ...['final_result', 'finalResult', 'result', 'subtasks', 'hypotheses'],
]);

/** The result; when it is empty, what else the answer has (spec, runtime 4.3, step 4). */
function finalResult(answer: JsonObject): JsonObject {
  const given = field(answer, 'final_result', 'result');
  const result = objectOf(given);
  if (result && Object.keys(result).length > 0) return result;
  if (given !== undefined && !isObject(given)) return { summary: given };
  const others = Object.entries(answer).filter(([key]) => !OWN_FIELDS.has(key));
  return Object.fromEntries(others);
}

/** What several decisions have; how sure it is counts where something is done or handed in. */
function common(kind: Kind, answer: JsonObject): { reasoning?: string; confidence?: number } {
  const reasoning = text(answer.reasoning);
  const isSure = kind === 'delegate' || kind === 'complete';
  const confidence = isSure ? fraction(answer.confidence) : undefined;
  return {
    ...(reasoning !== undefined && { reasoning }),
    ...(confidence !== undefined && { confidence }),
  };
}
