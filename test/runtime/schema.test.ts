import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { schemaProblems } from '../../src/runtime/schema.ts';

describe('what does not fit a JSON Schema', () => {
  it.each<[string, JsonObject, Json, string[]]>([
    ['fits', { type: 'object', required: ['a'] }, { a: 1 }, []],
    ['has another type', { type: 'string' }, 1, ['the value must be string']],
    [
      'has a field too many',
      { properties: { a: {} }, additionalProperties: false },
      { a: 1, b: 2 },
      ['the value must NOT have additional properties ("b")'],
    ],
    [
      'is wrong deep inside',
      { properties: { a: { items: { type: 'number' } } } },
      { a: [1, 'x'] },
      ['`a.1` must be number'],
    ],
  ])('is said of a value that %s', async (_what, schema, value, wanted) => {
    expect(await schemaProblems(schema, value)).toEqual(wanted);
  });

  it.each<[string, JsonObject]>([
    ['a type that is none', { type: 'nonsense' }],
    ['a field whose schema is a number', { properties: { a: 5 } }],
    ['no choice', { anyOf: [] }],
    ['a length below zero', { minLength: -1 }],
    ['a required name that is a number', { required: [1] }],
    ['a pattern that is none', { pattern: '(' }],
    ['a reference to another document', { $ref: 'https://example.org/schema' }],
  ])('is one problem for a schema with %s', async (_what, schema) => {
    expect(await schemaProblems(schema, 'x')).toEqual([
      expect.stringMatching(/^the JSON Schema cannot be used: ./),
    ]);
  });

  it('is found by each of two schemas with the same id', async () => {
    const $id = 'https://example.org/same';
    expect(await schemaProblems({ $id, type: 'string' }, 1)).toEqual(['the value must be string']);
    expect(await schemaProblems({ $id, type: 'number' }, 1)).toEqual([]);
  });

  it('is found whatever draft the schema says it is of', async () => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    expect(await schemaProblems({ $schema, type: 'string' }, 'x')).toEqual([]);
  });
});
