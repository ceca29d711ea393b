import type { Plan } from '../../events/plan.ts';
import type { PlanGraph } from '../../events/plan-graph.ts';
import { hideValues } from './hide-fields.ts';

/**
 * A plan as it may be written down: what its graphs start with has `[redacted]` in the place of
 * sensitive values (R14), those of sub-workflows too. Nobody could see them anyway: prompts,
 * functions and expressions know outputs without such values as well.
 */
export function hideInitial(plan: Plan): Plan {
  const graph = plan.graph && hiddenGraph(plan.graph);
  return graph === plan.graph ? plan : { ...plan, ...(graph && { graph }) };
}

function hiddenGraph(graph: PlanGraph): PlanGraph {
  const { state } = graph;
  const initial = hideValues(state.sharing.sensitive, state.initial);
  let changed = initial !== state.initial;
  const nodes = graph.nodes.map((node) => {
    const below = node.graph && hiddenGraph(node.graph);
    if (below === node.graph) return node;
    changed = true;
    return { ...node, ...(below && { graph: below }) };
  });
  return changed ? { ...graph, nodes, state: { ...state, initial } } : graph;
}
