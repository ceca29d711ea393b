import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Workflow } from '../../src/models/workflow.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import { toAscii } from '../../src/visualizer/ascii.ts';
import { toMermaid } from '../../src/visualizer/mermaid.ts';
import type { Overlay } from '../../src/visualizer/overlay.ts';
import { examples } from './examples.ts';
import { type RealMermaid, realMermaid } from './real-mermaid.ts';

const WORDS = ['end', 'class', 'graph', 'subgraph', 'style', 'click', 'constructor', 'default'];

let mermaid: RealMermaid;
beforeAll(async () => {
  mermaid = await realMermaid();
});

async function read(text: string): Promise<Workflow> {
  const files = memoryFiles({ 'workflow.awp.yaml': text });
  return (await parseWorkflow(files, { file: 'workflow.awp.yaml' })).workflow;
}

/** A value as YAML; characters that it may not hold are written as escapes. */
function quoted(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{C}\u2028\u2029]/gu,
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}

/** A workflow with this orchestration, as YAML or as a value. */
function workflow(orchestration: unknown): Promise<Workflow> {
  const head = 'awp: "1.0.0"\nworkflow: { name: news }\n';
  return read(
    typeof orchestration === 'string'
      ? `${head}orchestration:\n${orchestration.replace(/^/gm, '  ')}\n`
      : `${head}orchestration: ${quoted(orchestration)}\n`,
  );
}

async function drawn(orchestration: unknown, overlay?: Overlay): Promise<string> {
  return toMermaid(await workflow(orchestration), overlay ? { overlay } : {}) ?? '';
}

async function parses(text: string): Promise<void> {
  await expect(mermaid.parse(text)).resolves.toMatchObject({ diagramType: 'flowchart-v2' });
}

const EVERYTHING = `
graph:
  - { id: plan }
  - id: search
    agent: researcher
    description: Looks things up.
    depends_on: [plan]
    share_input: { plan: [topics, limits] }
    fan_out: { source: plan.topics, max_parallel: 3 }
    fan_in: { strategy: concat }
  - id: draft
    depends_on: [{ id: search, expr: 'state.search.count > 0' }]
    loop: { max_iterations: 4, condition: 'result.score < 0.8' }
  - { id: end, depends_on: [draft], when: 'state.draft.ok == "yes"' }
  - { id: mend, depends_on: [{ id: draft, condition: failure }] }
  - { id: tidy, depends_on: [{ id: draft, condition: always }] }
  - { id: off, depends_on: [plan], enabled: false }
  - { id: part, depends_on: [plan], subworkflow: ../other }
  - id: team
    type: delegation_loop
    depends_on: [plan]
    config: { manager: lead, budget: { max_total_workers: 6, max_depth: 2, max_loops: 5 } }
`;
const LOOP = `
engine: delegation_loop
delegation_loop:
  manager: lead
  models: { manager: big }
  budget: { max_loops: 10, max_total_workers: 8, max_total_tokens: 200000, max_depth: 2 }
`;

describe('a flowchart', () => {
  it('has a form for every kind of node and arrow', async () => {
    const text = await drawn(EVERYTHING);
    expect(text).toMatchSnapshot();
    await parses(text);
  });

  it('shows a delegation loop with task, manager, workers, budget and result', async () => {
    const text = await drawn(LOOP);
    expect(text).toMatchSnapshot();
    await parses(text);
  });

  it('goes to the right when it is asked to', async () => {
    const text = toMermaid(await workflow(EVERYTHING), { direction: 'LR' });
    expect(text).toMatch(/^flowchart LR\n/);
  });

  it('shows status and duration in words', async () => {
    const overlay: Overlay = new Map([
      ['plan', { status: 'complete', ms: 4100 }],
      ['search', { status: 'failed', ms: 72_000 }],
      ['draft', { status: 'running' }],
      ['end', { status: 'stopped', ms: 10 }],
    ]);
    const text = await drawn(EVERYTHING, overlay);
    expect(text).toContain('✓ complete 4.1 s');
    expect(text).toContain('✗ failed 72 s');
    expect(text).toContain('… running"');
    expect(text).toContain('■ stopped 0.0 s');
    await parses(text);
  });

  it.each([
    ['no manifest', ''],
    ['no orchestration', 'awp: "1.0.0"\nworkflow: { name: news }'],
    ['an empty graph', 'awp: "1.0.0"\norchestration: { graph: [] }'],
    ['another thing as graph', 'awp: "1.0.0"\norchestration: { graph: 7 }'],
  ])('is not drawn for %s', async (_, text) => {
    const read_ = await read(text);
    expect(toMermaid(read_)).toBeUndefined();
    expect(toAscii(read_)).toBeUndefined();
  });

  it.each(examples)('is made of the example %s, and Mermaid reads it', async (_, folder) => {
    await parses(
      toMermaid(await read(readFileSync(join(folder, 'workflow.awp.yaml'), 'utf8'))) ?? '',
    );
  });

  it.each(WORDS)('may have an agent called %s', async (word) => {
    await parses(await drawn({ graph: [{ id: word }, { id: 'b', depends_on: [word] }] }));
  });
});

describe('what is wrong in a workflow', () => {
  it.each<[string, unknown]>([
    [
      'a cycle',
      {
        graph: [
          { id: 'a', depends_on: ['b'] },
          { id: 'b', depends_on: ['a'] },
        ],
      },
    ],
    ['a node that waits for itself', { graph: [{ id: 'a', depends_on: ['a'] }] }],
    ['a node twice', { graph: [{ id: 'a' }, { id: 'a', depends_on: ['b'] }, { id: 'b' }] }],
    ['texts without a character that is seen', { graph: [{ id: '\u0001', when: '\u0002' }] }],
    ['nodes without ids', { graph: [{ description: 'x' }, { agent: 'y' }] }],
    ['an unknown node', { graph: [{ id: 'a', depends_on: ['gone'] }] }],
    ['ids that are none', { graph: [{ id: 'a b' }, { id: 'a-b' }, { id: 'ä"]' }, { id: '' }] }],
    ['ids that look alike', { graph: [{ id: 'a/b' }, { id: 'a_b' }, { id: 'a.b' }] }],
    [
      'other things as sections',
      { graph: [{ id: 'a', loop: 3, fan_out: [], depends_on: 7, config: 1 }] },
    ],
    ['a loop that is none', { engine: 'delegation_loop', delegation_loop: 'yes' }],
    ['a loop that is not there', { engine: 'delegation_loop' }],
    ['limits that are none', { delegation_loop: { budget: { max_depth: 'x', max_loops: [] } } }],
    ['no limits', { delegation_loop: { budget: { max_total_workers: null, max_depth: null } } }],
  ])('is drawn all the same: %s', async (_, orchestration) => {
    const read_ = await workflow(orchestration);
    await parses(toMermaid(read_) ?? '');
    expect(toAscii(read_)).not.toMatch(/NaN|undefined|null|\[object/);
    expect(toMermaid(read_)).not.toMatch(/NaN|undefined|null|\[object/);
  });
});

const nasty = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '"',
          '`',
          '#',
          ';',
          '<br/>',
          '<script>',
          '&amp;',
          '%%',
          '%%{init: {}}%%',
          '\n',
          '\\',
          ']',
        ],
        ...[
          '|',
          '-->',
          'end',
          'subgraph',
          'style a:#b;',
          'classDef x:#y;',
          '---',
          '{',
          '}',
          '@',
          ':::',
        ],
        ...["'", '/', 'click', '(', ')', '[', '\u202e', '\u2028', '\t', '#quot;', '#35;', ' ', '='],
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);
const id = fc.oneof(
  fc.constantFrom(...WORDS, 'ab', 'a_b', 'task', 'manager', 'o1', 'x1'),
  fc.stringMatching(/^[a-z][a-z0-9_]{0,10}[a-z0-9]$/),
);
const node = fc.record(
  {
    agent: nasty,
    description: nasty,
    when: nasty,
    enabled: fc.oneof(fc.boolean(), nasty),
    subworkflow: nasty,
    loop: fc.record({ condition: nasty }, { requiredKeys: [] }),
    fan_out: fc.record({ source: nasty }),
    share_input: fc.array(nasty, { maxLength: 3 }),
    config: fc.record({ manager: nasty, models: fc.record({ manager: nasty }) }),
  },
  { requiredKeys: [] },
);
const graph = fc.uniqueArray(id, { minLength: 1, maxLength: 5 }).chain((ids) =>
  fc.tuple(
    ...ids.map((name, index) =>
      fc.tuple(node, fc.subarray(ids.slice(0, index)), nasty).map(([rest, before, expr]) => ({
        ...rest,
        id: name,
        depends_on: before.map((one, at) => (at % 2 ? { id: one, expr } : one)),
      })),
    ),
  ),
);

describe('any workflow', { timeout: 120_000 }, () => {
  it('is read by Mermaid, whatever its agents are called and its texts say', async () => {
    await fc.assert(
      fc.asyncProperty(graph, async (nodes) => {
        await parses(await drawn({ graph: nodes }));
      }),
      { numRuns: 60 },
    );
  });

  it('says in its boxes what the workflow says', async () => {
    const agents = [
      'style a:b>c',
      'classDef x:"#;',
      '`a`',
      '%%{init: {}}%%',
      '<b>&lt;</b>',
      '\\n|]',
    ];
    const texts = await mermaid.texts(
      await drawn({ graph: agents.map((agent, index) => ({ id: `a${index}`, agent })) }),
    );
    expect([...texts.values()]).toEqual(agents);
  });

  it('is one line of the drawing for each line of its text, and safe to print', async () => {
    await fc.assert(
      fc.asyncProperty(graph, fc.boolean(), async (nodes, ascii) => {
        const text = toAscii(await workflow({ graph: nodes }), { ascii }) ?? '';
        expect(text).not.toMatch(/[\p{Cs}\p{Bidi_Control}\u2028\u2029]/u);
        expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 60 },
    );
  });

  it('may name a node as often as it likes: that is one arrow', async () => {
    const often = Array.from({ length: 10_000 }, () => 'a');
    const many = await workflow({ graph: [{ id: 'a' }, { id: 'b', depends_on: often }] });
    expect(toMermaid(many)?.match(/-->/g)).toHaveLength(1);
    expect(toAscii(many)?.match(/← a/g)).toHaveLength(1);
  });

  it('may have 10,000 nodes', async () => {
    const nodes = Array.from({ length: 10_000 }, (_, index) => ({
      id: `n${index}`,
      depends_on: index === 0 ? [] : ['n0', ...(index > 1 ? [`n${index - 1}`] : [])],
    }));
    const big = await workflow({ graph: nodes });
    const text = toMermaid(big) ?? '';
    expect(text.split('\n').length).toBe(1 + 10_000 + 9999 + 9998 + 1);
    expect(toAscii(big)?.split('\n').length).toBe(10_001);
  });
});
