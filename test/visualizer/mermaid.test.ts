import { existsSync, readFileSync } from 'node:fs';
import { join, normalize, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWorkflow } from '../../src/data/read-workflow.ts';
import { memoryFiles } from '../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../src/parser/parse-workflow.ts';
import { toMermaid } from '../../src/visualizer/mermaid.ts';
import { CHROMIUM, runInPage } from '../browser/chromium.ts';
import { examples } from './examples.ts';

const MERMAID = resolve(import.meta.dirname, '../../node_modules/mermaid/dist');

/** What the real mermaid says of texts, in a real browser: an empty text for those that it takes. */
async function parsed(texts: readonly string[]): Promise<string[]> {
  const module = `import mermaid from '/mermaid.esm.min.mjs';
const said = [];
for (const text of ${JSON.stringify(texts)}) {
  try { await mermaid.parse(text); said.push(''); } catch (error) { said.push(String(error.message ?? error)); }
}
report(said);`;
  const said = await runInPage(module, (path) => {
    const file = join(MERMAID, normalize(path));
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  });
  if (!Array.isArray(said)) throw new Error(JSON.stringify(said));
  return said;
}

async function drawing(yaml: string): Promise<string> {
  const { workflow } = await parseWorkflow(memoryFiles({ 'workflow.awp.yaml': yaml }));
  return toMermaid(workflow) ?? 'nothing was drawn';
}

const node = (id: string, more = ''): string =>
  `    - { id: ${JSON.stringify(id)}, agent: x${more} }\n`;
const graph = (nodes: string): string => `awp: "1.0.0"\norchestration:\n  graph:\n${nodes}`;

/** Words that mean something to Mermaid, and to JavaScript. */
const WORDS = [
  ...['end', 'graph', 'subgraph', 'class', 'click', 'style', 'linkStyle', 'classDef', 'default'],
  ...['flowchart', 'direction', 'TD', 'x', 'o', 'constructor', '__proto__', 'href', 'call'],
];

describe('Mermaid', () => {
  it.runIf(CHROMIUM)(
    'takes every example, any id and any text',
    async () => {
      const named = new Map<string, string>();
      for (const [name, folder] of examples) {
        const { workflow } = await readWorkflow(folder);
        for (const direction of ['TD', 'LR'] as const) {
          const overlay = new Map([['writer', { status: 'failed' as const, ms: 1200 }]]);
          named.set(`${name} ${direction}`, toMermaid(workflow, { direction, overlay }) ?? '');
        }
      }
      for (const word of WORDS) {
        named.set(
          word,
          await drawing(
            graph(node(word) + node('next', `, depends_on: [${JSON.stringify(word)}]`)),
          ),
        );
      }
      const texts = fc.sample(
        fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string()),
        {
          numRuns: 150,
          seed: 7,
        },
      );
      for (const [index, [id, when, agent]] of texts.entries()) {
        const quoted = (text: string): string =>
          JSON.stringify(text.replace(/[\p{Cc}\p{Cs}]/gu, ''));
        const other = `, depends_on: [{ id: ${quoted(`a${id}`)}, expr: ${quoted(when)} }], when: ${quoted(when)}`;
        const yaml = graph(
          `    - { id: ${quoted(`a${id}`)}, agent: ${quoted(agent)} }\n${node('b', other)}`,
        );
        named.set(`text ${index}: ${yaml}`, await drawing(yaml));
      }
      const said = await parsed([...named.values()]);
      const refused = [...named].filter((_, index) => said[index] !== '');
      expect(refused.map(([name, text], index) => `${name}\n${text}\n${said[index]}`)).toEqual([]);
      expect(said).toHaveLength(named.size);
    },
    120_000,
  );

  it.runIf(CHROMIUM)(
    'is asked for real: it refuses what it does not know',
    async () => {
      const [first, second] = await parsed([
        'flowchart TD\n  a --> b\n',
        'flowchart TD\n  end --> x\n',
      ]);
      expect(first).toBe('');
      expect(second).toContain('Parse error');
    },
    90_000,
  );

  it('gives each node an id of its own, whatever it is called', async () => {
    const text = await drawing(graph(node('a b') + node('a_b') + node('a-b')));
    const ids = [...text.matchAll(/^ {2}(n_\w+)\[/gm)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(3);
  });

  it('draws conditions dotted, failures in another colour and switched-off nodes dashed', async () => {
    const text = await drawing(
      graph(
        node('a') +
          node('b', ', depends_on: [{ id: a, condition: failure }]') +
          node('c', ', depends_on: [a], when: "state.a.ok", enabled: false'),
      ),
    );
    expect(text).toContain('n_a -.->|"on failure"| n_b');
    expect(text).toContain('n_a -.-> n_c');
    expect(text).toContain('linkStyle 0 stroke:#b3261e');
    expect(text).toContain('class n_c disabled');
    expect(text).toContain('when: state.a.ok');
  });
});
