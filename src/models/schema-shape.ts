import type { z } from 'zod';
import type { FieldInfo } from './field.ts';

/** A schema by what it holds, without what is wrapped around it. */
export type Shape =
  | { kind: 'object'; fields: ReadonlyMap<string, z.ZodType>; open: boolean }
  | { kind: 'record'; value: z.ZodType }
  | { kind: 'list'; item: z.ZodType }
  | { kind: 'union'; options: readonly z.ZodType[] }
  | { kind: 'boolean' }
  /** Any JSON, or what refers to itself: nothing is known of its parts. */
  | { kind: 'opaque' }
  | { kind: 'value' };

/** What is read of zod's own description of a schema. */
interface Definition {
  type: string;
  innerType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  catchall?: z.ZodType;
  element?: z.ZodType;
  valueType?: z.ZodType;
  options?: z.ZodType[];
}

const WRAPPERS = new Set(['optional', 'default', 'nullable', 'prefault', 'readonly']);

const shapes = new WeakMap<z.ZodType, Shape>();

/** The shape of a schema; computed once for each. */
export function shapeOf(schema: z.ZodType): Shape {
  const known = shapes.get(schema);
  if (known) return known;
  const shape = compute(definition(unwrapped(schema)));
  shapes.set(schema, shape);
  return shape;
}

function compute({ type, shape, catchall, element, valueType, options }: Definition): Shape {
  switch (type) {
    case 'object': {
      const fields = new Map(Object.entries(shape ?? {}));
      return {
        kind: 'object',
        fields,
        open: catchall ? definition(catchall).type !== 'never' : false,
      };
    }
    case 'record':
      return valueType ? { kind: 'record', value: valueType } : { kind: 'opaque' };
    case 'array':
      return element ? { kind: 'list', item: element } : { kind: 'opaque' };
    case 'union':
      return { kind: 'union', options: options ?? [] };
    case 'boolean':
      return { kind: 'boolean' };
    case 'lazy':
    case 'unknown':
    case 'any':
      return { kind: 'opaque' };
    default:
      return { kind: 'value' };
  }
}

/** What a field says about itself; that of the outermost wrapper that says something. */
export function infoOf(schema: z.ZodType): Partial<FieldInfo> {
  for (let at: z.ZodType | undefined = schema; at; at = innerOf(at)) {
    const info = at.meta();
    if (info?.description !== undefined) return info as Partial<FieldInfo>;
  }
  return {};
}

/** Whether a value may be left out. */
export function isOptional(schema: z.ZodType): boolean {
  return has(schema, 'optional') || has(schema, 'default');
}

/** Whether null is a value of it. */
export function isNullable(schema: z.ZodType): boolean {
  return has(schema, 'nullable') || shapeOf(schema).kind === 'opaque';
}

function has(schema: z.ZodType, type: string): boolean {
  for (let at: z.ZodType | undefined = schema; at; at = innerOf(at)) {
    if (definition(at).type === type) return true;
  }
  return false;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let at = schema;
  for (let inner = innerOf(at); inner; inner = innerOf(at)) at = inner;
  return at;
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const { type, innerType } = definition(schema);
  return WRAPPERS.has(type) ? innerType : undefined;
}

function definition(schema: z.ZodType): Definition {
  return schema.def as unknown as Definition; // zod's types tell each kind apart by its class only
}

const acting = new WeakMap<z.ZodType, boolean>();

/** Whether a field, or any field inside of it, takes effect somewhere. */
export function takesEffect(schema: z.ZodType): boolean {
  const known = acting.get(schema);
  if (known !== undefined) return known;
  const effect = infoOf(schema).effect !== undefined || partsOf(schema).some(takesEffect);
  acting.set(schema, effect);
  return effect;
}

/** The schemas of what a schema holds. */
function partsOf(schema: z.ZodType): readonly z.ZodType[] {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'object':
      return [...shape.fields.values()];
    case 'record':
      return [shape.value];
    case 'list':
      return [shape.item];
    case 'union':
      return shape.options;
    case 'boolean':
    case 'opaque':
    case 'value':
      return [];
  }
}
