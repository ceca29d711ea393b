import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../src/base/json.ts';
import type { CodeLanguage } from '../../../../src/events/creation.ts';
import { schemaCheck } from '../../../../src/tools/created/checks/schema.ts';
import { contextFor, draftOf, placeWith } from './checking.ts';

const look = async (parameters: Json, language: CodeLanguage = 'python') =>
  await schemaCheck.check(
    draftOf(language, 'x', { parameters: parameters as JsonObject }),
    placeWith(),
    contextFor(),
  );

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});

/** Definitions that each refer to the next one twice. */
function doubling(levels: number): JsonObject {
  const $defs: JsonObject = { [`d${levels}`]: {} };
  for (let at = 0; at < levels; at++) {
    const $ref = `#/$defs/d${at + 1}`;
    $defs[`d${at}`] = { allOf: [{ $ref }, { $ref }] };
  }
  return object({ x: { $ref: '#/$defs/d0' } }, { $defs });
}

function nested(levels: number): JsonObject {
  let schema: JsonObject = {};
  for (let at = 0; at < levels; at++) schema = { not: schema };
  return schema;
}

describe('parameters are refused that are', () => {
  it.each<[string, Json, string]>([
    ['no object', [], 'no JSON Schema object'],
    ['nothing', null, 'no JSON Schema object'],
    ['of no type', {}, '`parameters.type` is missing'],
    ['a list', { type: 'array' }, '`parameters.type` is'],
    ['perhaps nothing', { type: ['object', 'null'], properties: {} }, '`parameters.type` is'],
    ['a list of properties', { type: 'object', properties: [] }, 'is no object'],
    ['of unknown types', object({ x: { type: 'text' } }), 'cannot be used'],
    ['of properties that are no schemas', object({ x: 1 }), 'cannot be used'],
    ['deep', object({ x: nested(30) }), 'nested deeper than 24'],
    [
      'wide',
      object({ x: { enum: Array.from({ length: 5000 }, (_, at) => at) } }),
      'more than 4000',
    ],
    ['of 1 MB', object({ x: { enum: ['a'.repeat(1_000_000)] } }), 'more than 32 Ki'],
    [
      'full of arguments',
      object(Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`a${at}`, {}]))),
      'more than 100 arguments',
    ],
    [
      'in another document',
      object({ x: { $ref: 'https://example.com/a' } }),
      'is out of this schema',
    ],
    ['in a file', object({ x: { $ref: 'file:///etc/passwd#/a' } }), 'is out of this schema'],
    ['in themselves', object({ x: { $ref: '#' } }), 'leads back to itself'],
    ['in a circle', object({ x: { items: { $ref: '#/properties/x' } } }), 'leads back to itself'],
    ['nowhere', object({ x: { $ref: '#/$defs/y' } }), 'leads nowhere'],
    ['in a prototype', object({ x: { $ref: '#/toString/name' } }), 'leads nowhere'],
    ['a badly coded place', object({ x: { $ref: '#/%' } }), 'leads nowhere'],
    [
      'known by an identity',
      object({ x: { $id: 'https://example.com/a' } }),
      '`$id` is not available',
    ],
    ['known while they are used', object({ x: { $dynamicRef: '#a' } }), '`$dynamicRef` is not'],
    ['twice as many on each level', doubling(30), 'when `$ref` is followed'],
    [
      'a long chain',
      object(
        { x: { $ref: '#/$defs/c0' } },
        {
          $defs: Object.fromEntries(
            Array.from({ length: 300 }, (_, at) => [
              `c${at}`,
              at === 299 ? {} : { $ref: `#/$defs/c${at + 1}` },
            ]),
          ),
        },
      ),
      'are in each other',
    ],
    ['patterns with a look back', object({ x: { pattern: '(?<=a)b' } }), 'cannot be used'],
    ['broken patterns', object({ x: { pattern: '(' } }), 'cannot be used'],
    ['named like what is there anyway', object({ _secrets: {} }), 'of what every tool gets'],
    ['no words', object({ 'a b': {} }), 'cannot be the name of an argument'],
    ['numbers', object({ '1': {} }), 'cannot be the name of an argument'],
    ['long', object({ ['a'.repeat(65)]: {} }), 'cannot be the name of an argument'],
    ['words of Python', object({ class: {} }), 'cannot be the name of an argument'],
    ['names with a meaning', object({ constructor: {} }), 'have the key constructor'],
    [
      'names with a meaning of their own',
      JSON.parse('{"type":"object","properties":{"__proto__":{}}}'),
      'have the key __proto__',
    ],
  ])('%s', async (_, parameters, error) => {
    expect(await look(parameters)).toMatchObject({
      ...{ stage: 'schema', status: 400, category: 'validation', repairable: true },
      error: expect.stringContaining(error),
    });
  });

  it('required, but not described', async () => {
    expect(await look(object({ x: {} }, { required: ['x', 'y'] }))).toMatchObject({
      category: 'schema_mismatch',
      error: '`required` names "y", which `properties` does not have',
    });
  });
});

describe('parameters may be', () => {
  it.each<[string, JsonObject, CodeLanguage]>([
    ['none', { type: 'object' }, 'python'],
    ['without a type', { properties: { x: { type: 'string' } } }, 'python'],
    ['words of Python, elsewhere', object({ class: {}, from: {} }), 'javascript'],
    [
      'described at length',
      object(
        { x: { $ref: '#/$defs/a~1b' }, y: { items: { $ref: '#/$defs/a~1b' } } },
        { $defs: { 'a/b': { type: 'string' } } },
      ),
      'python',
    ],
    [
      'catastrophic for other readers of patterns',
      object({ x: { type: 'string', pattern: '^(a+)+$' } }),
      'python',
    ],
    [
      'with words of schemas as names',
      object({ x: { properties: { $ref: {}, $id: {} }, default: { $ref: 'x' } } }),
      'python',
    ],
    [
      'required',
      object(
        { x: { type: 'integer', minimum: 1 } },
        { required: ['x'], additionalProperties: false },
      ),
      'typescript',
    ],
  ])('%s', async (_, parameters, language) => {
    expect(await look(parameters, language)).toBeUndefined();
  });
});
