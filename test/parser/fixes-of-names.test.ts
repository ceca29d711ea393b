import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/base/apply-edits.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';
import { findingsOf } from '../validator/example.ts';

const workflow = (fields: string): string =>
  `awp: "1.0.0"\nworkflow:\n  name: news-digest\n  version: 1.0.0\n${fields}`;

describe('a fix of a misspelt key', () => {
  it.each([
    ['is not made when the right one stands there too', '  description: a\n  descriptions: b\n', 0],
    ['is made for the first of two that mean the same', '  descriptions: a\n  descriptio: b\n', 1],
    ['is made when there is no other', '  descriptions: a\n', 1],
  ])('%s', async (_, fields, fixes) => {
    const text = workflow(fields);
    const found = (await findingsOf(text)).filter(({ rule }) => rule === 'S3');
    const edits = found.flatMap(({ fix }) => (fix ? [fix.edits] : []));
    expect(edits).toHaveLength(fixes);
    const after = applyEdits(text, edits).text;
    expect(parseYaml(after, 'workflow.awp.yaml').diagnostics).toEqual([]);
  });
});

describe('a message', () => {
  it('stays on one line and short, whatever keys are called', async () => {
    const found = await findingsOf(workflow(`  "a\\nb": 1\n  ${'x'.repeat(1000)}: 1\n`));
    const said = found.filter(({ rule }) => rule === 'S3').map(({ message }) => message);
    expect(said).toHaveLength(2);
    for (const message of said) {
      expect(message).not.toContain('\n');
      expect(message.length).toBeLessThan(700);
    }
  });
});
