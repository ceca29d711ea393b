import { entriesAt, nodeAt, textAt, type YamlNode } from '../base/yaml-node.ts';

/** Keywords that tell a JSON Schema by what they hold: a field may be called `required` too. */
const KEYWORDS: ReadonlyMap<string, (value: YamlNode) => boolean> = new Map([
  ...['$schema', '$ref'].map((key) => [key, isText] as const),
  ...['anyOf', 'oneOf', 'allOf', 'required'].map((key) => [key, isList] as const),
  ['properties', (value) => value.kind === 'map' && !isText(nodeAt(value, 'type'))],
  ['additionalProperties', (value) => !isText(value)],
]);
const SCHEMA_TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** Types of a field in the map form, with the names that Python models use (surfaces 7.9). */
export const FIELD_TYPES: ReadonlyMap<string, string> = new Map([
  ...SCHEMA_TYPES.map((type) => [type, type] as const),
  ['str', 'string'],
  ['text', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['list', 'array'],
  ['dict', 'object'],
  ['map', 'object'],
  ['any', 'any'],
]);

/** How a contract is written: a JSON Schema, or fields with their types. */
export function contractForm(contract: YamlNode): 'json-schema' | 'fields' | undefined {
  if (contract.kind !== 'map') return undefined;
  const { entries } = contract;
  const type = textAt(contract, 'type');
  if ([...entries.values()].some(({ key, value }) => KEYWORDS.get(key)?.(value))) {
    return 'json-schema';
  }
  return type !== undefined && SCHEMA_TYPES.includes(type) ? 'json-schema' : 'fields';
}

function isText(node: YamlNode | undefined): boolean {
  return node?.kind === 'scalar' && typeof node.value === 'string';
}

function isList({ kind }: YamlNode): boolean {
  return kind === 'list';
}

/** A field that a contract promises. */
export interface ContractField {
  name: string;
  /** Its place, and what is said of it. */
  value: YamlNode;
  sensitive: boolean;
  shareable: boolean;
}

/** The fields at the top of a contract, in both forms. */
export function contractFields(contract: YamlNode | undefined): ContractField[] {
  if (!contract) return [];
  const schema = contractForm(contract) === 'json-schema';
  const fields = schema ? entriesAt(contract, 'properties') : entriesAt(contract);
  const prefix = schema ? 'x-awp-' : '';
  return fields.map(({ key, value }) => ({
    name: key,
    value,
    sensitive: flag(value, `${prefix}sensitive`, false),
    shareable: flag(value, `${prefix}shareable`, true),
  }));
}

function flag(node: YamlNode, name: string, fallback: boolean): boolean {
  const at = nodeAt(node, name);
  return at?.kind === 'scalar' && typeof at.value === 'boolean' ? at.value : fallback;
}
