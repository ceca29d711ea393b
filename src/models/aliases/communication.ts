import type { YamlNode } from '../../base/yaml-node.ts';
import type { Alias } from './alias.ts';
import { aliasesOf, scalarNode } from './build.ts';

const { move } = aliasesOf('workflow');

function toBytes(node: YamlNode): YamlNode {
  if (node.kind !== 'scalar' || typeof node.value !== 'number') return node;
  return scalarNode(node, node.value * 1024);
}

/** Spellings of bus and channels (surfaces 0.2, capabilities 6). */
export const communicationAliases: readonly Alias[] = [
  move('communication.bus.max_message_size_kb', 'communication.bus.max_message_size', {
    code: 'D3',
    convert: toBytes,
    note: 'the standard counts bytes: 1 KiB is 1,024',
  }),
  move('communication.bus.config', 'communication.bus.connection.options', { code: 'D9' }),
  move('communication.channels[].acl', 'communication.channels[].participants'),
];
