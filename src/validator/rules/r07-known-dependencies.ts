import { type Finding, replace } from '../../base/diagnostic.ts';
import type { Place } from '../../base/yaml-node.ts';
import { AGENT_ID } from '../../models/common.ts';
import { agentFolder } from '../../models/workflow.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { listed, Suggestions } from '../suggestions.ts';
import { graphOf } from '../view.ts';

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
    const known: Known = {
      ids,
      suggestions: new Suggestions(ids),
      list: listed('known ids', ids),
    };
    for (const { id: node, dependsOn } of nodes) {
      for (const { id, at } of dependsOn) {
        if (ids.has(id)) continue;
        const message = `\`${node}\` depends on \`${id}\`, which is not a node of this graph`;
        report({ at, message, label: 'no node has this id', ...remedy(id, at, known) });
      }
    }
  },
};

interface Known {
  ids: ReadonlySet<string>;
  suggestions: Suggestions;
  list: string;
}

function remedy(id: string, at: Place, known: Known): Pick<Finding, 'help' | 'fix'> {
  // Some write the folder of the agent where the id of the node belongs.
  const name = agentFolder(id).replace(/^agents\//, '');
  const meant = known.ids.has(name) ? name : undefined;
  const near = meant ?? known.suggestions.near(id);
  if (near === undefined) return { help: known.list };
  const help = `did you mean \`${near}\`?  ${known.list}`;
  const sure = meant ?? known.suggestions.sure(id);
  // Another text may need quotes, so it is left to the author.
  if (sure === undefined || !AGENT_ID.test(sure) || WORDS.has(sure)) return { help };
  return { help, fix: { title: `write \`${sure}\``, edits: [replace(at, sure)] } };
}

/** Ids that are no texts in YAML unless they are quoted. */
const WORDS = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off']);
