import { describe, expect, it } from 'vitest';
import { pythonTools } from '../../src/parser/python-tools.ts';

const first = (text: string) => pythonTools(text).tools[0];
/** The schema of one parameter. */
const parameter = (text: string): unknown => {
  const { properties } = first(`@tool("a.b")\ndef f(x${text}): pass`)?.parameters ?? {};
  return (properties as { x: unknown } | undefined)?.x;
};

describe('the tools of a Python text', () => {
  it('are functions with the decorator, with all that it says', () => {
    const text = `"""Module."""
from awp.tools import tool  # @tool("no.comment")

TEXT = '''
@tool("no.text")
def inside(): pass
'''

@cached
@tool(
    "shop.price",
    secrets=["SHOP_KEY", 'OTHER'],  # two
)
async def price(id: str, amount: float = 1.5, *, tags: list[str] = [], _secrets=None) -> dict:
    """The price.

    With tax.
    """
    def tool_like(): pass
    return {"ok": True}

def plain(): pass
`;
    const { tools, decorators } = pythonTools(text);
    expect(decorators).toEqual(['awp.tools']);
    expect(tools).toHaveLength(1);
    const [tool] = tools;
    expect(tool).toMatchObject({
      name: 'shop.price',
      description: 'The price.\n\nWith tax.',
      secrets: ['SHOP_KEY', 'OTHER'],
      async: true,
      parameters: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          amount: { type: 'number', default: 1.5 },
          tags: { type: 'array', items: { type: 'string' }, default: [] },
        },
        required: ['id'],
        additionalProperties: false,
      },
    });
    expect(text.slice(tool?.from, tool?.to)).toBe('"shop.price"');
  });

  it.each<[string, unknown]>([
    [': int', { type: 'number' }],
    [': float', { type: 'number' }],
    [': bool', { type: 'boolean' }],
    [': list', { type: 'array' }],
    [': List[int]', { type: 'array', items: { type: 'number' } }],
    [': list[dict[str, int]]', { type: 'array', items: { type: 'object' } }],
    [': tuple[int, str]', { type: 'array' }],
    [': dict', { type: 'object' }],
    [': typing.Dict[str, int]', { type: 'object' }],
    [': str', { type: 'string' }],
    [': pathlib.Path', { type: 'string' }],
    [': Any', {}],
    [': "int"', { type: 'number' }],
    [': int | None', { type: ['number', 'null'] }],
    [': Optional[List[str]]', { type: ['array', 'null'], items: { type: 'string' } }],
    [': Union[int, str]', { anyOf: [{ type: 'number' }, { type: 'string' }] }],
    [': Literal["a", "b"]', { enum: ['a', 'b'] }],
    [': Literal["a"] | None', { enum: ['a', null] }],
    [': Annotated[int, "how many"]', { type: 'number', description: 'how many' }],
    ['', { type: 'string' }],
    ['=True', { type: 'string', default: true }],
    [': int = -3', { type: 'number', default: -3 }],
    [': int = 1_000', { type: 'number', default: 1000 }],
    [': str = None', { type: ['string', 'null'], default: null }],
    [': dict = {"a": [1, None]}', { type: 'object', default: { a: [1, null] } }],
    [': str = r"\\d"', { type: 'string', default: '\\d' }],
    [': str = "a\\n\\u00e9"', { type: 'string', default: 'a\né' }],
    [': str = DEFAULT', { type: 'string' }],
    [': str = f"{a}"', { type: 'string' }],
    [': float = math.pi', { type: 'number' }],
  ])('a parameter x%s is %j', (text, schema) => {
    expect(parameter(text)).toEqual(schema);
  });

  it('has no required names and takes more when the function does', () => {
    const tool = first('@x.tool("a.b")\ndef f(self_id="1", *args, **kw): pass');
    expect(tool?.parameters).toEqual({
      type: 'object',
      properties: { self_id: { type: 'string', default: '1' } },
      additionalProperties: true,
    });
    expect(tool).toMatchObject({ async: false, description: 'a.b', secrets: [] });
  });

  it.each([
    ['@tool', []],
    ['@tool()', []],
    ['@tool(NAME)', []],
    ['@tools("a.b")', []],
    ['@tool("a.b")', ['a.b']],
    ['@x.y.tool("a.b", description="B")', ['a.b']],
    ['@x.tool(name="a.b")', ['a.b']],
    ["@x.tool(fqn='a.b')", ['a.b']],
  ])('%s declares %j', (decorator, names) => {
    const { tools } = pythonTools(`${decorator}\ndef f(): pass`);
    expect(tools.map(({ name }) => name)).toEqual(names);
  });

  it.each<[string, string[]]>([
    ['import awp\n@awp.tool("a.b")', ['awp']],
    ['import awp.kit as k, os\n@k.tool("a.b")', ['awp.kit']],
    ['from awp.kit import (x, tool as t)\n@t.tool("a.b")', ['awp.kit']],
    ['from fast import Server as S\nserver = S("x")\n@server.tool("a.b")', ['fast']],
    ['@unknown.tool("a.b")', []],
  ])('knows where the decorator of %j comes from', (text, modules) => {
    expect(pythonTools(`${text}\ndef f(): pass`).decorators).toEqual(modules);
  });

  it.each([
    ['nothing', ''],
    ['an open bracket', '@tool("a.b"\ndef f(x'],
    ['an open text', '@tool("a.b")\ndef f(x="abc\n'],
    ['an open long text', '"""abc\n@tool("a.b")'],
    ['closing brackets', ')]}\n)))'],
    ['no Python', '\u0000\u2028🦀 @@ ** -> \\'],
    ['a decorator at the end', '@tool("a.b")'],
    ['a class below the decorator', '@tool("a.b")\nclass A: pass'],
    ['brackets without end', `@tool("a.b")\ndef f(x: ${'list['.repeat(5000)}`],
    ['a million characters', `@tool("a.b")\ndef f(x): pass\n${'# x\n'.repeat(250_000)}`],
  ])('%s is read without an error', (_, text) => {
    expect(Array.isArray(pythonTools(text).tools)).toBe(true);
  });
});
