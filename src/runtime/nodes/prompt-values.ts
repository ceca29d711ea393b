import { isObject, type Json, type JsonObject, parseJson } from '../../base/json.ts';
import { dayOfRun } from '../../events/day-of-run.ts';
import type { NodeRun } from '../../events/graph-events.ts';
import type { Graph, GraphNode } from '../../events/graph-state.ts';
import type { Plan, PlanInput } from '../../events/plan.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';
import type { DataText } from './data-text.ts';
import { asText, fillVariables, type Lookup, valueAt } from './fill-in.ts';

/** Everything that the prompt of one run of a node is made of. */
export interface NodeFacts {
  plan: Plan;
  graph: Graph;
  node: GraphNode;
  agent: PlanAgent;
  run: NodeRun;
  /** What the run was asked. */
  task: string;
  /** What the node may see of the state. */
  values: JsonObject;
  /** The item of a fan-out. */
  item: Json | undefined;
  /** What the round before brought, hidden values hidden. */
  last: JsonObject | undefined;
  /** When the run began, in milliseconds since 1970, and its id. */
  startedAt: number;
  runId: string;
}

/**
 * What names in a prompt stand for: variables of the agent first, then what every prompt knows
 * (surfaces 7). Values that nobody has read are put in as data. `context` is the text of earlier
 * results.
 */
export function promptLookup(facts: NodeFacts, data: DataText, context: () => string): Lookup {
  const { variables } = facts.agent.prompt;
  const filled = fillVariables(variables, facts.values);
  return (path) => {
    const [name = '', ...rest] = path;
    if (Object.hasOwn(filled, name)) {
      const value = valueAt(filled, path);
      if (value === undefined) return undefined;
      // What came from the state is data, what the author wrote is not.
      const isAuthors = filled[name] === variables[name];
      return isAuthors ? asText(value) : data.inline(asText(value));
    }
    if (name === 'context' && rest.length === 0) return context();
    const plain = valueAt(namesOf(facts), path);
    if (plain !== undefined) return asText(plain);
    const value = valueAt(valuesOf(facts), path);
    return value === undefined ? undefined : data.inline(asText(value));
  };
}

/** What the plan says of itself. */
function namesOf({ plan, node, agent, runId, startedAt, run }: NodeFacts): JsonObject {
  const now = new Date(startedAt).toISOString();
  const day = new Date(dayOfRun(plan, startedAt)).toISOString().slice(0, 10);
  const { id, role, description } = agent;
  return {
    ...{ RUN_ID: runId, TIMESTAMP: now, now, DATE: day },
    ...{ node: node.plan.id, node_id: node.plan.id, agent_id: id },
    agent: { id, role, description },
    workflow: { name: plan.name },
    attempt: run.attempt,
    ...(run.round !== undefined && { round: run.round }),
    ...(run.instance !== undefined && {
      fan_out_index: run.instance,
      _fan_out_index: run.instance,
    }),
  };
}

/** What came from outside or from other agents. */
function valuesOf({ plan, node, run, task, values, item, last }: NodeFacts): JsonObject {
  const inputs = Object.fromEntries(plan.inputs.map((input) => [input.name, inputValue(input)]));
  const [only, ...more] = Object.values(inputs);
  const variable = node.plan.fanOut?.variable;
  return {
    task,
    state: values,
    inputs,
    ...(only !== undefined && more.length === 0 && { input: only }),
    ...(item !== undefined && { item, fan_out_item: item }),
    ...(item !== undefined && variable && { [variable]: item }),
    ...(last && { last, result: last }),
    ...(run.said !== undefined && { said: run.said }),
  };
}

/** The value of an input, or the path of its file. */
function inputValue({ path, description }: PlanInput): Json {
  if (path !== undefined) return `inputs/${path}`;
  return parseJson(description) ?? description;
}

/** All texts in some values. */
export function textsIn(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) || isObject(value)) return [JSON.stringify(value)];
  return [String(value)];
}
