import { describe, expect, it } from 'vitest';
import {
  AGENT_ID,
  READABLE_ID,
  READABLE_VERSION,
  SEMVER,
  TOOL_NAME,
  WORKFLOW_NAME,
} from '../../src/models/common.ts';
import { contractFields, contractForm } from '../../src/models/contract.ts';
import { jsonSchema } from '../../src/models/json-schema.ts';
import { agentFolder } from '../../src/models/workflow.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';

const long = (length: number): string => 'a'.repeat(length);

describe('names', () => {
  it.each([
    ['a version', SEMVER, '1.0.0', true],
    ['a version', SEMVER, '1.0.0-alpha.1+build.7', true],
    ['a version', SEMVER, '1.0.0-0a', true],
    ['a version', SEMVER, '1.0', false],
    ['a version', SEMVER, 'v1.0.0', false],
    ['a version', SEMVER, '01.0.0', false],
    ['a version', SEMVER, '1.0.0-01', false],
    ['a version', SEMVER, '1.0.0-', false],
    ['a version', SEMVER, '1.0.0\n', false],
    ['a version that is read', READABLE_VERSION, '1.0', true],
    ['a version that is read', READABLE_VERSION, '1.1', false],
    ['a version that is read', READABLE_VERSION, '11.0', false],
    ['a workflow', WORKFLOW_NAME, 'news-digest_2', true],
    ['a workflow', WORKFLOW_NAME, long(64), true],
    ['a workflow', WORKFLOW_NAME, long(65), false],
    ['a workflow', WORKFLOW_NAME, 'a', false],
    ['a workflow', WORKFLOW_NAME, 'News', false],
    ['a workflow', WORKFLOW_NAME, 'news-', false],
    ['a workflow', WORKFLOW_NAME, '01-news', false],
    ['an agent', AGENT_ID, 'constructor', true],
    ['an agent', AGENT_ID, long(48), true],
    ['an agent', AGENT_ID, long(49), false],
    ['an agent', AGENT_ID, 'a', false],
    ['an agent', AGENT_ID, 'news-writer', false],
    ['an agent', AGENT_ID, 'writer_', false],
    ['an agent', AGENT_ID, '../x', false],
    ['an agent that is read', READABLE_ID, 'a', true],
    ['an agent that is read', READABLE_ID, '_', false],
    ['a tool', TOOL_NAME, 'web.search', true],
    ['a tool', TOOL_NAME, 'web', false],
    ['a tool', TOOL_NAME, 'a.b.c', false],
    ['a tool', TOOL_NAME, 'web.search\n', false],
    ['a tool', TOOL_NAME, 'dyn\u0430mic.x', false],
  ])('of %s match %s: %j is %s', (_, pattern, text, wanted) => {
    expect(pattern.test(text)).toBe(wanted);
  });

  it.each([
    ['planner', 'agents/planner'],
    ['agents/planner', 'agents/planner'],
    ['./agents/planner/', 'agents/planner'],
    ['shared/planner', 'shared/planner'],
  ])('of an agent %s is its folder %s', (reference, folder) => {
    expect(agentFolder(reference)).toBe(folder);
  });
});

describe('a contract', () => {
  it.each([
    ['{ type: object, properties: { a: { type: string } } }', 'json-schema'],
    ['{ $ref: "#/$defs/a" }', 'json-schema'],
    ['{ anyOf: [{ type: string }] }', 'json-schema'],
    ['{ type: array }', 'json-schema'],
    ['{ summary: { type: string }, confidence: { type: float } }', 'fields'],
    ['{ type: { type: string } }', 'fields'],
    ['{ type: news }', 'fields'],
    ['{}', 'fields'],
    ['schema.json', undefined],
    ['[a]', undefined],
  ])('%s is written as %s', (text, form) => {
    expect(contractForm(nodeOf(text))).toBe(form);
  });

  it.each([
    [
      '{ a: { type: string, sensitive: true }, b: { type: string, shareable: false }, c: string }',
      ['a sensitive shareable', 'b', 'c shareable'],
    ],
    [
      '{ type: object, properties: { a: { x-awp-sensitive: true }, b: { x-awp-shareable: false } } }',
      ['a sensitive shareable', 'b'],
    ],
    ['{ type: object, properties: { a: { sensitive: true } } }', ['a shareable']],
    ['{ a: { sensitive: yes } }', ['a shareable']],
    ['{ type: object }', []],
  ])('%s promises %j', (text, wanted) => {
    const said = contractFields(nodeOf(text)).map(({ name, sensitive, shareable }) =>
      [name, ...(sensitive ? ['sensitive'] : []), ...(shareable ? ['shareable'] : [])].join(' '),
    );
    expect(said).toEqual(wanted);
  });

  it('that is not there promises nothing', () => {
    expect(contractFields(undefined)).toEqual([]);
  });
});

describe('a JSON Schema', () => {
  it.each([
    [true, true],
    [{}, true],
    [{ type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: false } }, true],
    [{ type: ['string', 'null'], title: 't', 'x-awp-sensitive': true, 'x-own': 1 }, true],
    [{ if: { const: 1 }, else: {}, not: {} }, true],
    [{ pattern: '^[a-z]+$', minLength: 0 }, true],
    ['string', false],
    [{ type: 'text' }, false],
    [{ type: [] }, false],
    [{ $ref: 'https://example.com/schema.json' }, false],
    [{ $ref: 'other.json#/a' }, false],
    [{ properties: { a: { type: 'integr' } } }, false],
    [{ items: [{ type: 'string' }, { $ref: 'http://example.com' }] }, false],
    [{ anyOf: [] }, false],
    [{ required: 'a' }, false],
    [{ minLength: -1 }, false],
    [{ multipleOf: 0 }, false],
    [{ pattern: '(' }, false],
    [{ pattern: 'a'.repeat(512) }, true],
    [{ pattern: 'a'.repeat(513) }, false],
    [{ 'x-awp-sensitive': 'yes' }, false],
    [{ not: { pattern: '[' } }, false],
  ])('%j is valid: %s', (schema, valid) => {
    expect(jsonSchema.safeParse(schema).success).toBe(valid);
  });
});

function nodeOf(text: string) {
  const { tree } = parseYaml(text, 'contract.yaml');
  if (!tree) throw new Error(text);
  return tree;
}
