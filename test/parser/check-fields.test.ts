import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { applyEdits } from '../../src/base/apply-edits.ts';
import { type Diagnostic, sortDiagnostics } from '../../src/base/diagnostic.ts';
import { plainValue, type YamlMap } from '../../src/base/yaml-node.ts';
import { field } from '../../src/models/field.ts';
import { type CheckedFields, checkFields } from '../../src/parser/check-fields.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';

const ACTS = { effect: 'data/load-workflow.ts' };

const schema = z.strictObject({
  name: field(z.string().min(2).max(8), 'Name of it.', ACTS),
  mode: field(z.enum(['fast', 'careful']), 'How.', ACTS).default('fast'),
  count: field(z.int().positive().max(10), 'How many.', ACTS).optional(),
  enabled: field(z.boolean(), 'Whether.', ACTS).optional(),
  limit: field(z.number().nullable(), 'Limit; null is none.', ACTS).default(5),
  tags: field(z.array(z.string()), 'Words.', ACTS).default([]),
  people: field(
    z.record(
      z.string(),
      z.strictObject({
        age: field(z.int(), 'Years.', ACTS),
        note: field(z.json(), 'Any.', ACTS).optional(),
      }),
    ),
    'By name.',
    ACTS,
  ).optional(),
  steps: field(
    z.array(
      z.union([
        field(z.string(), 'Name of a step.', ACTS),
        z.strictObject({
          id: field(z.string(), 'Id.', ACTS),
          after: field(z.array(z.string()), 'Before it.', ACTS).optional(),
        }),
      ]),
    ),
    'Steps.',
    ACTS,
  ).optional(),
  later: field(z.strictObject({ a: field(z.int(), 'A.').optional() }), 'Not yet.').optional(),
  ruled: field(z.string(), 'Left to a rule.', { ...ACTS, rule: 'R2' }).optional(),
});

type Value = z.infer<typeof schema>;

function check(text: string): CheckedFields<Value> {
  const { tree, diagnostics } = parseYaml(text, 'x.yaml');
  expect(diagnostics).toEqual([]);
  return checkFields(tree as YamlMap, schema);
}

function lines(found: readonly Diagnostic[]): string[] {
  return sortDiagnostics(found).map(
    ({ rule, range: { start }, message, help }) =>
      `${start.line}:${start.column} ${rule} ${message} | ${help}`,
  );
}

describe('fields that are right', () => {
  it('become a value with all defaults', () => {
    const { value, diagnostics } = check('name: ab\npeople: { ann: { age: 7, note: [1] } }');
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({
      name: 'ab',
      mode: 'fast',
      limit: 5,
      tags: [],
      people: { ann: { age: 7, note: [1] } },
    });
  });

  it('may be left empty when they may be left out; an empty limit is null', () => {
    const { value, diagnostics } = check('name: ab\nmode:\ncount:\ntags:\nlimit:\n');
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({ name: 'ab', mode: 'fast', limit: null, tags: [] });
  });
});

describe('fields that are wrong', () => {
  it.each<[string, string, string]>([
    ['another type', 'name: 5', '1:7 S1 this must be a text, not 5 | put it in quotes'],
    ['nothing', 'name:', '1:6 S1 this must be a text, not empty | write a text'],
    ['a map', 'name: { a: 1 }', '1:7 S1 this must be a text, not a map | write a text'],
    [
      'a text for a list',
      'name: ab\ntags: x',
      '2:7 S1 this must be a list, not the text `x` | write a list: [a, b]',
    ],
    [
      'a list for a map',
      'name: ab\npeople: []',
      '2:9 S1 this must be a map, not a list | write a map: { key: value }',
    ],
    ['an item', 'name: ab\ntags: [a, 1]', '2:11 S1 this must be a text, not 1 | put it in quotes'],
    ['missing', 'count: 1', '1:1 S2 `name` is missing | add `name`: Name of it.'],
    [
      'missing inside',
      'name: ab\npeople:\n  ann: {}',
      '3:3 S2 `age` is missing | add `age`: Years.',
    ],
    [
      'another word',
      'name: ab\nmode: fats',
      '2:7 S4 `fats` is not one of fast, careful | did you mean `fast`?',
    ],
    [
      'another word, nothing like it',
      'name: ab\nmode: zzzzzz',
      '2:7 S4 `zzzzzz` is not one of fast, careful | write one of fast, careful',
    ],
    ['too long', 'name: abcdefghi', '1:7 S5 this is too long | write at most 8 characters'],
    ['too short', 'name: a', '1:7 S5 this is too short | write at least 2 characters'],
    ['too small', 'name: ab\ncount: 0', '2:8 S5 0 is too small | write more than 0'],
    ['too large', 'name: ab\ncount: 11', '2:8 S5 11 is too large | write at most 10'],
    [
      'no whole number',
      'name: ab\ncount: 1.5',
      '2:8 S1 this must be a whole number, not 1.5 | write a whole number',
    ],
    [
      'a list in a union',
      'name: ab\nsteps: [[a]]',
      '2:9 S1 this cannot be a list | write a text, or a map',
    ],
    [
      'a part of an option of a union',
      'name: ab\nsteps: [{ id: a, after: 5 }]',
      '2:25 S1 this must be a list, not 5 | write a list: [a, b]',
    ],
    [
      'not known',
      'name: ab\ncuont: 1',
      '2:1 S3 `cuont` is not a field of this file | did you mean `count`?',
    ],
    [
      'not known inside, nothing like it',
      'name: ab\npeople: { ann: { age: 1, zzzzzz: 2 } }',
      '2:26 S3 `zzzzzz` is not a field of `people.ann` | known: age, note',
    ],
    [
      'not in effect',
      'name: ab\nlater: { a: 1 }',
      '2:1 S12 `later` is accepted, but not in effect yet | it can stay: this release checks it and does not act on it',
    ],
  ])('are named with place and help: %s', (_, text, wanted) => {
    expect(lines(check(text).diagnostics)).toEqual([wanted]);
  });

  it('have no value, but their tree', () => {
    const { value, tree } = check('name: 5\ncuont: 1');
    expect(value).toBeUndefined();
    expect(plainValue(tree)).toEqual({ name: 5 });
  });

  it('are left to the rule that speaks of them', () => {
    const { diagnostics, leftToRules } = check('name: ab\nruled: 5');
    expect(diagnostics).toEqual([]);
    expect(lines(leftToRules)).toEqual(['2:8 S1 this must be a text, not 5 | put it in quotes']);
  });

  it('are mended where there is only one way', () => {
    const text = 'name: 55\nmode: fats\ncuont: 1\nenabled: yes\n';
    const { diagnostics } = check(text);
    const edits = diagnostics.flatMap(({ fix }) => (fix ? [fix.edits] : []));
    expect(applyEdits(text, edits).text).toBe('name: "55"\nmode: fast\ncount: 1\nenabled: true\n');
  });
});

describe('booleans of YAML 1.1', () => {
  it.each([
    ['yes', true],
    ['Off', false],
    ['n', false],
  ])('are read as what they mean: %s', (word, wanted) => {
    const { value, diagnostics } = check(`name: ab\nenabled: ${word}`);
    expect(value?.enabled).toBe(wanted);
    expect(diagnostics.map(({ rule }) => rule)).toEqual(['D7']);
  });

  it('are texts in quotes and where texts are wanted', () => {
    expect(lines(check('name: yes').diagnostics)).toEqual([]);
    expect(check('name: ab\nenabled: "yes"').diagnostics.map(({ rule }) => rule)).toEqual(['S1']);
  });
});

describe('what stands there very often', () => {
  const many = (count: number, item: string): string =>
    Array.from({ length: count }, () => item).join(', ');

  it.each<[string, string]>([
    ['wrong items', `name: ab\ntags: [${many(150_000, '1')}]`],
    ['items in which something is missing', `name: ab\nsteps: [${many(150_000, '{}')}]`],
    ['lists where none belongs', `name: [${many(150_000, '1')}]`],
    [
      'wrong entries of a map',
      `name: ab\npeople: { ${Array.from({ length: 40_000 }, (_, at) => `p${at}: {age: x}`).join(', ')} }`,
    ],
  ])('is told 500 times at most: %s', (_, text) => {
    const { value, diagnostics } = check(text);
    expect(value).toBeUndefined();
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.length).toBeLessThanOrEqual(500);
    expect(new Set(diagnostics.map(({ rule }) => rule)).size).toBe(1);
  });

  it('is told 500 times at most: unknown keys', () => {
    const keys = Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join('\n');
    const { value, diagnostics } = check(`name: ab\n${keys}`);
    expect(value?.name).toBe('ab');
    expect(diagnostics).toHaveLength(500);
  });

  it('is read when all of it is right', () => {
    const { value, diagnostics } = check(`name: ab\ntags: [${many(50_000, 'x')}]`);
    expect(diagnostics).toEqual([]);
    expect(value?.tags).toHaveLength(50_000);
  });

  it('does not hide what is wrong beside it', () => {
    const text = `count: 11\ntags: [${many(50_000, 'x')}, 1]\nmode: fats`;
    expect(
      check(text)
        .diagnostics.map(({ rule }) => rule)
        .sort(),
    ).toEqual(['S1', 'S2', 'S4', 'S5']);
  });
});
