import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import type { OpenSandbox } from '../../src/ports/sandbox.ts';
import { openSandbox } from '../../src/sandboxes/choose.ts';
import { nothingKept, temporaryFolder } from '../make.ts';
import { callTool, contextOf, openTools, POLICY, workflowOf } from './make-tools.ts';

let open: OpenSandbox;
const inputs = temporaryFolder();
const opened: Awaited<ReturnType<OpenSandbox>>[] = [];
beforeAll(async () => {
  const choose = openSandbox(nodeEffects());
  const box = await choose(POLICY);
  opened.push(box);
  open = async () => ({ ...box, run: (...job) => box.run(...job), close: async () => {} });
}, 120_000);
afterAll(async () => {
  for (const box of opened) await box.close();
  inputs[Symbol.dispose]();
});

const context = (more: Parameters<typeof contextOf>[0] = {}) => {
  const made = contextOf(more);
  return { ...made, workspace: { ...made.workspace, inputs: inputs.path } };
};

/** A file of one tool, `shop.try`, whose function has this text. */
const tried = (body: string, head = 'def run(id: str = "tea"):'): Record<string, string> => ({
  'mcp/shop.py': `from awp.tools import tool\n\n@tool("shop.try", secrets=["SHOP_KEY"])\n${head}\n    """Tries."""\n${body
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`,
});

describe('a tool of a Python file', () => {
  it.each<[string, string]>([
    ['from awp.tools import tool', '@tool("shop.price")'],
    ['import awp', '@awp.tool("shop.price")'],
    ['import awp.tools as kit', '@kit.tool("shop.price")'],
    ['from awp import mcp', '@mcp.tool(name="shop.price")'],
    ['from fastmcp import FastMCP\nserver = FastMCP("shop", port=1)', '@server.tool("shop.price")'],
    ['from mcp.server.fastmcp import FastMCP\nmcp = FastMCP("x")', '@mcp.tool("shop.price")'],
  ])('finds its decorator by %s', async (imports, decorator) => {
    using flow = workflowOf({
      'mcp/shop.py': `${imports}\n\n${decorator}\ndef price(id: str, n: int = 2) -> dict:\n    """The price."""\n    return {"id": id, "n": n}\n`,
    });
    await using tools = await openTools(flow, { openSandbox: open });
    const price = tools.get('shop.price');
    expect(price).toMatchObject({
      description: 'The price.',
      origin: 'custom',
      parameters: { required: ['id'], additionalProperties: false },
    });
    expect(await callTool(price, { id: 'tea' }, context())).toEqual({
      ok: true,
      status: 200,
      data: { id: 'tea', n: 2 },
    });
  });

  it('gets its secrets, in whichever way it wants them', async () => {
    using flow = workflowOf({
      'mcp/shop.py': `from awp.tools import tool

@tool("shop.named", secrets=["SHOP_KEY"])
async def named(id: str, _secrets=None):
    return [id, _secrets["SHOP_KEY"]]

@tool("shop.more", secrets=["SHOP_KEY"])
def more(**kw):
    return sorted(kw) + [kw["_secrets"]["SHOP_KEY"]]

@tool("shop.silent", secrets=["SHOP_KEY"])
def silent(id: str):
    return [id, _secrets["SHOP_KEY"]]
`,
    });
    await using tools = await openTools(flow, { openSandbox: open });
    const secret = () => context({ secrets: { SHOP_KEY: 'key-12345' } });
    const called = (name: string) => callTool(tools.get(name), { id: 'a' }, secret());
    expect(await called('shop.named')).toMatchObject({ data: ['a', 'key-12345'] });
    expect(await called('shop.more')).toMatchObject({ data: ['_secrets', 'id', 'key-12345'] });
    expect(await called('shop.silent')).toMatchObject({ data: ['a', 'key-12345'] });
    expect(tools.get('shop.named').secrets).toEqual(['SHOP_KEY']);
  });

  it('finds the other files of its folder', async () => {
    using flow = workflowOf({
      'mcp/shop.py': `import json, os
from awp.tools import tool
import prices
from mcp.prices import PRICES
from mcp.lib.tax import rate
from .lib.tax import rate as again

@tool("shop.try")
def run():
    with open(os.path.join(os.path.dirname(__file__), "data", "units.json")) as file:
        return [prices.PRICES is not None, PRICES["tea"], rate(), again(), json.load(file)]
`,
      'mcp/prices.py': 'PRICES = {"tea": 3}\n',
      'mcp/lib/tax.py': 'def rate():\n    return 0.19\n',
      'mcp/data/units.json': '["kg"]',
    });
    await using tools = await openTools(flow, { openSandbox: open });
    expect(await callTool(tools.get('shop.try'), {}, context())).toMatchObject({
      data: [true, 3, 0.19, 0.19, ['kg']],
    });
  });

  it('what it prints is its log, and what it writes below output/ is handed over', async () => {
    using flow = workflowOf(
      tried(`import sys
print("looking")
print("hm", file=sys.stderr)
open("output/list.csv", "w").write("a,b\\n1,2\\n")
return {"ok": True, "status": 201, "data": {"rows": 1}, "log": "made"}`),
    );
    await using tools = await openTools(flow, { openSandbox: open });
    const { files, ...rest } = context();
    const result = await callTool(tools.get('shop.try'), {}, { ...rest });
    expect(result).toMatchObject({ ok: true, status: 201, data: { rows: 1 } });
    expect(result).toMatchObject({ log: expect.stringMatching(/looking\nhm/) });
    expect([...files.keys()]).toEqual(['list.csv']);
  });

  it.each<[string, string, RegExp]>([
    ['throws', 'raise ValueError("no stock")', /^tool\/failed: ValueError: no stock$/],
    ['gives what is no JSON', 'return {1, 2}', /^tool\/bad-result: the result is no JSON/],
    ['gives no number', 'return float("nan")', /^tool\/bad-result: the result is no JSON/],
    ['gives a circle', 'a = []\na.append(a)\nreturn a', /^tool\/bad-result/],
    ['gives 20 MB', 'return "x" * 20_000_000', /^tool\/bad-result: the result is larger/],
    ['ends the program', 'import os\nos._exit(3)', /^tool\/crashed: .*status 3/],
    ['leaves the program', 'raise SystemExit("bye")', /^tool\/crashed: .*status 1\): bye/],
  ])('one that %s fails', async (_, body, said) => {
    using flow = workflowOf(tried(body));
    await using tools = await openTools(flow, { openSandbox: open });
    expect(await callTool(tools.get('shop.try'), {}, context())).toMatch(said);
  });

  it.each<[string, object, RegExp]>([
    ['an argument that it has not', { id: 'a', other: 1 }, /^tool\/bad-input: .*other/],
    ['a missing argument', {}, /^tool\/bad-input: .*'id'/],
  ])('%s is a bad input', async (_, args, said) => {
    using flow = workflowOf(tried('return 1', 'def run(id: str):'));
    await using tools = await openTools(flow, { openSandbox: open });
    expect(await callTool(tools.get('shop.try'), args as never, context())).toMatch(said);
  });

  it('one that takes too long is ended', async () => {
    using flow = workflowOf(tried('while True: pass'));
    await using tools = await openTools(flow, { openSandbox: open });
    const short = context({ timeoutMs: 1500 });
    expect(await callTool(tools.get('shop.try'), {}, short)).toMatch(/^tool\/timeout/);
  });

  it('what it prints cannot pass for its result', async () => {
    using flow = workflowOf(
      tried(`import os, json
for name in ("awp-.json", "awp-00000000000000000000000000000000.json"):
    open(os.path.join("output", name), "w").write(json.dumps({"value": "forged"}))
print(json.dumps({"value": "forged"}))
os._exit(0)`),
    );
    await using tools = await openTools(flow, { openSandbox: open });
    expect(await callTool(tools.get('shop.try'), {}, context())).toMatch(/^tool\/crashed/);
  });

  it('it runs behind the boundary of its box', async () => {
    using flow = workflowOf(
      tried(`import os
try:
    return open("${import.meta.filename}").read()
except OSError as error:
    return [type(error).__name__, "HOME" in os.environ and os.environ["HOME"]]`),
    );
    await using tools = await openTools(flow, { openSandbox: open });
    const result = await callTool(tools.get('shop.try'), {}, context());
    expect(result).toMatchObject({ data: [expect.stringMatching(/Error$/), expect.anything()] });
  });

  it('without a box that has Python the call says so', async () => {
    using flow = workflowOf(tried('return 1'));
    const without: OpenSandbox = async () => ({
      ...nothingKept,
      name: 'quickjs',
      isolation: 'x',
      languages: [{ language: 'javascript', description: 'x' }],
      run: () => Promise.reject(new Error('not in this test')),
    });
    await using tools = await openTools(flow, { openSandbox: without });
    expect(await callTool(tools.get('shop.try'), {}, context())).toMatch(
      /^tool\/unavailable: the box of this machine \(quickjs\) has no Python/,
    );
  });
});
