import { parseExpression } from '../../base/expression/parse.ts';
import { referencesOf } from '../../base/expression/references.ts';
import type { WorkflowExpression } from '../../models/workflow.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { type GraphNode, graphOf } from '../view.ts';
import { partOf } from './part-of.ts';

const when = (dependsOn: string): string =>
  graph(`- { id: planner, agent: planner }
- { id: writer, agent: writer, depends_on: [${dependsOn}], when: state.planner.ready }`);

/** X5: conditions look at what has ended. */
export const x05Upstream: Rule = {
  code: 'X5',
  title: 'a condition looks only at results of agents before it',
  severity: 'warning',
  why: `\`state.planner\` is there when \`planner\` has ended. Without a dependency on it, directly or through
others, the condition may look before, and is then false.`,
  bad: when(''),
  good: when('planner'),

  check(workflow, report) {
    const nodes = new Map(graphOf(workflow).map((node) => [node.id, node]));
    for (const expression of workflow.expressions) {
      if (expression.use !== 'condition' || expression.node === undefined) continue;
      for (const { id, at } of looksAt(expression, nodes)) {
        if (id === expression.node || isBefore(id, expression.node, nodes)) continue;
        const message = `\`${id}\` need not have ended when this is looked at`;
        report({ at, message, help: `add \`${id}\` to \`depends_on\`` });
      }
    }
  },
};

function looksAt({ at }: WorkflowExpression, nodes: ReadonlyMap<string, GraphNode>) {
  const text = String(at.value);
  const parsed = parseExpression(text);
  if (!parsed.ok) return [];
  return referencesOf(parsed.expression).flatMap((reference) => {
    const [id] = reference.path;
    const known = reference.name === 'state' && id !== undefined && nodes.has(id);
    return known ? [{ id, at: partOf(at, text, reference) }] : [];
  });
}

/** Whether one node must have ended before another one starts. Bounded for graphs of any size. */
function isBefore(id: string, node: string, nodes: ReadonlyMap<string, GraphNode>): boolean {
  const seen = new Set([node]);
  const queue = [node];
  for (let at = 0; at < queue.length && at < MOST_STEPS; at++) {
    for (const on of nodes.get(queue[at] ?? '')?.dependsOn ?? []) {
      if (on.id === id) return true;
      if (seen.has(on.id)) continue;
      seen.add(on.id);
      queue.push(on.id);
    }
  }
  return queue.length >= MOST_STEPS;
}

/** Nodes that are looked at for one reference; beyond that the benefit of the doubt is given. */
const MOST_STEPS = 1000;
