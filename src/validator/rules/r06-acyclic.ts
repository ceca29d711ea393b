import { cyclesOf } from '../../base/graph.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { type GraphNode, graphOf } from '../view.ts';

/** R6: the graph has no cycle. */
export const r06Acyclic: Rule = {
  code: 'R6',
  aliases: ['R7'],
  title: 'the graph has no cycle',
  severity: 'error',
  why: `A node starts when those before it have ended; in a cycle none could ever start. Repetition is
written as \`loop\` of a node, or left to a delegation loop.`,
  bad: graph(`- { id: writer, agent: writer, depends_on: [editor] }
- { id: editor, agent: editor, depends_on: [writer] }`),
  good: graph(`- { id: writer, agent: writer }
- { id: editor, agent: editor, depends_on: [writer] }`),

  check(workflow, report) {
    const nodes = new Map<string, GraphNode>();
    for (const node of graphOf(workflow)) {
      if (node.id !== '' && !nodes.has(node.id)) nodes.set(node.id, node);
    }
    const edges = new Map<string, string[]>();
    for (const { id, dependsOn } of nodes.values())
      edges.set(
        id,
        dependsOn.map((on) => on.id),
      );
    for (const cycle of cyclesOf(edges)) {
      const [first = '', second = ''] = cycle;
      const node = nodes.get(first);
      const edge = node?.dependsOn.find(({ id }) => id === second);
      if (!node) continue;
      const way = [...cycle].reverse().map((id) => `\`${id}\``);
      report({
        at: edge?.at ?? node.at,
        message: first === second ? `\`${first}\` depends on itself` : 'the graph has a cycle',
        label: 'this edge closes the cycle',
        note: shortened(way).join(' → '),
        help: 'remove one `depends_on` entry on the path',
      });
    }
  },
};

function shortened(way: readonly string[]): readonly string[] {
  return way.length <= 12
    ? way
    : [...way.slice(0, 8), `… ${way.length - 11} more …`, ...way.slice(-3)];
}
