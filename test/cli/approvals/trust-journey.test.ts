import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../make.ts';
import { awp } from '../process.ts';
import { startInTerminal } from '../terminal.ts';
import { startWritingServer, type WritingServer } from './writing-server.ts';

const MANIFEST = `awp: "1.0.0"
workflow: { name: shop, version: 0.1.0, description: Do it., autonomy: A2 }
orchestration:
  engine: delegation_loop
  delegation_loop:
    budget: { max_loops: 3, max_total_workers: 3, max_total_tokens: 100000, max_wall_time: 120, max_tool_calls: 9, max_depth: 0 }
    termination: { enabled: true, window: 3 }
state: { sharing: { strategy: full } }
`;
const TOOL = `import { tool } from 'awp-agents';
export const price = tool({ name: 'shop.price', description: 'A price.', execute: () => 7 });
`;
const ARGS = ['run', 'shop', '-m', 'some-model', '--tools', 'shop.price'];
const QUESTION = 'May they run from now on';

let folder: ReturnType<typeof temporaryFolder>;
let server: WritingServer;
beforeEach(async () => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, 'shop/mcp'), { recursive: true });
  writeFileSync(join(folder.path, 'shop/workflow.awp.yaml'), MANIFEST);
  writeFileSync(join(folder.path, 'shop/mcp/price.mjs'), TOOL);
  server = await startWritingServer([]);
});
afterEach(async () => {
  await server.close();
  folder[Symbol.dispose]();
});

const place = () => ({
  cwd: folder.path,
  env: { LLM_BASE_URL: server.url, AWP_CONFIG_HOME: join(folder.path, 'config') },
});

describe('new programs of a workflow', () => {
  it('are asked about in a terminal, and a yes holds for what they contain', async () => {
    const first = startInTerminal(ARGS, place());
    await first.said('price.mjs');
    await first.said(QUESTION);
    first.type('\r');
    expect(await first.ended).toEqual({ code: 5, restored: true });
    expect(first.screen()).toContain('error[trust/needed]');

    const second = startInTerminal(ARGS, place());
    await second.said(QUESTION);
    second.type('y\r');
    expect(await second.ended).toEqual({ code: 0, restored: true });
    expect((await awp(ARGS, place())).code).toBe(0);

    writeFileSync(join(folder.path, 'shop/mcp/price.mjs'), `${TOOL}// changed`);
    const changed = await awp(ARGS, place());
    expect(changed.code).toBe(5);
    expect(changed.err).toContain('run once with --trust');
    expect((await awp([...ARGS, '--trust'], place())).code).toBe(0);
  }, 120_000);

  it('do not run after Ctrl-C at the question', async () => {
    const run = startInTerminal(ARGS, place());
    await run.said(QUESTION);
    run.type('\u0003');
    expect(await run.ended).toEqual({ code: 7, restored: true });
    expect(run.screen()).toContain('stopped before the run began');
    expect((await awp(['runs'], place())).out).toBe('');
  }, 120_000);
});
