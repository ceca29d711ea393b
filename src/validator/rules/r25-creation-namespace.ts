import { itemsAt, nodeAt, scalarAt, textAt, type YamlMap } from '../../base/yaml-node.ts';
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
  title: '`tool_creation_namespace` is not reserved and is in `dynamic_tools.allowed_namespaces`',
  severity: 'error',
  why: `Tools that agents make live in namespaces that the author has named, and never in that of a
built-in tool. \`dynamic\` is the namespace when none is named.`,
  bad: builder('file'),
  good: builder('dynamic'),

  check({ agents, manifest: document }, report) {
    const allowed = document && allowedNamespaces(document.tree);
    for (const agentDocument of agents.values()) {
      const path = ['capabilities', 'codemode'] as const;
      if (!isOn(agentDocument.tree, ...path, 'tool_creation')) continue;
      const name = textAt(agentDocument.tree, ...path, 'tool_creation_namespace') ?? 'dynamic';
      const at =
        scalarAt(agentDocument.tree, ...path, 'tool_creation_namespace') ??
        placeIn(agentDocument, ...path, 'tool_creation');
      if (RESERVED_NAMESPACES.includes(name)) {
        const message = `the namespace \`${name}\` is reserved`;
        report({ at, message, help: 'write another one, such as `dynamic`' });
      } else if (allowed && !allowed.includes(name)) {
        const message = `the namespace \`${name}\` is not allowed by the workflow`;
        const help = `add it to \`dynamic_tools.allowed_namespaces\`, which has ${allowed.join(', ') || 'none'}`;
        report({ at, message, help });
      }
    }
  },
};

function allowedNamespaces(tree: YamlMap): string[] {
  if (!nodeAt(tree, 'dynamic_tools', 'allowed_namespaces')) return ['dynamic'];
  return itemsAt(tree, 'dynamic_tools', 'allowed_namespaces').flatMap((item) => {
    const name = item.kind === 'scalar' ? String(item.value) : textAt(item, 'name');
    return name === undefined ? [] : [name];
  });
}
