import { entriesAt, itemsAt, nodeAt, type YamlMap, type YamlNode } from '../../base/yaml-node.ts';
import { OLDER_LEVELS } from '../level.ts';
import type { Alias } from './alias.ts';
import { aliasesOf, listNode, mapNode, scalarNode, withEntries } from './build.ts';

const { move, shape } = aliasesOf('workflow');

function level(node: YamlNode): YamlNode {
  if (node.kind !== 'scalar') return node;
  return scalarNode(node, OLDER_LEVELS.get(String(node.value)) ?? node.value);
}

/** `env: {required: [...], defaults: {...}}` as the list of the standard. */
function environment(node: YamlNode): YamlNode | undefined {
  if (node.kind !== 'map') return undefined;
  const kinds = [nodeAt(node, 'required')?.kind ?? 'list', nodeAt(node, 'defaults')?.kind ?? 'map'];
  if (kinds[0] !== 'list' || kinds[1] !== 'map') return undefined;
  const required = itemsAt(node, 'required').map((item) => variable(item, node));
  const names = new Set(required.map((item) => textOf(nodeAt(item, 'name'))));
  const others = entriesAt(node, 'defaults')
    .filter(({ key }) => !names.has(key))
    .map(({ key, keyPlace, value }) =>
      mapNode(keyPlace, [
        ['name', scalarNode(keyPlace, key)],
        ['default', value],
      ]),
    );
  return listNode(node, [...required, ...others]);
}

function variable(item: YamlNode, section: YamlMap): YamlNode {
  const map = item.kind === 'scalar' ? mapNode(item, [['name', item]]) : item;
  if (map.kind !== 'map') return item;
  const name = textOf(nodeAt(map, 'name'));
  const fallback = name === undefined ? undefined : nodeAt(section, 'defaults', name);
  const entry = (key: string, value: YamlNode) => ({ key, keyPlace: value, value });
  return withEntries(map, [
    ...(map.entries.has('required')
      ? []
      : [['required', entry('required', scalarNode(map, true))] as const]),
    ...(fallback && !map.entries.has('default')
      ? [['default', entry('default', fallback)] as const]
      : []),
  ]);
}

function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** Spellings of the manifest's own sections (surfaces 0.2, 7). */
export const manifestAliases: readonly Alias[] = [
  shape('env', {
    accepts: {
      type: 'object',
      properties: { required: { type: 'array' }, defaults: { type: 'object' } },
      additionalProperties: false,
    },
    canonical: 'workflow.env: [{ name, required, default }]',
    reshape: environment,
  }),
  move('env', 'workflow.env', { code: 'D9' }),
  move('settings', 'workflow.settings', { code: 'D9' }),
  move('custom_tools', 'capabilities.custom_tools', { code: 'D9' }),
  move('workflow.conformance', 'workflow.autonomy', { code: 'D6', convert: level }),
  move('autonomy', 'workflow.autonomy', { code: 'D9' }),
  move('state.max_state_size_mb', 'state.limits.max_state_size_mb', { code: 'D9' }),
  move('state.sharing.rules[].from_agent', 'state.sharing.rules[].from'),
  move('state.sharing.rules[].to_agents', 'state.sharing.rules[].to'),
];
