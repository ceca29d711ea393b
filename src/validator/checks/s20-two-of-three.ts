import { matchesTool } from '../../base/paths.ts';
import {
  entriesAt,
  itemsAt,
  mapAt,
  type Place,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlNode,
} from '../../base/yaml-node.ts';
import type { Workflow } from '../../models/workflow.ts';
import { loop } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { customToolsOf, isOn, keyPlace, loopsOf, managersOf } from '../view.ts';

const INPUT = 'inputs:\n  orders: { type: table }\n';
const BUDGET = 'budget: { max_loops: 5, max_depth: 1 }';
const box = (network: string): string =>
  loop(BUDGET, `${INPUT}sandbox: { enabled: true, type: subprocess, network: ${network} }`);

/** S20: private data, untrusted text and a way out, all in one context. */
export const s20TwoOfThree: Rule = {
  code: 'S20',
  title: 'where work is delegated, no agent has private data, untrusted text and a way out at once',
  severity: 'warning',
  why: `Text that anybody may have written can hold instructions, and a model may follow them. With private
data in the same context and a way out of it, that is enough to send the data away (threat T15). Two of
the three are safe enough. Private data are \`inputs\` and secrets; untrusted text comes from
\`web.search\`, \`http.request\`, inputs whose \`source\` is an address, and programs with a network; ways
out are these and tools of the workflow with side effects; tools that are made in a namespace with a
network are both. A way out that a person has to allow counts as
none: \`safety_envelope: { approvals: [network] }\`. What tools are allowed beside the workflow, such as on
the command line, is not looked at.`,
  bad: box('{ enabled: true, allowed_hosts: [api.example.com] }'),
  good: box('{ enabled: false }'),

  check(workflow, report) {
    const loops = loopsOf(workflow);
    const owned = privateIn(workflow);
    if (loops.length === 0 || !owned) return;
    for (const holder of [...workersOf(workflow), ...nodesOf(workflow)]) {
      const { who, at, untrusted, out } = holder;
      if (untrusted === undefined || out === undefined || isAllowedByPeople(workflow)) continue;
      report({
        at,
        message: `${who} have private data (${owned}), untrusted text (${untrusted}) and a way out (${out}) at once`,
        help: 'take one of them away, or let a person allow the way out: `safety_envelope: { approvals: [network] }`',
      });
    }
  },
};

/** What an agent holds besides private data. */
interface Holder {
  who: string;
  at: Place;
  untrusted: string | undefined;
  out: string | undefined;
}

/** Tools that ship and reach other hosts. */
const NETWORK_TOOLS = ['web.search', 'http.request'];

/** Where private data of a workflow come from; undefined when it has none. */
function privateIn({ manifest }: Workflow): string | undefined {
  const tree = manifest?.tree;
  if (entriesAt(tree, 'inputs').length > 0) return '`inputs`';
  if (itemsAt(tree, 'security', 'secrets', 'required').length > 0) return '`security.secrets`';
  return undefined;
}

/** The workers of loops: they may run programs, and tools of the workflow come along. */
function workersOf(workflow: Workflow): Holder[] {
  const { manifest } = workflow;
  const tree = manifest?.tree;
  const managers = [...workflow.agents]
    .filter(([folder]) => managersOf(workflow).has(folder))
    .map(([, agent]) => agent.tree);
  const boxes = [...managers.map((one) => networkOf(one, 'capabilities')), networkOf(tree)];
  const isClosed = loopsOf(workflow).every(({ loop: own }) => keepsOffNetwork(own));
  const programs = isClosed ? undefined : boxes.find((place) => place !== undefined);
  const made = madeNetwork(tree);
  const network = programs ?? made;
  const what = programs ? 'programs with a network' : 'tools that are made with a network';
  const own = customToolsOf(workflow).find(({ declaration }) => hasSideEffects(declaration));
  const remote = remoteInput(tree);
  const at = network ?? remote ?? own?.at;
  if (!at) return [];
  return [
    {
      ...{ who: 'the workers', at },
      untrusted: network ? what : remote && 'an input from an address',
      out: network ? what : own && `\`${String(own.name)}\``,
    },
  ];
}

/** The agents of nodes, by the tools that their files name. */
function nodesOf(workflow: Workflow): Holder[] {
  const managers = managersOf(workflow);
  return [...workflow.agents].flatMap(([folder, { tree }]): Holder[] => {
    if (managers.has(folder) || !isOn(tree, 'capabilities', 'tools', 'enabled')) return [];
    const allowed = itemsAt(tree, 'capabilities', 'tools', 'allowed');
    const denied = itemsAt(tree, 'capabilities', 'tools', 'denied').map(textOf);
    const box = networkOf(tree, 'capabilities') ?? networkOf(workflow.manifest?.tree);
    const outward = [...NETWORK_TOOLS, ...(box ? ['code.execute'] : [])];
    const who = `agents of \`${textAt(tree, 'identity', 'id') ?? folder}\``;
    const found = allowed.flatMap((at) => {
      const name = outward.find((tool) => names(textOf(at), tool) && !matchesOne(denied, tool));
      return name === undefined ? [] : [{ at, told: `\`${name}\`` }];
    });
    return found.slice(0, 1).map(({ at, told }) => ({ who, at, untrusted: told, out: told }));
  });
}

/** Whether a pattern names a tool; these tools are not among those of `*.*`. */
function names(pattern: string, tool: string): boolean {
  return !/^[*.]+$/.test(pattern) && matchesTool(pattern, tool);
}

function matchesOne(patterns: readonly string[], tool: string): boolean {
  return patterns.some((pattern) => matchesTool(pattern, tool));
}

/** Whether a loop keeps the programs of its workers off the network of the box. */
function keepsOffNetwork(own: YamlMap): boolean {
  const box = mapAt(own, 'worker_policy', 'enforced', 'sandbox');
  return box !== undefined && scalarAt(box, 'network')?.value !== true;
}

function textOf(node: YamlNode): string {
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
}

function networkOf(tree: YamlNode | undefined, ...above: string[]): Place | undefined {
  const steps = [...above, 'sandbox', 'network'];
  const hosts = itemsAt(tree, ...steps, 'allowed_hosts');
  return isOn(tree, ...steps, 'enabled') && hosts.length > 0
    ? keyPlace(tree, [...steps, 'enabled'])
    : undefined;
}

/** A namespace whose tools, which workers make, reach other hosts. */
function madeNetwork(tree: YamlNode | undefined): Place | undefined {
  if (!isOn(tree, 'dynamic_tools', 'enabled')) return undefined;
  return itemsAt(tree, 'dynamic_tools', 'allowed_namespaces').find(
    (one) =>
      itemsAt(one, 'capabilities').some((item) => textOf(item) === 'network') &&
      itemsAt(one, 'network_allowlist').length > 0,
  );
}

function hasSideEffects(declaration: YamlMap): boolean {
  return scalarAt(declaration, 'meta', 'side_effects')?.value !== false;
}

function remoteInput(tree: YamlNode | undefined): Place | undefined {
  const sources = entriesAt(tree, 'inputs').flatMap(({ value }) => scalarAt(value, 'source') ?? []);
  return sources.find(({ value }) => typeof value === 'string' && /^https?:\/\//i.test(value));
}

/** Whether a person has to allow calls that leave the run. */
function isAllowedByPeople(workflow: Workflow): boolean {
  const trees = [workflow.manifest?.tree, ...loopsOf(workflow).map(({ loop: own }) => own)];
  return trees.some((tree) =>
    itemsAt(tree, 'safety_envelope', 'approvals').some((item) =>
      ['network', 'tools'].includes(textOf(item)),
    ),
  );
}
