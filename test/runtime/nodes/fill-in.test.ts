import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillIn, fillVariables, valueAt } from '../../../src/runtime/nodes/fill-in.ts';

const lookup = (path: readonly string[]): string | undefined =>
  ({ name: 'Ada', 'a.b': '2', empty: '', nested: '{{name}}' })[path.join('.')];

const field = (path: string): string => `\${state.${path}}`;

describe('a text with names', () => {
  it.each([
    ['Hello {{name}}.', 'Hello Ada.'],
    ['{{ name }}, {{name}}', 'Ada, Ada'],
    ['{{a.b}}', '2'],
    ['[{{empty}}]', '[]'],
    ['{{unknown}} stays', '{{unknown}} stays'],
    ['{{not a name}} and {{1}}', '{{not a name}} and {{1}}'],
    ['{{{name}}} and {name}', '{{{name}}} and {name}'],
    ['{{nested}}', '{{name}}'],
    ['no names', 'no names'],
    ['{{constructor}} {{__proto__}}', '{{constructor}} {{__proto__}}'],
  ])('%j becomes %j', (text, filled) => {
    const own = (path: readonly string[]) =>
      path[0] === 'constructor' || path[0] === '__proto__' ? undefined : lookup(path);
    expect(fillIn(text, own)).toBe(filled);
  });

  it('never takes names from what is put in', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(fillIn('<{{x}}>', () => value)).toBe(`<${value}>`);
      }),
    );
  });
});

describe('variables of a prompt', () => {
  it('take fields of the state', () => {
    const state = { plan: { topics: ['a', 'b'], title: 'T' } };
    const variables = {
      title: `On ${field('plan.title')}`,
      topics: field('plan.topics'),
      second: field('plan.topics.1'),
      none: field('nobody.x'),
      number: 3,
    };
    expect(fillVariables(variables, state)).toEqual({
      title: 'On T',
      topics: '["a","b"]',
      second: 'b',
      none: field('nobody.x'),
      number: 3,
    });
  });
});

describe('the value at a path', () => {
  it.each([
    [{ a: { b: 1 } }, ['a', 'b'], 1],
    [{ a: [1, 2] }, ['a', '1'], 2],
    [{ a: [1] }, ['a', 'length'], undefined],
    [{}, ['constructor'], undefined],
    ['text', ['0'], undefined],
    [{ a: null }, ['a', 'b'], undefined],
    [{ a: null }, ['a'], null],
  ])('%j at %j is %j', (value, path, expected) => {
    expect(valueAt(value, path)).toEqual(expected);
  });
});
