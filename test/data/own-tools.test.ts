import { describe, expect, it } from 'vitest';
import * as entry from '../../src/data/module-entry.ts';
import { type OwnTool, toTools } from '../../src/data/own-tools.ts';
import { tool } from '../../src/data/tool.ts';
import { callTool } from '../modules/make-tools.ts';

const price = tool({ name: 'shop.price', description: 'x', execute: () => 1 });
const names = (...given: readonly unknown[]): string[] => toTools(given).map(({ name }) => name);

function stockLevel({ id }: { id: string }): string {
  return `many of ${id}`;
}

describe('tools of one’s own', () => {
  it('are what tool() gives, plain objects, functions and lists of them', () => {
    const given: readonly OwnTool[] = [
      price,
      { name: 'shop.list', handler: () => [] },
      stockLevel,
      [{ name: 'shop.buy', description: 'Buys.', secrets: ['KEY'], execute: () => 1 }],
    ];
    const tools = toTools(given);
    expect(tools.map(({ name }) => name)).toEqual([
      'shop.price',
      'shop.list',
      'own.stock_level',
      'shop.buy',
    ]);
    expect(tools[3]?.secrets).toEqual(['KEY']);
  });

  it('a plain object without a schema takes all arguments, and its name describes it', async () => {
    const [echo] = toTools([{ name: 'shop.echo', handler: (args: unknown) => args }]);
    expect(echo).toMatchObject({ description: 'shop.echo', parameters: { type: 'object' } });
    expect(await callTool(echo!, { any: [1] })).toMatchObject({ data: { any: [1] } });
  });

  it('a function is called with the arguments', async () => {
    const [level] = toTools([stockLevel]);
    expect(await callTool(level!, { id: 'tea' })).toMatchObject({ data: 'many of tea' });
  });

  it.each<[string, unknown, RegExp]>([
    ['a text', 'shop.price', /string is no tool/],
    ['null', null, /null is no tool/],
    [
      'a function without a name',
      (
        () => () =>
          1
      )(),
      /has no name for a tool/,
    ],
    ['an object without a function', { name: 'shop.x' }, /needs a function/],
    ['an object without a name', { handler: () => 1 }, /not the name of a tool/],
    ['a reserved namespace', { name: 'file.x', handler: () => 1 }, /is kept for/],
  ])('%s is none', (_, given, message) => {
    expect(() => names(given)).toThrow(message);
  });

  it('have one name each', () => {
    expect(() => names(price, [price])).toThrow('there are two tools shop.price');
  });

  it('are made with the same functions in modules of a workflow', () => {
    expect(entry).toMatchObject({ tool, toTools, isTool: expect.any(Function) });
    expect(entry.plainJson({ at: new Date(0) })).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(new entry.AwpError('tool/failed', 'x').family).toBe('tool');
  });
});
