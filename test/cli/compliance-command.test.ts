import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { compliance } from '../../src/data/compliance.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { agent, graph, manifest } from '../../src/validator/examples.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';

const STATE = 'state: { sharing: { strategy: full } }';
const TWO = `- { id: planner, agent: planner, share_output: [plan] }
- { id: writer, agent: writer, depends_on: [planner] }`;
const PLAN = `output: { format: json, contract: { plan: { type: string }, confidence: { type: number } } }`;

function folderOf(text: string, more: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  const files = {
    'workflow.awp.yaml': text,
    'agents/planner/agent.awp.yaml': agent({ id: 'planner', output: PLAN })['agent.awp.yaml'],
    'agents/writer/agent.awp.yaml': agent({})['agent.awp.yaml'],
    ...more,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), content);
  }
  return folder;
}

async function awp(cwd: string, ...argv: string[]) {
  const shell = fakeShell({ cwd, effects: { files: nodeFiles() } });
  const code = await runCli(argv, shell);
  return { code, out: shell.out.text(), err: shell.err.text() };
}

const declaring = (field: string): string =>
  graph(TWO, STATE).replace('  description', `  ${field}\n  description`);

describe('awp compliance', () => {
  it.each([
    ['without a level: whether A0 is reached', graph(TWO, STATE), [], 0, 'A0'],
    ['a declared level that is reached', declaring('autonomy: A1'), [], 0, 'A1'],
    ['a declared level that is not', declaring('autonomy: A2'), [], 1, 'A2'],
    ['an older level', declaring('conformance: L5'), [], 1, 'A4'],
    [
      'the level asked for, before the declared one',
      declaring('autonomy: A2'),
      ['--level', 'a1'],
      0,
      'A1',
    ],
    ['an older level asked for', graph(TWO, STATE), ['--level', 'L4'], 0, 'A1'],
    ['a level asked for that is not reached', graph(TWO, STATE), ['--level', 'A3'], 1, 'A3'],
    ['nothing to do', manifest(''), [], 1, 'A0'],
  ])('%s', async (_, text, options, status, target) => {
    using folder = folderOf(text);
    const { code, out } = await awp(folder.path, 'compliance', ...options, '--json');
    expect(code).toBe(status);
    expect(JSON.parse(out)).toMatchObject({ target, compliant: status === 0 });
  });

  it('has a line for each requirement, grouped by level, with what is missing', async () => {
    using folder = folderOf(declaring('autonomy: A2'));
    const { out } = await awp(folder.path, 'compliance');
    const ids = [...out.matchAll(/^ {2}(?:PASS|WARN|FAIL) (A[\dX]-\d)/gm)].map(([, id]) => id);
    expect(ids).toHaveLength(28 + 6);
    const levels = out.match(/^(A\d .*|Every level)$/gm);
    expect(levels).toEqual([
      'A0 Prescribed',
      'A1 Adaptive',
      'A2 Delegating',
      'A3 Self-Tooling',
      'A4 Self-Organizing',
      'Every level',
    ]);
    expect(out).toMatch(/FAIL A2-1 .*\n +workflow\.awp\.yaml:\d+: .*; write/);
    expect(out).toContain('achieved  A1 Adaptive\n');
    expect(out).toContain('declared  A2 Delegating\n');
    expect(out.trimEnd()).toMatch(/does not reach A2 Delegating$/);
  });

  it('says that there are errors besides', async () => {
    using folder = folderOf(graph(TWO.replace('[planner]', '[planer]'), STATE));
    const { out } = await awp(folder.path, 'compliance');
    expect(out).toContain('1 error: awp validate shows more');
  });

  it.each([['A5'], ['two'], ['']])('--level %j is wrong usage', async (level) => {
    using folder = folderOf(graph(TWO, STATE));
    const { code, out } = await awp(folder.path, 'compliance', '--level', level);
    expect([code, out]).toEqual([2, '']);
  });

  it('a folder that is not there is told with its code', async () => {
    using folder = folderOf(graph(TWO, STATE));
    const { code, err } = await awp(folder.path, 'compliance', 'nowhere');
    expect(code).toBe(1);
    expect(err).toContain('error[spec/no-workflow]');
  });

  it.each([
    ['no manifest', { 'workflow.awp.yaml': '' }],
    ['no YAML', { 'workflow.awp.yaml': '[' }],
    ['a list', { 'workflow.awp.yaml': '- a' }],
  ])('reaches nothing with %s', async (_, files) => {
    using folder = folderOf('', files);
    const report = await compliance(folder.path);
    expect(report).toMatchObject({ achieved: undefined, target: 'A0', compliant: false });
    expect(report.errors).toBeGreaterThan(0);
  });
});

describe('awp identity-card', () => {
  const writer = agent({
    output: `output:
  format: json
  contract:
    summary: { type: string, description: The digest. }
    confidence: { type: number }`,
    rest: `capabilities:
  tools: { enabled: true, allowed: [file.read, file.write] }
vision: { enabled: true }`,
  })['agent.awp.yaml'];

  it('has the fields of both sides', async () => {
    using folder = folderOf(graph(TWO, STATE), { 'agents/writer/agent.awp.yaml': writer });
    const { code, out } = await awp(folder.path, 'identity-card', 'agents/writer', '--json');
    expect(code).toBe(0);
    const card: Record<string, unknown> = JSON.parse(out);
    expect(card).toMatchObject({
      id: 'writer',
      role: 'Writer',
      version: '1.0.0',
      model: 'demo',
      output_format: 'json',
      capabilities: ['file.read', 'file.write'],
      accepts: ['task', 'state', 'images'],
      tools_enabled: true,
      tool_count: 2,
      vision_enabled: true,
      memory_enabled: false,
      skills_count: 0,
      constraints: { max_tokens: null, idempotent: false, deterministic: false },
    });
    expect(card.produces).toContainEqual({
      name: 'summary',
      type: 'string',
      description: 'The digest.',
    });
  });

  it('is YAML, the same for the file and for its folder', async () => {
    using folder = folderOf(graph(TWO, STATE));
    const [file, same] = await Promise.all([
      awp(folder.path, 'identity-card', 'agents/writer/agent.awp.yaml'),
      awp(folder.path, 'identity-card', 'agents/writer'),
    ]);
    expect(file.out).toMatch(/^identity_card:\n {2}id: writer\n/);
    expect(same.out).toBe(file.out);
  });

  it.each([
    ['a workflow', ['workflow.awp.yaml'], 1],
    ['a folder without an agent', ['.'], 1],
    ['nothing', ['nowhere.yaml'], 1],
    ['no argument', [], 2],
  ])('of %s is an error that says what to do', async (_, words, status) => {
    using folder = folderOf(graph(TWO, STATE));
    const { code, out, err } = await awp(folder.path, 'identity-card', ...words);
    expect([code, out]).toEqual([status, '']);
    expect(err).toMatch(/error\[(spec|usage)\//);
    expect(err).toContain('= try: ');
  });

  it('of a broken file shows what is wrong', async () => {
    using folder = folderOf(graph(TWO, STATE), { 'agents/writer/agent.awp.yaml': 'identity: 1' });
    const { code, err } = await awp(folder.path, 'identity-card', 'agents/writer');
    expect(code).toBe(1);
    expect(err).toContain('agents/writer/agent.awp.yaml:1:11');
  });

  it('reads an agent of the older name, and through a link', async () => {
    using folder = folderOf(graph(TWO, STATE), {
      'agents/older/agent.yaml': agent({ id: 'older' })['agent.awp.yaml'],
    });
    symlinkSync('older', join(folder.path, 'agents/linked'));
    for (const path of ['agents/older', 'agents/linked']) {
      const { out, err } = await awp(folder.path, 'identity-card', path, '--json');
      expect(err).toBe('');
      expect(JSON.parse(out)).toMatchObject({ id: 'older' });
    }
  });
});
