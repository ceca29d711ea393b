import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS } from '../../../src/models/level.ts';
import { memoryFiles } from '../../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../../src/parser/parse-workflow.ts';
import {
  autonomyDiagnostics,
  checkAutonomy,
  reaches,
  requirements,
} from '../../../src/validator/autonomy/check-autonomy.ts';
import { agent, graph, loop, manifest } from '../../../src/validator/examples.ts';

type Files = Readonly<Record<string, string>>;

async function checked(example: string | Files) {
  const files = typeof example === 'string' ? { 'workflow.awp.yaml': example } : example;
  const single = typeof example === 'string' ? { file: 'workflow.awp.yaml' } : {};
  const { workflow } = await parseWorkflow(memoryFiles(files, 'news-digest'), single);
  return checkAutonomy(workflow);
}

/** Ids of what failed and of what is only warned of. */
async function brokenBy(example: string | Files, level: string) {
  const results = (await checked(example)).requirements.filter((one) => one.level === level);
  const of = (status: string): string[] =>
    results.filter((one) => one.status === status).map(({ id }) => id);
  return { fail: of('FAIL'), warn: of('WARN') };
}

const TWO = `- { id: planner, agent: planner, share_output: [plan] }
- { id: writer, agent: writer, depends_on: [planner] }`;
const STATE = 'state: { sharing: { strategy: full } }';
const BUDGET = 'budget: { max_loops: 5, max_total_tokens: 50000, max_wall_time: 300 }';
const POLICY = 'worker_policy: { enforced: { sandbox: { type: subprocess, max_memory_mb: 256 } } }';
const MAKES = 'dynamic_tools: { enabled: true, allowed_namespaces: [dynamic] }';
const WATCHED = `observability:
  tracing: { enabled: true }
  metrics: { enabled: true }
  audit: { enabled: true }`;
const deep = (depth: number): string => BUDGET.replace(' }', `, max_depth: ${depth} }`);

const A1 = graph(TWO, STATE);
const A2 = loop(`${BUDGET}\n${POLICY}`, STATE);
const A3 = loop(`${BUDGET}\n${POLICY}`, `${STATE}\n${MAKES}`);
const A4 = loop(
  `${deep(2)}\n${POLICY}\ntermination: { enabled: true }`,
  `${STATE}\n${MAKES}\n${WATCHED}`,
);

describe('the requirements', () => {
  it('are those of the standard, in order', () => {
    const counts = LEVELS.map((level) => requirements.filter((one) => one.level === level).length);
    expect(counts).toEqual([6, 6, 5, 5, 6]);
    const ids = LEVELS.flatMap((level, at) =>
      Array.from({ length: counts[at] ?? 0 }, (_, index) => `${level}-${index + 1}`),
    );
    expect(requirements.map(({ id }) => id)).toEqual(ids);
    const soft = requirements.filter(({ force }) => force !== 'must').map(({ id }) => id);
    expect(soft).toEqual(['A1-5', 'A1-6', 'A2-5', 'A4-6']);
  });
});

describe('the level that is achieved', () => {
  it.each([
    ['none', 'awp: 2', undefined],
    ['none', manifest(''), undefined],
    ['A0', graph('- { id: writer, agent: writer }'), 'A0'],
    ['A1', A1, 'A1'],
    ['A2', A2, 'A2'],
    ['A3', A3, 'A3'],
    ['A4', A4, 'A4'],
  ])('is %s', async (_, text, level) => {
    expect((await checked(text)).achieved).toBe(level);
  });

  it('counts nothing above a level that is not reached', async () => {
    const report = await checked(A4.replace(STATE, ''));
    expect(report.achieved).toBe('A0');
    expect(LEVELS.map((level) => reaches(report, level))).toEqual([
      ...[true, false, false, false, false],
    ]);
    const above = report.requirements.filter(({ level }) => level === 'A2' || level === 'A4');
    expect(above.filter(({ status }) => status === 'FAIL')).toEqual([]);
  });

  it('looks at what is written and not at defaults', async () => {
    expect(await brokenBy(loop('worker_policy: {}', STATE), 'A2')).toEqual({
      fail: ['A2-3'],
      warn: [],
    });
    expect(await brokenBy(graph(TWO, 'state: {}'), 'A1')).toEqual({ fail: ['A1-4'], warn: [] });
  });

  it('takes null for a limit that somebody wrote', async () => {
    const unlimited = BUDGET.replace(/\d+/g, 'null');
    expect((await brokenBy(loop(unlimited, STATE), 'A2')).fail).toEqual([]);
  });

  it('takes workers in the place of loops', async () => {
    const workers = BUDGET.replace('max_loops', 'max_total_workers');
    expect((await brokenBy(loop(workers, STATE), 'A2')).fail).toEqual([]);
  });

  it('asks no graph of a delegation loop, but a loop in a graph is part of one', async () => {
    expect(await brokenBy(A2, 'A1')).toEqual({ fail: [], warn: [] });
    const node = graph(`- { id: lead, type: delegation_loop, config: { ${BUDGET} } }`, STATE);
    expect(await brokenBy(node, 'A1')).toEqual({ fail: ['A1-1', 'A1-2'], warn: ['A1-5'] });
    expect(await brokenBy(node, 'A2')).toEqual({ fail: [], warn: ['A2-5'] });
  });

  it('asks every loop for its budget', async () => {
    const nodes = `- { id: lead, type: delegation_loop, config: { ${BUDGET} } }
- { id: check, type: delegation_loop, config: { budget: { max_loops: 1 } }, depends_on: [lead] }`;
    expect((await brokenBy(graph(nodes, STATE), 'A2')).fail).toEqual(['A2-3']);
  });

  it('does not say of a workflow without a loop that its loop is well', async () => {
    expect(await brokenBy(A1, 'A2')).toEqual({ fail: ['A2-1', 'A2-3'], warn: ['A2-5'] });
    expect(await brokenBy(A1, 'A3')).toEqual({ fail: ['A3-1', 'A3-2', 'A3-5'], warn: [] });
    expect((await brokenBy(A1, 'A4')).fail).toEqual(['A4-1', 'A4-3', 'A4-4', 'A4-5']);
    const engine = manifest(`orchestration: { engine: delegation_loop }\n${STATE}`);
    expect((await brokenBy(engine, 'A2')).fail).toEqual(['A2-3']);
  });
});

describe('A0, of agents', () => {
  const one = graph('- { id: writer, agent: writer }');
  const folder = (text: string, file = one): Files => ({
    'workflow.awp.yaml': file,
    'agents/writer/agent.awp.yaml': text,
  });
  const WRITER = agent({})['agent.awp.yaml'];

  it('is reached with all that an agent must say', async () => {
    expect(await brokenBy(folder(WRITER), 'A0')).toEqual({ fail: [], warn: [] });
  });

  it.each(['awp_agent', 'identity', 'prompt'])('asks for %s', async (field) => {
    const text = WRITER.replace(new RegExp(`^${field}:.*\\n`, 'm'), '');
    expect((await brokenBy(folder(text), 'A0')).fail).toEqual(['A0-4']);
  });

  it('warns when the model comes from elsewhere, and says from where', async () => {
    const text = WRITER.replace('model: { name: demo }\n', '');
    const settings = one.replace(
      '  description',
      '  settings: { llm: { default_model: some/model } }\n  description',
    );
    for (const [file, from] of [
      [one, 'LLM_MODEL'],
      [settings, 'some/model'],
    ] as const) {
      const report = await checked(folder(text, file));
      const result = report.requirements.find(({ id }) => id === 'A0-4');
      expect(result?.status).toBe('WARN');
      expect(result?.shortfalls.map(({ message }) => message).join()).toContain(from);
    }
  });

  it('asks for the file of every agent of the graph when the folder is there', async () => {
    const files = folder(WRITER, graph('- { id: editor, agent: editor }'));
    expect((await brokenBy(files, 'A0')).fail).toEqual(['A0-4']);
    expect((await brokenBy(files['workflow.awp.yaml'] ?? '', 'A0')).fail).toEqual([]);
  });

  it('asks a manager for no contract and no format', async () => {
    const manager = WRITER.slice(0, WRITER.indexOf('output:'));
    const files = folder(manager, loop(`manager: writer\n${BUDGET}`, STATE));
    expect(await brokenBy(files, 'A0')).toEqual({ fail: [], warn: [] });
    expect((await brokenBy(folder(manager), 'A0')).fail).toEqual(['A0-4', 'A0-5']);
  });
});

describe('A3, of making tools', () => {
  const codemode = agent({
    rest: `capabilities:
  tools: { enabled: true }
  sandbox: { enabled: true, type: subprocess }
  codemode: { enabled: true, tool_creation: true }`,
  })['agent.awp.yaml'];
  const policy = (more: string): string =>
    `worker_policy: { enforced: { sandbox: { type: subprocess, max_memory_mb: 256 } }${more} }`;

  it.each<[string, string | Files]>([
    ['dynamic tools', A3],
    [
      'tool creation of an agent',
      { 'workflow.awp.yaml': A2, 'agents/writer/agent.awp.yaml': codemode },
    ],
    [
      'tool creation that the manager controls',
      loop(policy(', manager_controlled: [codemode.tool_creation]')),
    ],
    ['skills that the manager controls', loop(policy(', manager_controlled: [skills]'))],
  ])('is allowed by %s', async (_, example) => {
    expect((await brokenBy(example, 'A3')).fail).toEqual([]);
  });

  it.each([
    ['temperature', loop(policy(', manager_controlled: [temperature]'))],
    ['dynamic tools that are off', A3.replace('enabled: true, allowed', 'enabled: false, allowed')],
  ])('is not allowed by %s', async (_, text) => {
    expect((await brokenBy(text, 'A3')).fail).toEqual(['A3-1']);
  });

  it.each([
    [
      'of the workflow',
      loop(
        BUDGET,
        `${MAKES}\nsafety_envelope: { sandbox: { min: subprocess, limits: { max_memory_mb: 256 } } }`,
      ),
    ],
    [
      'of the loop',
      loop(
        `${BUDGET}\nsafety_envelope: { sandbox: { min: subprocess, limits: { max_memory_mb: 256 } } }`,
        MAKES,
      ),
    ],
  ])('has the envelope %s', async (_, text) => {
    expect(await brokenBy(text, 'A3')).toEqual({ fail: [], warn: [] });
  });

  it.each([
    ['no sandbox', 'forbidden_tools: [shell.execute]'],
    ['a sandbox without limits', 'sandbox: { type: subprocess }'],
    ['limits without a sandbox', 'sandbox: { max_memory_mb: 256 }'],
  ])('is not safe with %s', async (_, enforced) => {
    const text = loop(`${BUDGET}\nworker_policy: { enforced: { ${enforced} } }`, MAKES);
    expect((await brokenBy(text, 'A3')).fail).toEqual(['A3-5']);
  });

  it('warns when no namespace is written', async () => {
    const text = A3.replace(', allowed_namespaces: [dynamic]', '');
    expect(await brokenBy(text, 'A3')).toEqual({ fail: [], warn: ['A3-5'] });
  });
});

describe('what is said of a level that is not reached', () => {
  it('is nothing when none is declared or asked for', async () => {
    expect(autonomyDiagnostics(await checked(manifest('')))).toEqual([]);
  });

  it.each([
    ['autonomy: A2', 'A2'],
    ['conformance: L1', 'A1'],
    ['conformance: L3', 'A1'],
    ['conformance: L5', 'A4'],
    ['autonomy: A7', undefined],
  ])('follows %s', async (field, level) => {
    const text = A1.replace('  description', `  ${field}\n  description`);
    expect((await checked(text)).declared).toBe(level);
  });

  it('has the musts as errors and the shoulds as warnings, each with place and remedy', async () => {
    const found = autonomyDiagnostics(await checked(A1), 'A2');
    expect(found.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual([
      'A2-1 error',
      'A2-3 error',
      'A2-5 warning',
    ]);
    for (const one of found) {
      expect(one.range.start.line).toBeGreaterThan(1);
      expect(one.file).toBe('workflow.awp.yaml');
      expect(one.help).not.toBe('');
      expect(one.docs).toBe(`docs/rules/${one.rule}.md`);
    }
  });

  it('leaves out the levels above, and prefers the level asked for to the declared one', async () => {
    const declared = A1.replace('  description', '  autonomy: A4\n  description');
    const report = await checked(declared);
    expect(autonomyDiagnostics(report, 'A1')).toEqual([]);
    expect(new Set(autonomyDiagnostics(report).map(({ rule }) => rule.slice(0, 2)))).toEqual(
      new Set(['A2', 'A3', 'A4']),
    );
  });

  it('has a place even when there is no manifest', async () => {
    const found = autonomyDiagnostics(await checked({ 'README.md': 'nothing' }), 'A0');
    expect(found.map(({ file, range }) => [file, range.start.line])).toContainEqual([
      'workflow.awp.yaml',
      1,
    ]);
  });
});

describe('wrong types elsewhere', () => {
  const values = ['[]', '{}', '1', 'x', 'null', 'true', '[1]', '{ a: 1 }'];
  const sections = [
    'orchestration',
    'state',
    'observability',
    'security',
    'communication',
    'memory',
  ];

  it('stop no check', async () => {
    const section = fc.tuple(fc.constantFrom(...sections), fc.constantFrom(...values));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(section, { selector: ([name]) => name }), async (written) => {
        const text = manifest(written.map(([name, value]) => `${name}: ${value}`).join('\n'));
        const report = await checked(text);
        expect(report.requirements).toHaveLength(requirements.length);
        for (const one of autonomyDiagnostics(report, 'A4')) expect(one.help).not.toBe('');
      }),
      { numRuns: 60 },
    );
  });
});

describe('what is good at every level', () => {
  const statuses = async (text: string) =>
    Object.fromEntries((await checked(text)).crossCutting.map(({ id, status }) => [id, status]));

  it('is warned of and never fails', async () => {
    const found = Object.values(await statuses(manifest('')));
    expect(new Set(found)).toEqual(new Set(['WARN']));
  });

  it('passes when it is all there', async () => {
    const text = manifest(`communication:
  bus: { type: internal }
  channels: [{ name: findings }]
memory: { tiers: { working: { enabled: true } } }
observability: { audit: { enabled: true, integrity: hash_chain } }
security:
  circuit_breaker: { enabled: true }
  rate_limiting: { per_agent: { max_calls_per_minute: 60 } }`);
    expect(new Set(Object.values(await statuses(text)))).toEqual(new Set(['PASS']));
  });
});
