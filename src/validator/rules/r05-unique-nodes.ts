import type { Place } from '../../base/yaml-node.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { graphOf } from '../view.ts';

/** R5: node ids are unique. */
export const r05UniqueNodes: Rule = {
  code: 'R5',
  aliases: ['R2'],
  title: 'ids of nodes are unique',
  severity: 'error',
  why: 'Dependencies, the state and the log name a node by its id: two of one name cannot be told apart.',
  bad: graph('- { id: writer, agent: writer }\n- { id: writer, agent: editor }'),
  good: graph('- { id: writer, agent: writer }\n- { id: editor, agent: editor }'),

  check(workflow, report) {
    const seen = new Map<string, Place>();
    for (const { id, at } of graphOf(workflow)) {
      if (id === '') continue;
      const first = seen.get(id);
      if (!first) {
        seen.set(id, at);
        continue;
      }
      report({
        at,
        message: `there are two nodes with the id \`${id}\``,
        label: 'the second one',
        help: 'give one of them another id; an agent may serve several nodes',
        related: [{ message: 'the first one', at: first }],
      });
    }
  },
};
