import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { decisionsOf } from '../engines/decision.ts';
import { policyOf } from '../plan-parts.ts';

/** What tells the decisions of one manager from those of another. */
type Whose = Pick<Frame, 'agentKey' | 'parent'>;

const known = new WeakMap<Plan, Map<string, JsonObject>>();

/**
 * The JSON Schema of the decisions that a manager may take, for services that hold answers to one (spec,
 * runtime 4.1 and 4.2). The same in all turns of a loop, so that caches of prompts hold. Typed outputs of the
 * run are in it. Objects that may have any fields are said to: some services close all others.
 */
export function decisionSchema(plan: Plan, { agentKey, parent }: Whose): JsonObject {
  const key = `${parent === undefined} ${agentKey}`;
  const schemas = known.get(plan) ?? new Map<string, JsonObject>();
  known.set(plan, schemas);
  const schema = schemas.get(key) ?? made(plan, { agentKey, parent });
  schemas.set(key, schema);
  return schema;
}

const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT };
const NUMBER = { type: 'number' };
const YES_NO = { type: 'boolean' };
const OPEN = { type: 'object', additionalProperties: true };

function object(properties: JsonObject, required: string[] = []): JsonObject {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function made(plan: Plan, { agentKey, parent }: Whose): JsonObject {
  const policy = policyOf(plan, { agentKey });
  const decisions = decisionsOf(policy);
  const typed = parent === undefined ? plan.output : undefined;
  const { result, definitions } = resultOf(typed);
  return {
    ...object(
      {
        decision: { type: 'string', enum: decisions },
        reasoning: TEXT,
        confidence: NUMBER,
        delegations: { type: 'array', items: envelope(policy.planning !== undefined) },
        final_result: result,
        reason: TEXT,
        partial_result: { ...OPEN, properties: { summary: TEXT } },
        ...(policy.planning && { subtasks: { type: 'array', items: SUBTASK } }),
        ...(policy.diagnosis && {
          failed_worker: TEXT,
          hypotheses: { type: 'array', items: HYPOTHESIS },
        }),
      },
      ['decision', 'reasoning'],
    ),
    ...definitions,
  };
}

function envelope(isPlanned: boolean): JsonObject {
  return object(
    {
      ...{ worker_id: TEXT, instructions: TEXT, tools_allowed: TEXTS, skills: TEXTS },
      output_contract: object({ required_fields: TEXTS, description: TEXT }),
      temperature: NUMBER,
      ...(isPlanned && { subtask_id: TEXT }),
      required_tool_invocations: TEXTS,
      packages: TEXTS,
      timeout: { ...NUMBER, description: 'seconds' },
      max_tokens: { type: 'integer' },
      codemode: object({ enabled: YES_NO, tool_creation: YES_NO }),
      ...{ as_submanager: YES_NO, submanager_agent: TEXT, submanager_budget_fraction: NUMBER },
      ...{ inherited_state_keys: TEXTS, forbidden_inheritance_keys: TEXTS, context: OPEN },
    },
    ['worker_id', 'instructions'],
  );
}

const SUBTASK = object(
  {
    ...{ id: TEXT, description: TEXT, dependencies: TEXTS, priority: TEXT, success_criteria: TEXT },
    delegation_strategy: { type: 'string', enum: ['worker', 'submanager'] },
    submanager_agent: TEXT,
    required_outputs: TEXTS,
    schemas: OPEN,
  },
  ['id', 'description'],
);

const HYPOTHESIS = object(
  { id: TEXT, cause: TEXT, test: TEXT, likelihood: NUMBER, test_worker: TEXT },
  ['id', 'cause', 'test', 'likelihood'],
);

/** The result, with the typed output in it; its definitions stand at the root, where its references look. */
function resultOf(output: JsonObject | undefined): { result: JsonObject; definitions: JsonObject } {
  const result = { ...OPEN, properties: { summary: TEXT } };
  if (!output) return { result, definitions: {} };
  const { $schema: _, $id: __, $defs, definitions, ...own } = output;
  const canMove = isMovable(output);
  return {
    result: {
      ...result,
      properties: { summary: TEXT, output: canMove ? own : {} },
      required: ['output'],
    },
    definitions: canMove
      ? { ...($defs !== undefined && { $defs }), ...(definitions !== undefined && { definitions }) }
      : {},
  };
}

/** Whether all references of a schema lead to its definitions, so that it means the same elsewhere. */
function isMovable(schema: JsonObject): boolean {
  const open: Json[] = [schema];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) open.push(...next);
    else if (isObject(next)) {
      const { $ref, $dynamicRef, $anchor } = next;
      if ($dynamicRef !== undefined || $anchor !== undefined) return false;
      if (typeof $ref === 'string' && !/^#\/(\$defs|definitions)\//.test($ref)) return false;
      open.push(...Object.values(next));
    }
  }
  return true;
}
