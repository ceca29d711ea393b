import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compliance } from '../../src/data/compliance.ts';
import { customToolsOption } from '../../src/data/custom-tools.ts';
import { draw } from '../../src/data/draw.ts';
import { pack } from '../../src/data/packages.ts';
import { validate } from '../../src/data/validate.ts';
import { customToolsSchema } from '../../src/models/tools.ts';
import type { TrustQuestion } from '../../src/modules/workflow-tools.ts';
import { callTool, openTools, workflowOf } from './make-tools.ts';

const SHOP = `import { tool } from 'awp-agents';
const input = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
export const price = tool({ name: 'shop.price', description: 'The price.', input, secrets: ['SHOP_KEY'], execute: () => 1 });
export const stock = tool({ name: 'shop.stock', description: 'The stock.', execute: () => 2 });
`;
const PYTHON = `from awp.tools import tool\n\n@tool("shop.weigh")\ndef weigh(id: str):\n    """Weighs."""\n    return 1\n`;

/** What the manifest declares, as the option of a run. */
const declared = (custom: object) => {
  const { folder: _, ...option } = customToolsOption('', customToolsSchema.parse(custom));
  return option;
};

describe('the tools of a workflow', () => {
  it('are those of all files when they are to be found', async () => {
    using flow = workflowOf({ 'mcp/shop.ts': SHOP, 'mcp/scale.py': PYTHON, 'mcp/README.md': '#' });
    await using tools = await openTools(flow, declared({}));
    expect(tools.tools.map(({ name, grant }) => [name, grant])).toEqual([
      ['shop.weigh', undefined],
      ['shop.price', undefined],
      ['shop.stock', undefined],
    ]);
  });

  it('are those that are declared when nothing is to be found', async () => {
    using flow = workflowOf({ 'mcp/shop.ts': SHOP, 'mcp/broken.ts': 'throw 1;' });
    const custom = {
      ...{ auto_discovery: false, auto_inject: false },
      declarations: [{ fqn: 'shop.stock', file: 'mcp/shop.ts' }],
    };
    await using tools = await openTools(flow, declared(custom));
    expect(tools.tools.map(({ name, grant }) => [name, grant])).toEqual([
      ['shop.stock', 'explicit'],
    ]);
  });

  it('are in the folder that the manifest names', async () => {
    using flow = workflowOf({ 'own/tools/shop.ts': SHOP });
    const custom = {
      source_dir: './own/tools/',
      declarations: [{ module: 'shop', tools: ['shop.price'] }],
    };
    await using tools = await openTools(flow, declared(custom));
    expect(await callTool(tools.get('shop.price'), { id: 'a' })).toMatchObject({ data: 1 });
  });

  it('are none where there is no folder, and nobody is asked', async () => {
    using flow = workflowOf({ 'workflow.awp.yaml': '' });
    await using tools = await openTools(flow, { trust: false });
    expect(tools.tools).toEqual([]);
  });

  it('the manifest says more of them than their files', async () => {
    using flow = workflowOf({ 'mcp/scale.py': PYTHON });
    const parameters = {
      type: 'object',
      properties: { id: { type: 'string', minLength: 2 } },
      required: ['id'],
    };
    const custom = {
      declarations: [
        {
          ...{ fqn: 'shop.weigh', description: 'Weighs a thing.', version: '3.0.0', parameters },
          ...{ returns: { type: 'number' }, secrets: ['SCALE_KEY'] },
          meta: { side_effects: false, idempotent: true, rate_limit: { max_per_minute: 5 } },
        },
      ],
    };
    await using tools = await openTools(flow, declared(custom));
    expect(tools.get('shop.weigh')).toMatchObject({
      ...{ description: 'Weighs a thing.', version: '3.0.0', parameters },
      ...{ returns: { type: 'number' }, secrets: ['SCALE_KEY'], sideEffects: false },
      ...{ idempotent: true, rate: { perMinute: 5 } },
    });
  });

  it.each<[string, object, RegExp]>([
    ['no file has', { fqn: 'shop.sell' }, /shop\.sell is declared, and the files does not have it/],
    [
      'another file has',
      { fqn: 'shop.price', file: 'mcp/scale.py' },
      /scale\.py does not have it; shop\.ts has it/,
    ],
    [
      'a module has not',
      { module: 'shop.ts', tools: ['shop.weigh'] },
      /shop\.ts does not have it; scale\.py has it/,
    ],
    [
      'has other arguments',
      { fqn: 'shop.price', parameters: { type: 'object', properties: { name: {} } } },
      /other arguments/,
    ],
    ['wants more secrets', { fqn: 'shop.price', secrets: [] }, /wants the secret SHOP_KEY/],
  ])(
    'a declared tool that %s is told before anything is asked',
    async (_, declaration, message) => {
      using flow = workflowOf({ 'mcp/shop.ts': SHOP, 'mcp/scale.py': PYTHON });
      await expect(
        openTools(flow, declared({ declarations: [declaration] })),
      ).rejects.toMatchObject({ code: 'tool/mismatch', message: expect.stringMatching(message) });
    },
  );

  it('two tools of one name are told', async () => {
    using flow = workflowOf({ 'mcp/a.py': PYTHON, 'mcp/b.py': PYTHON });
    await expect(openTools(flow)).rejects.toMatchObject({
      code: 'tool/mismatch',
      message: 'shop.weigh is in a.py and in b.py',
    });
  });

  it('stand for a built-in tool only when the manifest says so', async () => {
    using flow = workflowOf({ 'mcp/a.py': PYTHON.replace('shop.weigh', 'web.search') });
    await expect(openTools(flow)).rejects.toMatchObject({
      code: 'tool/mismatch',
      message: expect.stringContaining(
        'the namespace web of web.search is kept for built-in tools',
      ),
    });
    const custom = { declarations: [{ fqn: 'web.search', replaces: true }] };
    await using tools = await openTools(flow, declared(custom));
    expect(tools.tools).toHaveLength(1);
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ['a link', (mcp) => symlinkSync('/etc/hostname', join(mcp, 'link.py')), /link\.py is a link/],
    [
      'a folder behind a link',
      (mcp) => {
        rmSync(mcp, { recursive: true });
        symlinkSync('/etc', mcp);
      },
      /mcp is a link/,
    ],
    [
      'too many files',
      (mcp) => {
        mkdirSync(join(mcp, 'many'));
        for (let i = 0; i < 2000; i++) writeFileSync(join(mcp, 'many', `${i}.txt`), '');
      },
      /more than 2,000 files/,
    ],
    [
      'too many bytes',
      (mcp) => writeFileSync(join(mcp, 'large.bin'), Buffer.alloc(65 * 1024 * 1024)),
      /64 MiB/,
    ],
    [
      'more than goes into a box',
      (mcp) => writeFileSync(join(mcp, 'large.bin'), Buffer.alloc(17 * 1024 * 1024)),
      /larger than 16 MiB/,
    ],
  ])('a folder with %s is refused', async (_, make, message) => {
    using flow = workflowOf({ 'mcp/scale.py': PYTHON });
    make(join(flow.path, 'mcp'));
    await expect(openTools(flow)).rejects.toMatchObject({
      code: 'tool/unavailable',
      message: expect.stringMatching(message),
    });
  });

  it.each(['../elsewhere', '/etc', ''])('the folder cannot be %j', async (sourceDir) => {
    using flow = workflowOf({ 'mcp/scale.py': PYTHON });
    await expect(openTools(flow, { sourceDir })).rejects.toMatchObject({
      code: 'tool/unavailable',
    });
  });
});

describe('the trust in the tools of a workflow', () => {
  const canary = (path: string): Record<string, string> => ({
    'mcp/shop.ts': `import { writeFileSync } from 'node:fs';\nwriteFileSync('${path}', '');\n${SHOP}`,
    'mcp/scale.py': PYTHON,
    'mcp/lib/units.json': '[]',
  });

  it('is asked for before anything of them runs, with all files', async () => {
    using flow = workflowOf({});
    const path = join(flow.path, 'canary');
    using other = workflowOf(canary(path));
    const asked: TrustQuestion[] = [];
    const trust = (question: TrustQuestion): boolean => asked.push(question) < 0;
    await expect(openTools(other, { trust })).rejects.toMatchObject({ code: 'trust/needed' });
    expect(existsSync(path)).toBe(false);
    expect(asked).toMatchObject([
      {
        folder: join(other.path, 'mcp'),
        files: [{ path: 'lib/units.json', bytes: 2 }, { path: 'scale.py' }, { path: 'shop.ts' }],
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    await using tools = await openTools(other, { trust: true });
    expect(tools.tools).toHaveLength(3);
    expect(existsSync(path)).toBe(true);
  });

  it.each<[string, (mcp: string) => void]>([
    ['a changed file', (mcp) => writeFileSync(join(mcp, 'scale.py'), `${PYTHON}# more\n`)],
    ['a new file', (mcp) => writeFileSync(join(mcp, 'lib/more.json'), '')],
    ['a file that is gone', (mcp) => rmSync(join(mcp, 'lib/units.json'))],
  ])('is asked for again after %s', async (_, change) => {
    using flow = workflowOf({ 'mcp/scale.py': PYTHON, 'mcp/lib/units.json': '[]' });
    await (await openTools(flow, { trust: true })).close();
    await (await openTools(flow, { trust: false })).close();
    change(join(flow.path, 'mcp'));
    await expect(openTools(flow, { trust: false })).rejects.toMatchObject({ code: 'trust/needed' });
  });

  it('what looks at a workflow runs nothing of it', async () => {
    using flow = workflowOf({});
    const path = join(flow.path, 'canary');
    using other = workflowOf({
      ...canary(path),
      'mcp/bad.py': `open(${JSON.stringify(path)}, 'w')\n${PYTHON.replace('weigh', 'count')}`,
      'workflow.awp.yaml': `awp: "1.0.0"
workflow: { name: shop, version: 1.0.0, description: Sells things. }
orchestration: { engine: delegation_loop, delegation_loop: {} }
capabilities:
  custom_tools: { declarations: [{ fqn: shop.price, file: mcp/shop.ts }] }
`,
    });
    await validate(other.path);
    await compliance(other.path);
    await draw(other.path, {
      ...{ format: 'mermaid', direction: 'TD' },
      ...{ width: 80, ascii: true },
    });
    await pack(other.path, { output: join(flow.path, 'shop.awp.zip') });
    expect(existsSync(join(flow.path, 'shop.awp.zip'))).toBe(true);
    expect(existsSync(path)).toBe(false);
  });
});
