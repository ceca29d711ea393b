import { describe, expect, it } from 'vitest';
import { readWorkflow } from '../../src/data/read-workflow.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import { type AsciiOptions, toAscii } from '../../src/visualizer/ascii.ts';
import { examples } from './examples.ts';

async function drawn(nodes: string, options: AsciiOptions = {}): Promise<string> {
  const yaml = `awp: "1.0.0"\norchestration:\n  graph:\n${nodes}`;
  const { workflow } = await parseWorkflow(memoryFiles({ 'workflow.awp.yaml': yaml }));
  return toAscii(workflow, options) ?? '';
}

const DIAMOND = `    - { id: a, agent: a }
    - { id: b, agent: b, depends_on: [a] }
    - { id: c, agent: c, depends_on: [a] }
    - { id: d, agent: d, depends_on: [b, c] }
`;

describe('a drawing for terminals', () => {
  it('has a level below the other, what runs together side by side', async () => {
    expect(await drawn(DIAMOND)).toBe(`┌───┐
│ a │
└───┘
    │
    ▼
┌─────┐  ┌─────┐
│ b   │  │ c   │
│ ← a │  │ ← a │
└─────┘  └─────┘
    │
    ▼
┌─────┐
│ d   │
│ ← b │
│ ← c │
└─────┘
`);
  });

  it('is plain ASCII where nothing else is known', async () => {
    const text = await drawn(DIAMOND, {
      ascii: true,
      overlay: new Map([['b', { status: 'failed', ms: 500 }]]),
    });
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).toContain('[failed 0.5 s]');
  });

  it('says how boxes fared in words, not by colour', async () => {
    const overlay = new Map([['a', { status: 'complete' as const, ms: 12_345 }]]);
    expect(await drawn(DIAMOND, { overlay })).toContain('✓ complete 12 s');
  });

  it('keeps to the width', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `    - { id: node${index}, agent: x }\n`);
    const text = await drawn(many.join(''), { width: 60 });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('lists what is too much to draw', async () => {
    const many = Array.from(
      { length: 500 },
      (_, index) =>
        `    - { id: n${index}, agent: x${index > 0 ? `, depends_on: [n${index - 1}]` : ''} }\n`,
    );
    const lines = (await drawn(many.join(''))).trimEnd().split('\n');
    expect(lines).toHaveLength(500);
    expect(lines[1]).toBe('n1 ← n0');
  });

  it('comes to an end for a cycle, and shows no control characters', async () => {
    const text = await drawn(
      '    - { id: a, agent: "x\\u001b[31m", depends_on: [b] }\n    - { id: b, agent: y, depends_on: [a] }\n',
    );
    expect(text).toContain('← b');
    expect(text).not.toContain('\u001b');
  });

  it.each(examples)('is made of the example %s', async (_, folder) => {
    const { workflow } = await readWorkflow(folder);
    expect((toAscii(workflow) ?? '').split('\n').length).toBeGreaterThan(2);
  });
});
