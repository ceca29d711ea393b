import type { Finding } from '../../base/diagnostic.ts';
import { nearest } from '../../base/nearest.ts';
import {
  entriesAt,
  itemsAt,
  nodeAt,
  type Place,
  scalarAt,
  type YamlNode,
} from '../../base/yaml-node.ts';
import type { Workflow } from '../../models/workflow.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { graphOf } from '../view.ts';

const share = (from: string): string =>
  graph(`- { id: planner, agent: planner }
- { id: writer, agent: writer, depends_on: [planner], share_input: { ${from}: [plan] } }`);

/** S16: agents that are named exist. */
export const s16KnownAgents: Rule = {
  code: 'S16',
  title: 'agents and nodes that other sections name are there',
  severity: 'warning',
  why: `Inputs, fallbacks, channels, sharing rules and policies name agents. A name that nobody has is a
grant for nobody, which is hardly meant.`,
  bad: share('planer'),
  good: share('planner'),

  check(workflow, report) {
    const known = knownNames(workflow);
    if (known.size === 0) return;
    for (const { name, at } of named(workflow)) {
      if (name === '*' || known.has(name)) continue;
      report(unknown(name, at, known));
    }
  },
};

function unknown(name: string, at: Place, known: ReadonlySet<string>): Finding {
  const near = nearest(name, known);
  const some = `known: ${[...known].slice(0, 10).join(', ')}`;
  return {
    at,
    message: `there is no agent or node \`${name}\``,
    help: near === undefined ? some : `did you mean \`${near}\`?`,
  };
}

function knownNames(workflow: Workflow): ReadonlySet<string> {
  const nodes = graphOf(workflow).map(({ id }) => id);
  const folders = [...workflow.agents.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1));
  const ids = [...workflow.agents.values()].map(
    ({ tree }) => scalarAt(tree, 'identity', 'id')?.value,
  );
  // A delegation loop has workers whose names nobody knows beforehand.
  return new Set([...nodes, ...folders, ...ids.map(String), 'manager', 'user', 'human']);
}

interface Named {
  name: string;
  at: Place;
}

function named(workflow: Workflow): Named[] {
  const tree = workflow.manifest?.tree;
  const found: Named[] = graphOf(workflow).flatMap(({ node }) =>
    keys(nodeAt(node, 'share_input')?.kind === 'map' ? node : undefined, 'share_input'),
  );
  found.push(
    ...scalars(scalarAt(tree, 'orchestration', 'execution', 'error_handling', 'fallback_agent')),
  );
  for (const rule of itemsAt(tree, 'orchestration', 'degradation')) {
    found.push(...scalars(scalarAt(rule, 'agent')));
  }
  for (const rule of itemsAt(tree, 'state', 'sharing', 'rules')) {
    found.push(...scalars(scalarAt(rule, 'from')), ...scalars(nodeAt(rule, 'to')));
  }
  for (const channel of itemsAt(tree, 'communication', 'channels')) {
    for (const side of ['publishers', 'subscribers']) {
      found.push(...scalars(nodeAt(channel, 'participants', side)));
    }
  }
  found.push(...keys(tree, 'memory', 'access_control'));
  found.push(...keys(tree, 'security', 'access_control', 'agent_policies'));
  return found;
}

function keys(node: YamlNode | undefined, ...steps: string[]): Named[] {
  return entriesAt(node, ...steps).map(({ key, keyPlace }) => ({ name: key, at: keyPlace }));
}

/** The texts of a list, or a single one. */
function scalars(node: YamlNode | undefined): Named[] {
  if (node?.kind === 'list') return node.items.flatMap(scalars);
  return node?.kind === 'scalar' && typeof node.value === 'string'
    ? [{ name: node.value, at: node }]
    : [];
}
