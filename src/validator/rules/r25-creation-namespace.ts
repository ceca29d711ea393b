import type { Finding } from '../../base/diagnostic.ts';
import { namespaceProblem } from '../../base/tool-names.ts';
import {
  itemsAt,
  nodeAt,
  scalarAt,
  textAt,
  type YamlMap,
  type YamlNode,
} from '../../base/yaml-node.ts';
import { RESERVED_NAMESPACES } from '../../models/common.ts';
import { agent, manifest } from '../examples.ts';
import type { Rule } from '../rule.ts';
import { isOn, placeIn } from '../view.ts';

const builder = (namespace: string): Record<string, string> => ({
  'workflow.awp.yaml': manifest('dynamic_tools: { enabled: true, allowed_namespaces: [dynamic] }'),
  'agents/writer/agent.awp.yaml': agent({
    rest: `capabilities:\n  tools: { enabled: true }\n  sandbox: { enabled: true, type: subprocess }\n  codemode: { enabled: true, tool_creation: true, tool_creation_namespace: ${namespace} }`,
  })['agent.awp.yaml'],
});

/** R25: where tools may be made. */
export const r25CreationNamespace: Rule = {
  code: 'R25',
  aliases: ['R25'],
  title:
    'namespaces of made tools are not reserved, and an agent uses one that the workflow allows',
  severity: 'error',
  why: `Tools that agents make live in namespaces that the author has named, and never in that of a
built-in tool. \`dynamic\` is the namespace when none is named.`,
  bad: builder('file'),
  good: builder('dynamic'),

  check({ agents, manifest: document }, report) {
    for (const finding of document ? wrongNames(document.tree) : []) report(finding);
    const allowed = document && allowedNamespaces(document.tree);
    for (const agentDocument of agents.values()) {
      const path = ['capabilities', 'codemode'] as const;
      if (!isOn(agentDocument.tree, ...path, 'tool_creation')) continue;
      const name = textAt(agentDocument.tree, ...path, 'tool_creation_namespace') ?? 'dynamic';
      const at =
        scalarAt(agentDocument.tree, ...path, 'tool_creation_namespace') ??
        placeIn(agentDocument, ...path, 'tool_creation');
      const problem = problemOf(name, allowed);
      if (problem) report({ at, ...problem });
    }
  },
};

/** What is wrong with the namespace of an agent; where the workflow allows a wrong one, that is. */
function problemOf(
  name: string,
  allowed: readonly string[] | undefined,
): Pick<Finding, 'message' | 'help'> | undefined {
  if (allowed?.includes(name)) return undefined;
  if (RESERVED_NAMESPACES.includes(name)) {
    const message = `the namespace \`${name}\` is reserved`;
    return { message, help: 'write another one, such as `dynamic`' };
  }
  if (!allowed) return undefined;
  const message = `the namespace \`${name}\` is not allowed by the workflow`;
  const there = allowed.join(', ') || 'none';
  return { message, help: `add it to \`dynamic_tools.allowed_namespaces\`, which has ${there}` };
}

/** Names that no namespace may have, where the workflow allows them. */
function wrongNames(tree: YamlMap): Finding[] {
  return namespacesIn(tree).flatMap(({ name, at }) => {
    const message = namespaceProblem(name);
    if (message === undefined) return [];
    return [{ at, message, help: 'write another one, such as `dynamic`' }];
  });
}

function allowedNamespaces(tree: YamlMap): string[] {
  if (!nodeAt(tree, 'dynamic_tools', 'allowed_namespaces')) return ['dynamic'];
  return namespacesIn(tree).map(({ name }) => name);
}

function namespacesIn(tree: YamlMap): { name: string; at: YamlNode }[] {
  return itemsAt(tree, 'dynamic_tools', 'allowed_namespaces').flatMap((item) => {
    const at = item.kind === 'scalar' ? item : scalarAt(item, 'name');
    return typeof at?.value === 'string' ? [{ name: at.value, at }] : [];
  });
}
