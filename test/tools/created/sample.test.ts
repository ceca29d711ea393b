import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { schemaProblems } from '../../../src/runtime/schema.ts';
import { sampleArguments } from '../../../src/tools/created/sample.ts';

const valueFor = (schema: JsonObject): Json | undefined =>
  sampleArguments({ type: 'object', properties: { x: schema } }).x;

describe('a value for a trial', () => {
  it.each<[string, JsonObject, Json]>([
    ['the default', { type: 'string', default: 'd', enum: ['e'] }, 'd'],
    ['a default that is null', { type: 'string', default: null }, null],
    ['the only one', { const: 7 }, 7],
    ['the first of a list', { type: 'string', enum: ['e', 'f'] }, 'e'],
    ['an empty text', { type: 'string' }, ''],
    ['a text of the least length', { type: 'string', minLength: 3 }, 'aaa'],
    ['a text of a format', { type: 'string', format: 'date' }, '2024-01-01'],
    ['zero', { type: 'integer' }, 0],
    ['the least number', { type: 'number', minimum: 2.5 }, 2.5],
    ['the least whole number', { type: 'integer', minimum: 2.5 }, 3],
    ['what is above a bound', { type: 'integer', exclusiveMinimum: 0 }, 1],
    ['the greatest number below zero', { type: 'integer', maximum: -4 }, -4],
    ['what is below a bound', { type: 'integer', exclusiveMaximum: 0 }, -1],
    ['a multiple', { type: 'integer', minimum: 1, multipleOf: 5 }, 5],
    ['no', { type: 'boolean' }, false],
    ['an empty list', { type: 'array', items: { type: 'string' } }, []],
    [
      'a list of the least length',
      { type: 'array', minItems: 2, items: { type: 'integer' } },
      [0, 0],
    ],
    [
      'a list with places',
      { type: 'array', prefixItems: [{ const: 1 }, { type: 'string' }] },
      [1, ''],
    ],
    ['an empty object', { type: 'object', properties: { a: { type: 'string' } } }, {}],
    [
      'an object with what is required',
      { type: 'object', required: ['a'], properties: { a: { type: 'integer' }, b: {} } },
      { a: 0 },
    ],
    ['the first of several types', { type: ['integer', 'null'] }, 0],
    ['the first of several ways', { anyOf: [{ type: 'string' }, { type: 'integer' }] }, ''],
    ['null', { type: 'null' }, null],
    ['null for what says nothing', {}, null],
    ['what properties mean', { properties: { a: {} }, required: ['a'] }, { a: null }],
  ])('is %s', (_, schema, expected) => {
    expect(valueFor(schema)).toEqual(expected);
  });

  it('is made for every property, also for those that are not required', () => {
    const properties = { a: { type: 'string' }, b: { type: 'integer' } };
    expect(sampleArguments({ type: 'object', properties, required: ['a'] })).toEqual({
      a: '',
      b: 0,
    });
  });

  it('follows references within the schema, and ends where they never do', () => {
    const properties = { a: { $ref: '#/$defs/whole' }, b: { $ref: '#/$defs/self' } };
    const $defs = { whole: { type: 'integer', minimum: 4 }, self: { $ref: '#/$defs/self' } };
    expect(sampleArguments({ type: 'object', properties, $defs })).toEqual({ a: 4, b: null });
  });

  it.each<[string, JsonObject]>([
    ['no properties', {}],
    ['properties that are a list', { properties: [] }],
    [
      'lengths that nobody has room for',
      { properties: { x: { type: 'string', minLength: 1e15 } } },
    ],
    ['a list that nobody has room for', { properties: { x: { type: 'array', minItems: 1e15 } } }],
    [
      'numbers without end',
      { properties: { x: { type: 'number', minimum: 1e308, multipleOf: 1e-300 } } },
    ],
    [
      'bounds that exclude each other',
      { properties: { x: { type: 'integer', minimum: 5, maximum: 1 } } },
    ],
    [
      'names of all objects',
      JSON.parse('{"properties":{"__proto__":{"type":"string"},"constructor":{}}}'),
    ],
    ['a reference to what every object has', { properties: { x: { $ref: '#/toString' } } }],
  ])('is bounded for %s', (_, schema) => {
    expect(JSON.stringify(sampleArguments(schema)).length).toBeLessThan(20_000);
  });

  const nested = (levels: number): JsonObject =>
    levels === 0 ? { type: 'string' } : { type: 'array', minItems: 50, items: nested(levels - 1) };
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  const referring = (to: string): JsonObject => ({
    ...{ type: 'object', required: names },
    properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${to}` }])),
  });

  it.each<[string, JsonObject]>([
    ['lists of lists', { properties: { x: nested(8) } }],
    [
      'objects that are referred to again and again',
      { ...referring('a'), $defs: { a: referring('b'), b: referring('c'), c: referring('d') } },
    ],
    [
      'a long text that is referred to again and again',
      {
        ...referring('t'),
        $defs: { t: { default: 'x'.repeat(20_000) } },
      },
    ],
    [
      'long texts in lists',
      {
        properties: {
          x: { type: 'array', minItems: 50, items: { type: 'string', minLength: 1e6 } },
        },
      },
    ],
  ])('does not multiply %s', (_, schema) => {
    expect(JSON.stringify(sampleArguments(schema)).length).toBeLessThan(1_000_000);
  });

  it('fits what a schema says of types, ranges and lengths', async () => {
    const least = fc.integer({ min: -1000, max: 1000 });
    const leaf = fc.oneof(
      least.map((minimum): JsonObject => ({ type: 'integer', minimum })),
      least.map((maximum): JsonObject => ({ type: 'number', maximum })),
      fc.nat(50).map((minLength): JsonObject => ({ type: 'string', minLength })),
      fc
        .nat(9)
        .map((minItems): JsonObject => ({ type: 'array', minItems, items: { type: 'boolean' } })),
      fc.constant<JsonObject>({ type: ['null', 'string'] }),
    );
    const object = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), leaf).map(
      (properties): JsonObject => ({
        type: 'object',
        properties,
        required: Object.keys(properties),
      }),
    );
    await fc.assert(
      fc.asyncProperty(object, async (schema) => {
        expect(await schemaProblems(schema, sampleArguments(schema))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
