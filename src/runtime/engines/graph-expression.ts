import { evaluate, isTrue } from '../../base/expression/evaluate.ts';
import type { Expression } from '../../base/expression/expression.ts';
import { ExpressionFailure } from '../../base/expression/failure.ts';
import { type ParsedExpression, parseExpression } from '../../base/expression/parse.ts';
import type { Json } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import type { GraphNode } from '../../events/graph-state.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';
import { type Look, namesOf } from './graph-look.ts';

/** An expression of a node, and the key of the manifest that it stands at. */
interface NodeExpression {
  at: string;
  text: string;
  /** What it may use; `state` when left out. */
  names?: ReadonlyMap<string, Json>;
}

/** What an expression came to, or why it has no value. */
type Evaluated = { value: Json } | { problem: string };

/** The value of an expression in a graph. It is read once for each graph of a plan. */
export function valueIn(
  { graph }: Pick<Look, 'graph'>,
  { text, names }: NodeExpression,
): Evaluated {
  const parsed = readOnce(graph.plan, text);
  if (!parsed.ok) return { problem: parsed.error.message };
  return evaluated(parsed.expression, names ?? namesOf(graph));
}

function evaluated(expression: Expression, names: ReadonlyMap<string, Json>): Evaluated {
  try {
    return { value: evaluate(expression, names) };
  } catch (error) {
    if (error instanceof ExpressionFailure) return { problem: error.message };
    throw error;
  }
}

/**
 * Whether an expression holds. One without a value counts as false, with the problem; that is put into
 * `facts`, too, once for each expression of a node.
 */
export function judged(
  look: Look,
  { node, facts }: { node: GraphNode; facts: Fact[] },
  expression: NodeExpression,
): { holds: boolean; problem?: string } {
  const result = valueIn(look, expression);
  if ('value' in result) return { holds: isTrue(result.value) };
  const { at, text } = expression;
  if (!node.saidFailed?.has(text)) {
    const data = { node: node.plan.id, at, expression: text, message: result.problem };
    facts.push({ type: 'expression.failed', agent: look.graph.frame, data });
  }
  return { holds: false, problem: result.problem };
}

const read = new WeakMap<PlanGraph, Map<string, ParsedExpression>>();

function readOnce(plan: PlanGraph, text: string): ParsedExpression {
  let known = read.get(plan);
  if (!known) {
    known = new Map();
    read.set(plan, known);
  }
  let parsed = known.get(text);
  if (!parsed) {
    parsed = parseExpression(text);
    known.set(text, parsed);
  }
  return parsed;
}
