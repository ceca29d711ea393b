import type { z } from 'zod';
import { shapeOf } from '../../src/models/schema-shape.ts';

/** Every field of a schema with its path: `[]` for items of lists, `*` for keys of free maps. */
export function* fieldsOf(schema: z.ZodType, path = ''): Generator<[string, z.ZodType]> {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'object':
      for (const [key, inner] of shape.fields) {
        const at = path === '' ? key : `${path}.${key}`;
        yield [at, inner];
        yield* fieldsOf(inner, at);
      }
      return;
    case 'record':
      yield* fieldsOf(shape.value, `${path}.*`);
      return;
    case 'list':
      yield* fieldsOf(shape.item, `${path}[]`);
      return;
    case 'union':
      for (const option of shape.options) yield* fieldsOf(option, path);
      return;
    case 'boolean':
    case 'opaque':
    case 'value':
  }
}

/** The last name of a path: `graph[].loop.type` is `type`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).replaceAll('[]', '');
}
