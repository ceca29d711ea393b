import type { Json, JsonObject } from '../../base/json.ts';
import type { Fact } from '../../events/event.ts';
import { placeOf } from '../../events/graph-agents.ts';
import { putValue } from '../../events/graph-nodes.ts';
import { hideSensitive } from '../nodes/hide-fields.ts';
import { openState } from '../nodes/visible.ts';
import { valueIn } from './graph-expression.ts';
import type { Look } from './graph-look.ts';

/** What a sub-workflow hands to the graph around it, or why it cannot. */
type Mapped = { output: JsonObject } | { problem: string; facts: Fact[] };

/**
 * The output of a graph that is a node: its `output_mapping`, each field from an expression over the
 * graph's `state`, whose keys may stand alone, too; all outputs by node when there is none. What the
 * graph shares with nobody does not leave it, and what is sensitive around it is hidden (R14). An
 * expression without a value is a problem: a sub-workflow counts as a whole (spec, runtime 2.2).
 */
export function mapOut(look: Look): Mapped {
  const { state, frame, graph } = look;
  const place = placeOf(state, frame);
  if (!place) return { output: outputsOf(look) };
  const { sharing } = place.graph.plan.state;
  const hidden = (output: JsonObject) => ({
    output: hideSensitive({ node: place.node.plan.id }, sharing, output),
  });
  const mapping = place.node.plan.outputMapping;
  if (!mapping) return hidden(outputsOf(look));
  const open = openState(state, graph);
  const names = new Map<string, Json>([...Object.entries(open), ['state', open]]);
  const output: JsonObject = {};
  for (const [field, text] of Object.entries(mapping)) {
    const result = valueIn(look, { at: 'output_mapping', text, names });
    if ('value' in result) putValue(output, field, result.value);
    else {
      const data = {
        ...{ node: place.node.plan.id, at: 'output_mapping', expression: text },
        message: result.problem,
      };
      const problem = `output_mapping.${field} has no value: ${result.problem}`;
      return {
        problem,
        facts: [{ type: 'expression.failed', agent: place.graph.frame, data }],
      };
    }
  }
  return hidden(output);
}

/** What the nodes of a graph brought and it shares, by their ids. Looks at each node once. */
export function outputsOf({ state, graph }: Pick<Look, 'state' | 'graph'>): JsonObject {
  const open = openState(state, graph);
  return Object.fromEntries(Object.entries(open).filter(([id]) => graph.nodes.has(id)));
}
