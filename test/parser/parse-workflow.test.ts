import { describe, expect, it } from 'vitest';
import { type Diagnostic, sortDiagnostics } from '../../src/base/diagnostic.ts';
import { plainValue } from '../../src/base/yaml-node.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { type ParsedWorkflow, parseWorkflow } from '../../src/parser/parse-workflow.ts';

const MANIFEST = `awp: "1.0.0"
workflow: { name: news-digest }
orchestration:
  graph: [{ id: planner, agent: planner }]
`;
const AGENT = `awp_agent: "1.0.0"
identity: { id: planner, role: r, description: d }
prompt: { system: You plan. }
`;

async function read(files: Record<string, string>, file?: string): Promise<ParsedWorkflow> {
  return parseWorkflow(memoryFiles(files, 'news-digest'), file === undefined ? {} : { file });
}

function codes(found: readonly Diagnostic[]): string[] {
  return sortDiagnostics(found)
    .filter(({ rule }) => rule !== 'S12')
    .map(({ rule, file, range: { start } }) => `${rule} ${file}:${start.line}:${start.column}`);
}

describe('a workflow folder', () => {
  it('is read with all its agents, also those that the manifest does not name', async () => {
    const { workflow, diagnostics } = await read({
      'workflow.awp.yaml': MANIFEST,
      'agents/planner/agent.awp.yaml': AGENT,
      'agents/writer/agent.awp.yaml': AGENT,
      'agents/README.md': 'no agent',
    });
    expect(codes(diagnostics)).toEqual([]);
    expect(workflow).toMatchObject({ folderName: 'news-digest', whole: true });
    expect([...workflow.agents.keys()]).toEqual(['agents/planner', 'agents/writer']);
  });

  it('may have an agent at another place', async () => {
    const { workflow } = await read({
      'workflow.awp.yaml': MANIFEST.replace('agent: planner', 'agent: team/planner'),
      'team/planner/agent.awp.yaml': AGENT,
    });
    expect([...workflow.agents.keys()]).toEqual(['team/planner']);
  });

  it('may have agents in files of the older name; the newer one counts', async () => {
    const { workflow, diagnostics } = await read({
      'workflow.awp.yaml': MANIFEST,
      'agents/planner/agent.yaml': AGENT,
      'agents/writer/agent.awp.yaml': AGENT,
      'agents/writer/agent.yaml': 'not: looked at',
    });
    expect(codes(diagnostics)).toEqual(['D5 agents/planner/agent.yaml:1:1']);
    expect(workflow.agents.get('agents/writer')?.value?.identity.id).toBe('planner');
  });

  it('without a manifest says so, and whether another file is meant', async () => {
    const none = await read({ 'agents/planner/agent.awp.yaml': AGENT });
    expect(codes(none.diagnostics)).toEqual(['S10 workflow.awp.yaml:1:1']);
    expect(none.workflow.agents.size).toBe(1);
    const other = await read({ 'workflow.yaml': MANIFEST });
    expect(other.diagnostics[0]?.help).toBe('rename `workflow.yaml`');
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'Y13 workflow.awp.yaml:1:1'],
    ['only words', '# later\n', 'Y13 workflow.awp.yaml:1:1'],
    ['a list', '- a\n', 'Y13 workflow.awp.yaml:1:1'],
    ['a text', 'hello\n', 'Y13 workflow.awp.yaml:1:1'],
  ])('whose manifest has no fields says so: %s', async (_, text, wanted) => {
    const { workflow, diagnostics } = await read({ 'workflow.awp.yaml': text });
    expect(codes(diagnostics)).toEqual([wanted]);
    expect(workflow.manifest).toBeUndefined();
  });
});

describe('the contract of an agent', () => {
  const contractOf = async (
    output: string,
    files: Record<string, string> = {},
  ): Promise<[unknown, string[]]> => {
    const { workflow, diagnostics } = await read({
      'workflow.awp.yaml': MANIFEST,
      'agents/planner/agent.awp.yaml': `${AGENT}output: ${output}\n`,
      ...files,
    });
    const contract = workflow.agents.get('agents/planner')?.contract;
    return [contract && plainValue(contract), codes(diagnostics)];
  };

  it('is what is written there, in the file that is named, or at the usual place', async () => {
    const usual = { 'agents/planner/workflow/output_schema/output_schema.json': '{"a": 3}' };
    expect(await contractOf('{ contract: { a: 1 } }', usual)).toEqual([{ a: 1 }, []]);
    const named = { 'agents/planner/c.json': '{"a": 2}', ...usual };
    expect(await contractOf('{ contract: c.json }', named)).toEqual([{ a: 2 }, []]);
    expect(await contractOf('{ schema: c.json }', named)).toEqual([{ a: 2 }, []]);
    expect(await contractOf('{ format: json }', usual)).toEqual([{ a: 3 }, []]);
    expect(await contractOf('{ format: json }')).toEqual([undefined, []]);
  });

  it('is said to be broken where it is broken', async () => {
    const broken = { 'agents/planner/c.json': '{\n  "a": [1,\n}' };
    const [, found] = await contractOf('{ schema: c.json }', broken);
    expect(found).toContain('Y1 agents/planner/c.json:3:1');
  });
});

describe('the prompt of an agent', () => {
  const promptOf = async (system: string, files: Record<string, string> = {}) => {
    const { workflow, diagnostics } = await read({
      'workflow.awp.yaml': MANIFEST,
      'agents/planner/agent.awp.yaml': AGENT.replace('You plan.', system),
      ...files,
    });
    return [workflow.agents.get('agents/planner')?.systemPrompt, codes(diagnostics)];
  };

  it.each<[string, string, string | undefined, readonly string[]]>([
    ['a text on a line', 'You plan well.', 'You plan well.', []],
    [
      'a text with a path in it',
      '"Look at ../notes, then at a/b."',
      'Look at ../notes, then at a/b.',
      [],
    ],
    ['a text of a thousand letters', 'x'.repeat(1000), 'x'.repeat(1000), []],
    ['a file', 'system.md', 'You plan.', []],
    ['a file without an ending', 'prompt', 'Plan!', []],
    ['a file that is not there', 'other.md', undefined, ['S6 agents/planner/agent.awp.yaml:3:19']],
    ['a folder, which is a text then', 'workflow', 'workflow', []],
  ])('may be %s', async (_, system, wanted, found) => {
    const files = {
      'agents/planner/system.md': 'You plan.',
      'agents/planner/prompt': 'Plan!',
      'agents/planner/workflow/x.md': 'x',
    };
    expect(await promptOf(system, files)).toEqual([wanted, found]);
  });
});

describe('a single file', () => {
  it('is a manifest or an agent by what is in it', async () => {
    const files = { 'a.yaml': AGENT, 'm.yaml': MANIFEST, 'agent.awp.yaml': AGENT };
    const agent = await read(files, 'a.yaml');
    expect([...agent.workflow.agents.keys()]).toEqual(['']);
    expect(agent.workflow.manifest).toBeUndefined();
    const manifest = await read(files, 'm.yaml');
    expect(manifest.workflow.manifest?.value?.workflow.name).toBe('news-digest');
    expect(manifest.workflow).toMatchObject({ whole: false, folderName: undefined });
    const named = await read({ 'agent.yaml': 'identity: {}' }, 'agent.yaml');
    expect(codes(named.diagnostics)).toContain('S2 agent.yaml:1:1');
  });

  it('finds the files beside it, and leaves what is missing at a remark', async () => {
    const agent = `${AGENT.replace('{ system: You plan. }', '{ system: system.md, user_template: u.md, additional: [x.md] }')}capabilities: { skills: { agent_specific: [gone] } }\n`;
    const files = {
      'agent.awp.yaml': agent,
      'system.md': 'You plan.',
      'u.md': 'u',
      'workflow/x.md': 'x',
    };
    const { workflow, diagnostics } = await read(files, 'agent.awp.yaml');
    expect(workflow.agents.get('')?.systemPrompt).toBe('You plan.');
    expect([...workflow.texts.keys()].sort()).toEqual(['system.md', 'u.md', 'workflow/x.md']);
    expect(codes(diagnostics)).toEqual(['S6 agent.awp.yaml:4:44']);
    expect(diagnostics.every(({ severity }) => severity === 'info')).toBe(true);
  });

  it('says what is wrong with it once', async () => {
    for (const file of ['agent.awp.yaml', 'workflow.awp.yaml']) {
      const { diagnostics } = await read({ [file]: 'awp: @\n' }, file);
      expect(codes(diagnostics).filter((one) => one.startsWith('Y'))).toEqual([`Y1 ${file}:1:6`]);
    }
    expect(codes((await read({ 'x.yaml': '' }, 'x.yaml')).diagnostics)).toEqual(['Y13 x.yaml:1:1']);
    expect(codes((await read({}, 'x.yaml')).diagnostics)).toEqual(['S6 x.yaml:1:1']);
  });
});

describe('expressions of a manifest', () => {
  it('are collected, with what is wrong at its letter', async () => {
    const text = MANIFEST.replace(
      '[{ id: planner, agent: planner }]',
      `
    - id: planner
      agent: planner
      when: "state.a > 1"
      enabled: 'state.b =='
      loop: { condition: "x" }
      depends_on: [{ id: other, expr: "a ~ b" }]`,
    );
    const { workflow, diagnostics } = await read({ 'workflow.awp.yaml': text });
    expect(workflow.expressions.map(({ use, node, at }) => [use, node, at.value])).toEqual([
      ['condition', 'planner', 'state.a > 1'],
      ['loop', 'planner', 'x'],
    ]);
    expect(codes(diagnostics).filter((one) => one.startsWith('X'))).toEqual([
      'X1 workflow.awp.yaml:8:27',
      'X4 workflow.awp.yaml:10:42',
    ]);
  });
});

describe('files in memory', () => {
  it('are found however their paths are written', async () => {
    const files = memoryFiles({ './a//b/c.txt': 'abc', 'a/d.txt': '' });
    expect(await files.list('')).toEqual(['a']);
    expect(await files.list('a/')).toEqual(['b', 'd.txt']);
    expect(await files.list('nowhere')).toEqual([]);
    expect(await files.info('a/b')).toEqual({ kind: 'folder', bytes: 0 });
    expect(await files.info('a/b/c.txt')).toEqual({ kind: 'file', bytes: 3 });
    expect(await files.info('a/x')).toBeUndefined();
    expect(await files.readBytes('a/b/c.txt', 2)).toEqual(new TextEncoder().encode('ab'));
    await expect(files.readBytes('a/b', 2)).rejects.toThrow('no file');
  });

  it('may be called as things of JavaScript are called', async () => {
    const files = memoryFiles({ 'constructor/__proto__': 'x' });
    expect(await files.list('constructor')).toEqual(['__proto__']);
    expect(await files.info('toString')).toBeUndefined();
  });
});
