import { describe, expect, it } from 'vitest';
import { sortDiagnostics } from '../../src/base/diagnostic.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';

const MANIFEST = 'awp: "1.0.0"\nworkflow: { name: news-digest }\ninputs: { topic: {} }\n';
const AGENT = `awp_agent: "1.0.0"
identity: { id: planner, role: r, description: d }
prompt:
  system: system.md
  variables: { tone: calm }
`;

async function unknown(prompt: string, more = ''): Promise<string[]> {
  const { diagnostics } = await parseWorkflow(
    memoryFiles({
      'workflow.awp.yaml': `${MANIFEST}${more}`,
      'agents/planner/agent.awp.yaml': AGENT,
      'agents/planner/system.md': prompt,
    }),
  );
  return sortDiagnostics(diagnostics)
    .filter(({ rule }) => rule === 'S13')
    .map(({ file, range: { start }, message }) => {
      const name = file.split('/').at(-1);
      return `${name}:${start.line}:${start.column} ${message.split(' ')[0]}`;
    });
}

describe('placeholders', () => {
  it.each([
    'no braces, {one}, { } and {{}}',
    '{{task}} {{ inputs.topic }} {{topic}} {{ state.planner.text }} {{RUN_ID}} {{ tone }}',
    'an example of code: {{ a + b }} {{#if x}} {{{raw}}}',
    '{{'.repeat(1000),
    `{{${' '.repeat(50_000)}`,
  ])('that are known, and what is none, may stand there: %.40s', async (prompt) => {
    expect(await unknown(prompt)).toEqual([]);
  });

  it('that nobody knows are told where they stand, each name once in a text', async () => {
    expect(await unknown('Hello\n  {{ nmae }}, {{nmae.first}} {{other}}')).toEqual([
      'system.md:2:3 `{{',
      'system.md:2:30 `{{other}}`',
    ]);
  });

  it('are looked at in all texts of a manifest', async () => {
    const more = 'orchestration:\n  graph:\n    - { id: a1, description: "of {{who}}" }\n';
    expect(await unknown('', more)).toEqual(['workflow.awp.yaml:6:34 `{{who}}`']);
  });

  it('are at the text as a whole where its characters are written in another way', async () => {
    const more = 'orchestration:\n  graph:\n    - { id: a1, description: "\\tof {{who}}" }\n';
    expect(await unknown('', more)).toEqual(['workflow.awp.yaml:6:30 `{{who}}`']);
  });

  it('are told 200 times at most', async () => {
    const many = Array.from({ length: 60_000 }, (_, at) => `{{x${at}}}`).join(' ');
    expect(await unknown(many)).toHaveLength(200);
    expect(await unknown('', `memory: { workspace_dir: "${many}" }\n`)).toHaveLength(200);
  });
});
