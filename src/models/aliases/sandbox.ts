import type { YamlNode } from '../../base/yaml-node.ts';
import type { Alias, AliasScope } from './alias.ts';
import { aliasesOf, mapNode } from './build.ts';

const LIMITS = ['max_memory_mb', 'max_cpu_seconds', 'max_output_bytes'];

function network(node: YamlNode): YamlNode | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'boolean') return undefined;
  return mapNode(node, [['enabled', node]]);
}

function ofSandbox(scope: AliasScope, sandbox: string): Alias[] {
  const { move, shape } = aliasesOf(scope);
  return [
    ...LIMITS.map((name) =>
      move(`${sandbox}.${name}`, `${sandbox}.constraints.${name}`, { code: 'D9' }),
    ),
    shape(`${sandbox}.network`, {
      accepts: { type: 'boolean' },
      canonical: 'network: { enabled }',
      reshape: network,
    }),
    move(`${sandbox}.network_access`, `${sandbox}.network.enabled`, { code: 'D9' }),
  ];
}

/** Spellings of a box, of an agent's and of the workflow's (capabilities 2.1). */
export const sandboxAliases: readonly Alias[] = [
  ...ofSandbox('workflow', 'sandbox'),
  ...ofSandbox('agent', 'capabilities.sandbox'),
];
