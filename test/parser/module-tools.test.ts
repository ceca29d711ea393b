import { describe, expect, it } from 'vitest';
import { moduleTools } from '../../src/parser/module-tools.ts';

const names = (text: string): string[] => moduleTools(text).map(({ name }) => name);

describe('the tools of a module’s text', () => {
  it.each<[string, string[]]>([
    [`export const a = tool({ name: 'a.b', description: 'x' });`, ['a.b']],
    [
      `export default [tool({ name: "a.b" }), tool({ description: 'x', name: \`a.c\` })];`,
      ['a.b', 'a.c'],
    ],
    [`tool({ 'name': 'a.b' })`, ['a.b']],
    [`tool({ input: { name: 'not.this' }, name: 'a.b' })`, ['a.b']],
    [`tool({ execute: () => ({ name: 'not.this' }), name: 'a.b' })`, ['a.b']],
    [`// tool({ name: 'no.comment' })\n/* tool({ name: 'no.comment' }) */`, []],
    [`const text = "tool({ name: 'no.text' })";`, []],
    [`const e = /tool({ name: 'no'/; const half = 4 / 2 / 1; tool({ name: 'a.b' })`, ['a.b']],
    ['tool({ name: NAME })', []],
    ['tool({ name: `a.$' + '{x}` })', []],
    [`other.tool({ name: 'no.tool' })`, []],
    [`tool(definition)`, []],
    [`tool({ name`, []],
    ['`unfinished', []],
    ['', []],
  ])('%j has %j', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it('tells where a name is written', () => {
    const text = `export const a = tool({ name: 'a.b' });`;
    const [one] = moduleTools(text);
    expect(text.slice(one?.from, one?.to)).toBe(`'a.b'`);
  });

  it('a megabyte is read', () => {
    expect(
      names(`${'const a = /x/.test("y") ? 1 / 2 : 3;\n'.repeat(28_000)}tool({ name: 'a.b' })`),
    ).toEqual(['a.b']);
  });
});
