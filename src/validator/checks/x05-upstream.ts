import { referencesOf } from '../../base/expression/references.ts';
import { placesIn } from '../../base/places-in.ts';
import type { WorkflowExpression } from '../../models/workflow.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { type GraphNode, graphOf } from '../view.ts';

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
    const ancestry = new Ancestry(nodes);
    for (const expression of workflow.expressions) {
      if (expression.use !== 'condition' || expression.node === undefined) continue;
      for (const { id, at } of looksAt(expression, nodes)) {
        if (id === expression.node || ancestry.isBefore(id, expression.node)) continue;
        const message = `\`${id}\` need not have ended when this is looked at`;
        report({ at, message, help: `add \`${id}\` to \`depends_on\`` });
      }
    }
  },
};

function looksAt({ at, expression }: WorkflowExpression, nodes: ReadonlyMap<string, GraphNode>) {
  const placeOf = placesIn(at, String(at.value));
  return referencesOf(expression).flatMap((reference) => {
    const [id] = reference.path;
    const known = reference.name === 'state' && id !== undefined && nodes.has(id);
    return known ? [{ id, at: placeOf(reference.from, reference.to) }] : [];
  });
}

/** Nodes that are looked at for one reference. */
const MOST_STEPS = 1000;
/** Nodes that are looked at for all references together. */
const MOST_STEPS_IN_ALL = 500_000;

/** What comes before what. The work is bounded; beyond that the benefit of the doubt is given. */
class Ancestry {
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  #left = MOST_STEPS_IN_ALL;

  constructor(nodes: ReadonlyMap<string, GraphNode>) {
    this.#nodes = nodes;
  }

  /** Whether one node must have ended before another one starts, as far as can be seen. */
  isBefore(id: string, node: string): boolean {
    const seen = new Set([node]);
    const queue = [node];
    for (let at = 0; at < queue.length; at++) {
      if (at >= MOST_STEPS || this.#left-- <= 0) return true;
      for (const on of this.#nodes.get(queue[at] ?? '')?.dependsOn ?? []) {
        if (on.id === id) return true;
        if (seen.has(on.id)) continue;
        seen.add(on.id);
        queue.push(on.id);
      }
    }
    return false;
  }
}
