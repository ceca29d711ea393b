import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../../src/effects/index.ts';
import { findWorkflows } from '../../src/mcp-server/workflows.ts';
import { temporaryFolder } from '../make.ts';
import { WORKFLOW, write } from './support.ts';

/** What is found below a folder with these files. */
async function find(files: Record<string, string>, prepare?: (folder: string) => void) {
  using folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    write(folder.path, path, text);
  }
  prepare?.(folder.path);
  const notes: string[] = [];
  const found = await findWorkflows({
    folders: [folder.path],
    effects: nodeEffects(),
    note: (text) => notes.push(text.replaceAll(folder.path, '.')),
  });
  const shown = found.map(({ slug, folder: path }) => [slug, path.replace(folder.path, '.')]);
  return { shown, notes };
}

const named = (name: string): string => WORKFLOW.replace('sales-report', name);

describe('workflows that are served', () => {
  it('are those at and below the folders, each with a name of its own', async () => {
    const { shown, notes } = await find({
      'a/workflow.awp.yaml': named('report'),
      'b/deep/er/workflow.awp.yaml': named('report'),
      'c/workflow.awp.yaml': named('task'),
      'd/workflow.awp.yaml': named('run-result'),
      'e/readme.md': 'nothing',
    });
    expect(shown).toEqual([
      ['report', './a'],
      ['report_2', './b/deep/er'],
      ['task_2', './c'],
      ['run_result', './d'],
    ]);
    expect(notes).toEqual([]);
  });

  it('are not looked for in hidden folders, packages, too deep, or behind links', async () => {
    using elsewhere = temporaryFolder();
    write(elsewhere.path, 'workflow.awp.yaml', named('elsewhere'));
    const { shown } = await find(
      {
        '.hidden/workflow.awp.yaml': named('hidden'),
        'node_modules/x/workflow.awp.yaml': named('package'),
        '1/2/3/4/5/6/workflow.awp.yaml': named('deep'),
        'here/workflow.awp.yaml': named('here'),
        'here/sub/workflow.awp.yaml': named('part-of-here'),
      },
      (folder) => symlinkSync(elsewhere.path, join(folder, 'link')),
    );
    expect(shown).toEqual([['here', './here']]);
  });

  it('leave out what cannot be run, and say why', async () => {
    const { shown, notes } = await find({
      'broken/workflow.awp.yaml': 'awp: [',
      'good/workflow.awp.yaml': WORKFLOW,
    });
    expect(shown).toEqual([['sales_report', './good']]);
    expect(notes).toEqual([expect.stringMatching(/^left out: \.\/broken: workflow\.awp\.yaml:/)]);
  });

  it('stop at a hundred', async () => {
    const files = Array.from({ length: 101 }, (_, index) => [
      `w${index}/workflow.awp.yaml`,
      named(`w${index}`),
    ]);
    const { shown, notes } = await find(Object.fromEntries(files));
    expect(shown).toHaveLength(100);
    expect(notes).toEqual(['only the first 100 workflows are served']);
  });
});
