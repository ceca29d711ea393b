import type { Finding } from '../../base/diagnostic.ts';
import { hostProblem } from '../../base/hosts.ts';
import { isSecretName } from '../../base/secret.ts';
import {
  entriesAt,
  itemsAt,
  mapAt,
  nodeAt,
  type Place,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlNode,
} from '../../base/yaml-node.ts';
import type { Workflow } from '../../models/workflow.ts';
import { manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn, keyPlace, loopsOf, placeIn } from '../view.ts';

const feeds = (network: string): string =>
  manifest(
    `dynamic_tools:\n  enabled: true\n  allowed_namespaces:\n    - dynamic\n    - { name: feeds, capabilities: [network]${network} }`,
  );

/** S21: where agents may make tools, and what these can do. */
export const s21MakingTools: Rule = {
  code: 'S21',
  title: 'namespaces in which tools are made say what these can do',
  severity: 'warning',
  why: `Tools of a namespace can do what its \`capabilities\` say and nothing else. With \`network\` they
reach the hosts of \`network_allowlist\`: none when the list is empty, where the standard would allow all.
That is on purpose; \`["*"]\` is every public host. A secret that tools ask for must be one of the workflow,
with the hosts that it may go to: \`security.secrets.grants\`. Safety envelopes, \`worker_policy.enforced\`
and agents can only narrow: the fewest namespaces and the smallest number count.`,
  bad: feeds(''),
  good: feeds(', network_allowlist: [feeds.example.com]'),

  check(workflow, report) {
    const tree = workflow.manifest?.tree;
    if (!isOn(tree, 'dynamic_tools', 'enabled')) return;
    const entries = itemsAt(tree, 'dynamic_tools', 'allowed_namespaces');
    const findings = [
      ...twice(entries),
      ...entries.flatMap((entry) =>
        entry.kind === 'map' ? [...hostsOf(entry), ...secretsOf(entry, workflow)] : [],
      ),
      ...nothingLeft(workflow, entries),
      ...tooMany(workflow),
    ];
    for (const finding of findings) report(finding);
  },
};

function nameOf(entry: YamlNode): string | undefined {
  return textOf(entry) ?? textAt(entry, 'name');
}

function textOf(node: YamlNode): string | undefined {
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

function textsAt(node: YamlNode | undefined, ...steps: string[]): string[] {
  return itemsAt(node, ...steps).flatMap((item) => textOf(item) ?? []);
}

function twice(entries: readonly YamlNode[]): Finding[] {
  const seen = new Map<string, YamlNode>();
  return entries.flatMap((entry): Finding[] => {
    const name = nameOf(entry);
    const first = name === undefined ? undefined : seen.get(name);
    if (name !== undefined && !first) seen.set(name, entry);
    if (!first) return [];
    const related = [{ message: 'it stands here first', at: first }];
    const message = `the namespace \`${name}\` stands twice`;
    return [{ at: entry, message, help: 'leave one of them out', severity: 'error', related }];
  });
}

function hostsOf(entry: YamlMap): Finding[] {
  const items = itemsAt(entry, 'network_allowlist');
  const wrong = items.flatMap((at): Finding[] => {
    const host = textOf(at);
    const problem = host === undefined ? undefined : hostProblem(host);
    if (problem === undefined) return [];
    const help = 'write a host such as api.example.com, *.example.com, or * for every public host';
    return [{ at, message: problem, help, severity: 'error' }];
  });
  const hasNetwork = textsAt(entry, 'capabilities').includes('network');
  const name = nameOf(entry) ?? '';
  if (hasNetwork && items.length === 0) {
    return [
      {
        at: keyPlace(entry, ['network_allowlist']) ?? keyPlace(entry, ['capabilities']) ?? entry,
        message: `tools of \`${name}\` have a network and can reach no host`,
        help: 'add `network_allowlist: [api.example.com]`; `["*"]` is every public host',
      },
    ];
  }
  if (hasNetwork || items.length === 0) return wrong;
  const at = keyPlace(entry, ['network_allowlist']) ?? entry;
  const message = `tools of \`${name}\` have no network, so these hosts do nothing`;
  return [...wrong, { at, message, help: 'add `network` to its `capabilities`' }];
}

/** Secrets are those of the workflow, and go to hosts that its author names. */
function secretsOf(entry: YamlMap, { manifest: document }: Workflow): Finding[] {
  const tree = document?.tree;
  const secrets = mapAt(tree, 'security', 'secrets');
  const variables = itemsAt(tree, 'workflow', 'env').flatMap((one) => textAt(one, 'name') ?? []);
  const granted = mapAt(secrets, 'grants');
  const known = new Set([
    ...variables,
    ...textsAt(secrets, 'required').map((name) => name.replace(/\?$/, '')),
    ...textsAt(secrets, 'never_log'),
    ...entriesAt(granted).map(({ key }) => key),
  ]);
  return itemsAt(entry, 'secrets').flatMap((at): Finding[] => {
    const name = textOf(at);
    if (name === undefined) return [];
    if (!isSecretName(name)) {
      const message = `\`${name.slice(0, 60)}\` is no name of a secret`;
      return [{ at, message, help: 'name it like a variable, such as API_KEY', severity: 'error' }];
    }
    const help = `write security: { secrets: { grants: { ${name}: { hosts: [api.example.com] } } } }`;
    if (!known.has(name)) {
      return [{ at, message: `the workflow has no secret \`${name}\``, help }];
    }
    if (itemsAt(granted, name, 'hosts').length > 0) return [];
    return [{ at, message: `the secret \`${name}\` may go to no host, so no tool gets it`, help }];
  });
}

/** Lists of namespaces that narrow those of `dynamic_tools`, by where they stand. */
function narrowings(workflow: Workflow): { list: YamlNode; at: Place }[] {
  const trees = [workflow.manifest?.tree, ...loopsOf(workflow).map(({ loop }) => loop)];
  return trees.flatMap((one) =>
    [
      ['safety_envelope', 'allowed_namespaces'],
      ['worker_policy', 'enforced', 'allowed_namespaces'],
    ].flatMap((steps) => {
      const list = nodeAt(one, ...steps);
      return list ? [{ list, at: keyPlace(one, steps) ?? list }] : [];
    }),
  );
}

function nothingLeft(workflow: Workflow, entries: readonly YamlNode[]): Finding[] {
  const tree = workflow.manifest?.tree;
  const isWritten = nodeAt(tree, 'dynamic_tools', 'allowed_namespaces') !== undefined;
  const allowed = isWritten ? entries.flatMap((entry) => nameOf(entry) ?? []) : ['dynamic'];
  if (allowed.length === 0) {
    const at = keyPlace(tree, ['dynamic_tools', 'allowed_namespaces']);
    const message = 'no tools can be made: there is no namespace for them';
    return at ? [{ at, message, help: 'name one, such as `dynamic`' }] : [];
  }
  return narrowings(workflow).flatMap(({ list, at }): Finding[] => {
    if (textsAt(list).some((name) => allowed.includes(name))) return [];
    const message = 'no tools can be made: none of these namespaces is one of `dynamic_tools`';
    return [{ at, message, help: `name some of ${allowed.join(', ')}` }];
  });
}

/** Numbers of tools that a safety envelope cuts down. */
function tooMany(workflow: Workflow): Finding[] {
  const tree = workflow.manifest?.tree;
  const most = scalarAt(tree, 'safety_envelope', 'max_tools')?.value;
  if (typeof most !== 'number') return [];
  const loops = loopsOf(workflow).flatMap(({ loop }) => {
    const steps = ['worker_policy', 'enforced', 'codemode', 'max_tools_per_worker'];
    return [{ at: keyPlace(loop, steps), value: scalarAt(loop, ...steps)?.value }];
  });
  const agents = [...workflow.agents.values()].map((agent) => {
    const steps = ['capabilities', 'codemode', 'max_tools'];
    return { at: placeIn(agent, ...steps), value: scalarAt(agent.tree, ...steps)?.value };
  });
  return [...loops, ...agents].flatMap(({ at, value }): Finding[] => {
    if (!at || typeof value !== 'number' || value <= most) return [];
    const message = `at most ${most} tools are made: \`safety_envelope.max_tools\` is less`;
    return [{ at, message, help: `write ${most}, or raise the envelope` }];
  });
}
