import { z } from 'zod';

/** Types of JSON Schema. */
const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;
/** Longest pattern; a linear engine reads them (reliability-security T03). */
const MAX_PATTERN = 512;

const type = z.enum(TYPES);
const whole = z.int().nonnegative();

/** Only parts of the same document can be referred to; nothing is ever fetched. */
const reference = z.string().regex(/^#/, 'must point into the same schema, such as `#/$defs/name`');

const pattern = z.string().max(MAX_PATTERN).refine(isPattern, 'is not a regular expression');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/**
 * A JSON Schema, draft 2020-12, as far as contracts, messages and tools use it, and the
 * annotations `x-awp-*` of the standard (R9, R15). Other keys pass: annotations are free.
 */
export const jsonSchema: z.ZodType = z.lazy(() => z.union([z.boolean(), keywords]));

const many = z.array(z.lazy(() => jsonSchema));
const named = z.record(
  z.string(),
  z.lazy(() => jsonSchema),
);
const one = z.lazy(() => jsonSchema);

const keywords: z.ZodType = z.looseObject({
  $ref: reference.optional(),
  $defs: named.optional(),
  definitions: named.optional(),
  type: z.union([type, z.array(type).min(1)]).optional(),
  enum: z.array(z.json()).optional(),
  const: z.json().optional(),
  properties: named.optional(),
  patternProperties: named.optional(),
  additionalProperties: one.optional(),
  propertyNames: one.optional(),
  required: z.array(z.string()).optional(),
  dependentRequired: z.record(z.string(), z.array(z.string())).optional(),
  dependentSchemas: named.optional(),
  minProperties: whole.optional(),
  maxProperties: whole.optional(),
  items: z.union([one, many]).optional(),
  prefixItems: many.optional(),
  contains: one.optional(),
  minItems: whole.optional(),
  maxItems: whole.optional(),
  uniqueItems: z.boolean().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
  minLength: whole.optional(),
  maxLength: whole.optional(),
  pattern: pattern.optional(),
  format: z.string().optional(),
  allOf: many.min(1).optional(),
  anyOf: many.min(1).optional(),
  oneOf: many.min(1).optional(),
  ...Object.fromEntries(['not', 'if', 'then', 'else'].map((name) => [name, one.optional()])),
  title: z.string().optional(),
  description: z.string().optional(),
  'x-awp-shareable': z.boolean().optional(),
  'x-awp-sensitive': z.boolean().optional(),
  'x-awp-required': z.boolean().optional(),
  'x-awp-description': z.string().optional(),
});
