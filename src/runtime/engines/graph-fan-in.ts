import { evaluate } from '../../base/expression/evaluate.ts';
import { ExpressionFailure } from '../../base/expression/failure.ts';
import { parseExpression } from '../../base/expression/parse.ts';
import { referencesOf } from '../../base/expression/references.ts';
import { kindOf, Work } from '../../base/expression/values.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { GraphNode, NodeTry } from '../../events/graph-state.ts';
import type { PlanFanIn } from '../../events/plan-graph.ts';

/** What comes of the results of a fan-out. */
export type Joined =
  | { output: JsonObject; confidence: number }
  /** A tool puts them together. */
  | { tool: string; args: JsonObject }
  /** The expression of `reduce` has no value. */
  | { expression: string; message: string };

const MERGE: PlanFanIn = { strategy: 'merge' };

/**
 * Puts the results of all instances of a node together (spec, runtime 2.8; decision 28). Instances
 * that failed are `{error, confidence: 0}` in the lists of `merge`, `concat` and `custom`; `reduce`,
 * `first` and `majority` leave them out. The mean of confidences counts them as 0.
 */
export function joinResults(node: GraphNode): Joined {
  const { strategy, tool = '' } = node.plan.fanIn ?? MERGE;
  switch (strategy) {
    case 'merge':
      return whole(node, { [listField(node)]: itemsOf(node) });
    case 'concat':
      return whole(node, { [listField(node)]: itemsOf(node), ...flattened(node) });
    case 'reduce':
      return reduced(node);
    case 'first':
      return one(node, node.instances?.[node.fan?.first ?? 0]);
    case 'majority':
      return majority(node);
    case 'custom':
      return { tool, args: { items: itemsOf(node) } };
  }
}

/** What is kept of a fan-out that fails: what `merge` makes of the instances that were started. */
export function keptResults(node: GraphNode): JsonObject {
  return whole(node, { [listField(node)]: itemsOf(node) }).output;
}

/**
 * The output of a fan-out over something that is no list, or an empty one (spec, runtime 2.8): that is
 * no failure of the node.
 */
export function noResults(node: GraphNode, source: Json | undefined): JsonObject {
  const error = `the source ${node.plan.fanOut?.source ?? ''} ${whyNot(source)}`;
  return { error, [listField(node)]: [], _fan_out_count: 0, confidence: 0 };
}

function whyNot(source: Json | undefined): string {
  if (source === undefined) return 'is not in the state';
  return Array.isArray(source) ? 'is an empty list' : `is ${kindOf(source)}, not a list`;
}

/** Results in the order of the items, with an `error` in the place of one that failed. */
function itemsOf({ instances = [] }: GraphNode): Json[] {
  return Array.from({ length: instances.length }, (_, index): Json => {
    const { output, failure } = instances[index] ?? {};
    return output ?? { error: failure?.message ?? 'it was not started', confidence: 0 };
  });
}

/** The instances that ended well, in the order of the items. */
function wellEnded({ instances = [] }: GraphNode): { output: JsonObject; confidence: number }[] {
  return instances.flatMap((instance) => {
    const { output, confidence = 0 } = instance ?? {};
    return output ? [{ output, confidence }] : [];
  });
}

function listField({ plan }: GraphNode): string {
  return plan.fanIn?.targetField ?? 'items';
}

function whole(node: GraphNode, fields: JsonObject): { output: JsonObject; confidence: number } {
  const count = node.instances?.length ?? 0;
  const sum = wellEnded(node).reduce((total, { confidence }) => total + confidence, 0);
  const confidence = count === 0 ? 0 : sum / count;
  return { output: { ...fields, _fan_out_count: count, confidence }, confidence };
}

/** The items of all lists that the results have under a name, as one list under that name. */
function flattened(node: GraphNode): JsonObject {
  const fields = new Map<string, Json[]>();
  for (const { output } of wellEnded(node)) {
    for (const [name, value] of Object.entries(output)) {
      if (!Array.isArray(value)) continue;
      const list = fields.get(name) ?? [];
      for (const item of value) list.push(item);
      fields.set(name, list);
    }
  }
  return Object.fromEntries(fields);
}

/** The result of a single instance stands for all. */
function one(
  node: GraphNode,
  instance: Pick<NodeTry, 'output' | 'confidence'> | undefined,
): Joined {
  const { output = {}, confidence = 0 } = instance ?? {};
  const field = node.plan.fanIn?.targetField;
  const count = { _fan_out_count: node.fan?.count ?? 0 };
  if (field === undefined) return { output: { ...output, ...count }, confidence };
  return { output: { [field]: output, ...count, confidence }, confidence };
}

/** What most instances said; confidence does not count as said. Of equal numbers the earliest wins. */
function majority(node: GraphNode): Joined {
  const votes = new Map<string, { output: JsonObject; confidence: number; count: number }>();
  let most = { output: {}, confidence: 0, count: 0 };
  for (const { output, confidence } of wellEnded(node)) {
    const { confidence: _, ...said } = output;
    const key = canonicalJson(said);
    const vote = votes.get(key) ?? { output, confidence: 0, count: 0 };
    vote.count += 1;
    vote.confidence += confidence;
    votes.set(key, vote);
  }
  for (const vote of votes.values()) if (vote.count > most.count) most = vote;
  return one(node, { output: most.output, confidence: most.confidence / Math.max(1, most.count) });
}

/**
 * The expression over `acc` and `item`, from the second result on; `acc` is the first at the start.
 * Results are maps and an expression makes none: a value that is no map becomes the field of `acc`
 * that the expression takes, so that `acc.score + item.score` is a sum whatever the target field is
 * called. Where it takes several, or none, the value is in `acc` under the target field. The whole
 * reduction may look at as much as one expression.
 */
function reduced(node: GraphNode): Joined {
  const { targetField = 'result', expr = '' } = node.plan.fanIn ?? MERGE;
  const [first, ...rest] = wellEnded(node);
  const field = fieldOfAcc(expr) ?? targetField;
  const work = new Work();
  let acc = first?.output ?? {};
  for (const { output } of rest) {
    const value = worth(expr, { acc, item: output }, work);
    if ('message' in value) return { expression: expr, message: value.message };
    acc = isObject(value.is) ? value.is : { [field]: value.is };
  }
  const at = [field, targetField].find((name) => Object.hasOwn(acc, name));
  return whole(node, { [targetField]: (at === undefined ? undefined : acc[at]) ?? acc });
}

/** The field of `acc` that an expression takes, if it is one and takes nothing else of it. */
function fieldOfAcc(text: string): string | undefined {
  const parsed = parseExpression(text);
  if (!parsed.ok) return undefined;
  const taken = referencesOf(parsed.expression).filter(({ name }) => name === 'acc');
  const fields = new Set(taken.map(({ path }) => path[0]));
  return fields.size === 1 && taken.every(({ path }) => path.length === 1)
    ? taken[0]?.path[0]
    : undefined;
}

/** What an expression is worth, or why it has no value. */
function worth(
  text: string,
  names: Readonly<Record<'acc' | 'item', Json>>,
  work: Work,
): { is: Json } | { message: string } {
  const parsed = parseExpression(text);
  if (!parsed.ok) return { message: parsed.error.message };
  try {
    return { is: evaluate(parsed.expression, new Map(Object.entries(names)), work) };
  } catch (error) {
    if (error instanceof ExpressionFailure) return { message: error.message };
    throw error;
  }
}
