import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BroughtOptions, bring, broughtBy, checkBrought } from '../../src/data/brought.ts';
import { sandboxPolicy } from '../../src/data/make-plan.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import { temporaryFolder, testPlan } from '../make.ts';
import { countingTool } from '../runtime/calling.ts';

const needs = (hosts: readonly string[]) => [
  { name: 'SHOP_KEY', required: true, sensitive: true, hosts },
];

function workflow(folder: string, hosts: readonly string[]): BroughtOptions['workflow'] {
  return {
    folder,
    customTools: { folder, sourceDir: 'mcp', discover: true, inject: true, tools: [] },
    secrets: { needs: needs(hosts), path: 'secrets.yaml', mustExist: false },
    skills: undefined as never,
  };
}

const variables = (folder: string) => (name: string) =>
  new Map([
    ['AWP_CONFIG_HOME', join(folder, 'config')],
    ['SHOP_KEY', 'a secret of the shop'],
  ]).get(name);

function host(folder: string): Parameters<typeof bring>[1] {
  const effects = { ...nodeEffects(), secrets: { get: variables(folder) } };
  const openSandbox = () => Promise.reject(new Error('no box in this test'));
  return { effects, openSandbox, policy: sandboxPolicy(), version: 'test' };
}

describe('a workflow that wants secrets sent to hosts', () => {
  it('has to be trusted once for exactly these hosts, whoever wrote it', async () => {
    using folder = temporaryFolder();
    const { path } = folder;
    const options = { workflow: workflow(path, ['b.example', 'a.example']) } as BroughtOptions;
    await expect(bring(options, host(path))).rejects.toMatchObject({
      code: 'trust/needed',
      message: expect.stringContaining('SHOP_KEY may go to a.example, b.example'),
    });
    await bring({ ...options, trust: true }, host(path));
    const { findSecrets } = await bring(options, host(path));
    expect((await findSecrets([])).get('SHOP_KEY')?.hosts).toEqual(['b.example', 'a.example']);
    const more = { workflow: workflow(path, ['a.example', 'b.example', 'evil.test']) };
    await expect(bring(more as BroughtOptions, host(path))).rejects.toMatchObject({
      code: 'trust/needed',
    });
  });

  it('needs no trust for secrets that no host gets', async () => {
    using folder = temporaryFolder();
    const options = { workflow: workflow(folder.path, []) } as BroughtOptions;
    await expect(bring(options, host(folder.path))).resolves.toBeDefined();
  });
});

describe('what a run began with', () => {
  const tools = [countingTool('mail.send'), 'file.*'];
  const mcp = { shop: { url: 'http://127.0.0.1:1/mcp' } };

  it('is kept in its plan by name', () => {
    expect(broughtBy({})).toBeUndefined();
    expect(broughtBy({ tools: ['file.*'] })).toBeUndefined();
    expect(broughtBy({ tools, mcp })).toEqual({ tools: ['mail.send'], servers: ['shop'] });
  });

  it.each([
    [{ tools, mcp }, undefined],
    [{ mcp }, /the tool mail\.send/],
    [{ tools }, /the MCP server shop/],
  ])('must be given again: %#', (given, missing) => {
    const plan = testPlan({ tools, mcp });
    const check = () => checkBrought(plan, given as BroughtOptions);
    if (missing) expect(check).toThrow(missing);
    else expect(check).not.toThrow();
  });
});
