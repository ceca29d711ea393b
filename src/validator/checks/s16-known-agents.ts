import { statePath } from '../../base/paths.ts';
import {
  entriesAt,
  itemsAt,
  nodeAt,
  type Place,
  scalarAt,
  textAt,
  type YamlNode,
} from '../../base/yaml-node.ts';
import { agentName, type Workflow } from '../../models/workflow.ts';
import { graph } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { listed, Suggestions } from '../suggestions.ts';
import { graphOf, loopsOf } from '../view.ts';

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
    const suggestions = new Suggestions(known);
    const help = listed('known', known);
    // A delegation loop has workers whose names nobody knows beforehand.
    const all = loopsOf(workflow).length === 0;
    const named = [...inGraph(workflow), ...inLists(workflow), ...(all ? elsewhere(workflow) : [])];
    for (const { name, at } of named) {
      if (known.has(name)) continue;
      const near = suggestions.near(name);
      const message = `there is no agent or node \`${name}\``;
      report({ at, message, help: near === undefined ? help : `did you mean \`${near}\`?` });
    }
  },
};

function knownNames(workflow: Workflow): ReadonlySet<string> {
  const nodes = graphOf(workflow).flatMap(({ id, folder }) => [id, agentName(folder)]);
  const folders = [...workflow.agents.keys()].map(agentName);
  const ids = [...workflow.agents.values()].flatMap(
    ({ tree }) => textAt(tree, 'identity', 'id') ?? [],
  );
  const known = new Set([...nodes, ...folders, ...ids, 'manager', 'user', 'human', '*']);
  known.delete('');
  return known;
}

interface Named {
  name: string;
  at: Place;
}

/** Nodes that a node takes input from. */
function inGraph(workflow: Workflow): Named[] {
  return graphOf(workflow).flatMap(({ node }) => keys(node, 'share_input'));
}

/** The same in lists: `planner.plan` is a field of a node, unless it is one of a value of the start. */
function inLists(workflow: Workflow): Named[] {
  const tree = workflow.manifest?.tree;
  const values = new Set([
    ...keys(tree, 'inputs').map(({ name }) => name),
    ...keys(tree, 'state', 'initial').map(({ name }) => name),
    ...keys(tree, 'state', 'auto_inject').map(({ name }) => name),
    ...scalars(nodeAt(tree, 'state', 'required_fields')).map(({ name }) => name),
  ]);
  return graphOf(workflow).flatMap(({ node }) => {
    const share = nodeAt(node, 'share_input');
    return share?.kind === 'list' ? fieldsOfNodes(scalars(share), values) : [];
  });
}

function fieldsOfNodes(entries: readonly Named[], values: ReadonlySet<string>): Named[] {
  return entries.flatMap(({ name, at }) => {
    const [first = '', field] = statePath(name).split('.');
    return field === undefined || values.has(first) ? [] : [{ name: first, at }];
  });
}

/** Agents that other sections name. */
function elsewhere({ manifest }: Workflow): Named[] {
  const tree = manifest?.tree;
  const found: Named[] = [];
  found.push(
    ...scalars(scalarAt(tree, 'orchestration', 'execution', 'error_handling', 'fallback_agent')),
  );
  for (const rule of itemsAt(tree, 'orchestration', 'degradation')) {
    const fallback = scalars(scalarAt(rule, 'fallback'));
    found.push(...scalars(scalarAt(rule, 'agent')));
    found.push(...fallback.filter(({ name }) => name !== 'skip' && name !== 'cached_results'));
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
