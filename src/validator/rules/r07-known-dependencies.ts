import { type Finding, replace } from '../../base/diagnostic.ts';
import { nearest, onlyNearest } from '../../base/nearest.ts';
import type { Place } from '../../base/yaml-node.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { graphOf } from '../view.ts';

/** Looks for near names no more often: each look goes through all ids. */
const MOST_LOOKS = 50;

/** R7: dependencies exist. */
export const r07KnownDependencies: Rule = {
  code: 'R7',
  aliases: ['R6'],
  title: 'every entry of `depends_on` is the id of a node',
  severity: 'error',
  why: 'A node that waits for one that does not exist would wait for ever.',
  bad: graph(`- { id: planner, agent: planner }
- { id: writer, agent: writer, depends_on: [planer] }`),
  good: graph(`- { id: planner, agent: planner }
- { id: writer, agent: writer, depends_on: [planner] }`),

  check(workflow, report) {
    const nodes = graphOf(workflow);
    const ids = new Set(nodes.map(({ id }) => id).filter((id) => id !== ''));
    const dangling = nodes.flatMap(({ id: node, dependsOn }) =>
      dependsOn.filter(({ id }) => !ids.has(id)).map((on) => ({ node, ...on })),
    );
    for (const [index, { node, id, at }] of dangling.entries()) {
      const message = `\`${node}\` depends on \`${id}\`, which is not a node of this graph`;
      const suggested = suggestion(id, index < MOST_LOOKS ? ids : new Set());
      report({ at, message, label: 'no node has this id', ...suggested(at, ids) });
    }
  },
};

function suggestion(id: string, candidates: ReadonlySet<string>) {
  const near = nearest(id, candidates);
  const sure = onlyNearest(id, candidates);
  return (at: Place, ids: ReadonlySet<string>): Pick<Finding, 'help' | 'fix'> => {
    const known = `known ids: ${[...ids].slice(0, 10).join(', ')}${ids.size > 10 ? ', …' : ''}`;
    const help = near === undefined ? known : `did you mean \`${near}\`?  ${known}`;
    if (sure === undefined) return { help };
    return { help, fix: { title: `write \`${sure}\``, edits: [replace(at, sure)] } };
  };
}
