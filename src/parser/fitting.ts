import type { YamlMap, YamlNode } from '../base/yaml-node.ts';
import { type Shape, shapeOf } from '../models/schema-shape.ts';

/** Of a union, the option that a node seems to be meant for. */
export function fitting(shape: Shape, node: YamlNode): Shape {
  if (shape.kind !== 'union') return shape;
  const options = shape.options.map((option) => fitting(shapeOf(option), node));
  if (node.kind === 'map') {
    const objects = options.filter((option) => option.kind === 'object');
    const [best] = objects.sort((one, other) => knownKeys(other, node) - knownKeys(one, node));
    return best ?? options.find(({ kind }) => kind === 'record') ?? shape;
  }
  if (node.kind === 'list') return options.find(({ kind }) => kind === 'list') ?? shape;
  return options.find(({ kind }) => kind === 'boolean') ?? shape;
}

function knownKeys({ fields }: Extract<Shape, { kind: 'object' }>, { entries }: YamlMap): number {
  return [...entries.keys()].filter((key) => fields.has(key)).length;
}
