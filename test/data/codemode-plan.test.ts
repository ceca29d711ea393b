import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { onSurface } from '../../src/data/graph-plan-codemode.ts';
import { openWorkflow } from '../../src/data/workflow-folder.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';
import { graphFiles, planOf } from './graph-make.ts';

/** An agent with this code mode in its file. */
const file = (codemode: string, tools = 'enabled: true'): string =>
  `capabilities: { tools: { ${tools} }, sandbox: { type: subprocess }, codemode: { ${codemode} } }`;

async function codemodeOf(codemode: string, tools?: string) {
  const agents = { one: file(codemode, tools) };
  return (await planOf({ graph: '- { id: one, agent: one }', agents })).agents?.one;
}

describe('code mode of an agent file', () => {
  it.each<[string, JsonObject | undefined]>([
    ['enabled: false', undefined],
    ['enabled: true', { language: 'python', retries: 1, timeoutMs: 30_000, console: true }],
    [
      'enabled: true, language: typescript, execution: { timeout: 0.5, max_retries: 3, capture_console: false }',
      { language: 'typescript', retries: 3, timeoutMs: 500, console: false },
    ],
    [
      'enabled: true, execution: { sandbox_ref: capabilities.sandbox, max_retries: 0 }',
      { language: 'python', retries: 0, timeoutMs: 30_000, console: true },
    ],
    [
      'enabled: true, state: { enabled: true }',
      { language: 'python', retries: 1, timeoutMs: 30_000, console: true, state: 'memory' },
    ],
    [
      'enabled: true, state: { enabled: true, backend: workspace }',
      { language: 'python', retries: 1, timeoutMs: 30_000, console: true, state: 'workspace' },
    ],
    [
      'enabled: true, state: { backend: workspace }',
      { language: 'python', retries: 1, timeoutMs: 30_000, console: true },
    ],
  ])('%s', async (codemode, expected) => {
    const agent = await codemodeOf(codemode);
    expect(agent?.codemode).toEqual(expected);
    expect(agent?.tools.includes('code.solve')).toBe(expected !== undefined);
  });

  it('has the tool that runs its programs, whatever its namespaces are', async () => {
    const agent = await codemodeOf('enabled: true', 'enabled: true, namespaces: [file]');
    expect(agent?.tools).toEqual(['file.*', 'code.solve']);
  });

  it.each<[readonly string[], string, readonly string[]]>([
    [['*.*'], 'auto', ['*.*']],
    [['*.*'], 'explicit', ['file.read', 'web.*']],
    [['file.*'], 'explicit', ['file.read']],
    [['web.search'], 'explicit', ['web.search']],
    [['memory.*'], 'explicit', []],
  ])('of what is allowed, %j, offers by the surface %s %j', (allowed, mode, tools) => {
    const surface = { mode: mode as 'auto', include: ['file.read', 'web.*'], exclude: [] };
    expect(onSurface(allowed, { sdk_surface: surface } as never)).toEqual(tools);
  });

  it('names the one box that there is, and no other', async () => {
    using folder = temporaryFolder();
    const codemode = 'enabled: true, execution: { sandbox_ref: elsewhere }';
    const files = graphFiles({
      graph: '- { id: one, agent: one }',
      agents: { one: file(codemode) },
    });
    writeFiles(folder.path, files);
    await expect(openWorkflow(folder.path).then((one) => one.options())).rejects.toMatchObject({
      code: expect.stringMatching(/^spec\//),
      message: expect.stringContaining('sandbox_ref'),
    });
  });
});
