import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fix } from '../../src/data/fix.ts';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { validate } from '../../src/data/validate.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';
import { agentFile, graphFiles } from './graph-make.ts';

/** A folder with a sub-workflow `name`, whose nodes are `graph`. */
const part = (name: string, graph: string, more = ''): Record<string, string> => ({
  [`${name}/workflow.awp.yaml`]: `awp: "1.0.0"\nworkflow: { name: ${name.slice(name.lastIndexOf('/') + 1)}, version: 1.0.0, description: Part }\n${more}orchestration:\n  graph:\n${graph.replace(/^/gm, '    ')}\n`,
  [`${name}/agents/inner/agent.awp.yaml`]: agentFile('inner'),
});

const INNER = '- { id: inner, agent: inner }';
const uses = (path: string, id = 'part'): string => `- { id: ${id}, subworkflow: ${path} }`;

function folderOf(graph: string, files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  const path = join(folder.path, 'report');
  writeFiles(path, graphFiles({ graph, files }));
  return { path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** Errors and warnings, as `file:line rule`. */
async function told(folder: { path: string }): Promise<string[]> {
  const { diagnostics } = await validate(folder.path);
  return diagnostics
    .filter(({ severity }) => severity !== 'info')
    .map(({ file, range, rule }) => `${file}:${range.start.line} ${rule}`);
}

describe('sub-workflows that are validated with their workflow', () => {
  it.each<[string, string, Record<string, string>, string[]]>([
    ['nothing of one without errors', uses('sub'), part('sub', INNER), []],
    [
      'an error in one, with its folder',
      uses('wf/sub'),
      part('wf/sub', '- { id: inner, agent: nobody }'),
      ['wf/sub/workflow.awp.yaml:5 R8'],
    ],
    [
      'an error in an agent of one',
      uses('sub'),
      { ...part('sub', INNER), 'sub/agents/inner/agent.awp.yaml': 'awp_agent: "1.0.0"\n' },
      expect.arrayContaining([expect.stringMatching(/^sub\/agents\/inner\/agent\.awp\.yaml:1 /)]),
    ],
    [
      'what is inside of those inside, once for all nodes that name it',
      `${uses('sub', 'a')}\n${uses('sub', 'b')}`,
      { ...part('sub', uses('deep')), ...part('sub/deep', '- { id: inner, agent: nobody }') },
      ['sub/deep/workflow.awp.yaml:5 R8'],
    ],
    ['that it includes itself', uses('.'), {}, ['workflow.awp.yaml:5 S18']],
    [
      'that one inside includes itself',
      uses('sub'),
      part('sub', uses('.')),
      ['sub/workflow.awp.yaml:5 S18'],
    ],
    [
      'that one reaches out of its folder, once',
      uses('sub'),
      part('sub', uses('../other')),
      ['sub/workflow.awp.yaml:5 S7'],
    ],
    ['one that is not there, once', uses('sub'), {}, ['workflow.awp.yaml:5 S6']],
    [
      'one that is named in `subworkflows`',
      uses('named'),
      {
        ...part('sub', '- { id: inner, agent: nobody }'),
        'workflow.awp.yaml':
          'awp: "1.0.0"\nworkflow: { name: report, version: 1.0.0, description: x }\norchestration:\n  subworkflows: [{ name: named, ref: sub }]\n  graph:\n    - { id: part, subworkflow: named }\n',
      },
      ['sub/workflow.awp.yaml:5 R8'],
    ],
  ])('tell %s', async (_, graph, files, expected) => {
    using folder = folderOf(graph, files);
    expect(await told(folder)).toEqual(expected);
  });

  it('tell that a link leads back into the workflow', async () => {
    using folder = folderOf(uses('sub/again'), part('sub', INNER));
    symlinkSync(folder.path, join(folder.path, 'sub/again'));
    expect(await told(folder)).toEqual(['workflow.awp.yaml:5 S18']);
  });

  it('are held to the level that they declare, not to that of the whole', async () => {
    const files = part('sub', INNER);
    using folder = folderOf(uses('sub'), files);
    const { diagnostics } = await validate(folder.path, { level: 'A2' });
    expect(diagnostics.filter(({ rule, file }) => /^A/.test(rule) && /^sub/.test(file))).toEqual(
      [],
    );
  });

  it.each([
    ['deep', 17],
    ['many', 201],
  ])('tell when there are too %s', async (kind, count) => {
    const names = Array.from({ length: count }, (_, index) => `s${index}`);
    const deep = names.map((_, index) => {
      const name = names.slice(0, index + 1).join('/');
      return part(name, index + 1 < count ? uses(`s${index + 1}`) : INNER);
    });
    const graph = kind === 'deep' ? uses('s0') : names.map((id) => uses('sub', id)).join('\n');
    using folder = folderOf(
      graph,
      kind === 'deep' ? Object.assign({}, ...deep) : part('sub', INNER),
    );
    const found = await told(folder);
    expect(found).toEqual([expect.stringMatching(/workflow\.awp\.yaml:\d+ S11$/)]);
    await expect(loadWorkflow(folder.path)).rejects.toMatchObject({ code: 'spec/invalid' });
  });

  it('have their texts for the places that are shown, and are mended', async () => {
    const files = part('sub', INNER, 'inputs:\n  topic: { descripton: What it is about. }\n');
    using folder = folderOf(uses('sub'), files);
    const { diagnostics, sources } = await validate(folder.path);
    const [found] = diagnostics.filter(({ rule }) => rule === 'S3');
    expect(found).toMatchObject({ file: 'sub/workflow.awp.yaml' });
    expect(sources.get('sub/workflow.awp.yaml')?.text).toContain('descripton');
    const report = await fix(folder.path);
    expect(report.fixed).toMatchObject([{ file: 'sub/workflow.awp.yaml', rule: 'S3' }]);
    const text = readFileSync(join(folder.path, 'sub/workflow.awp.yaml'), 'utf8');
    expect(text).toContain('description: What it is about.');
  });

  it('are told of with their places when the workflow is to run, each place once', async () => {
    using folder = folderOf(uses('sub'), part('sub', uses('../..')));
    const error: unknown = await loadWorkflow(folder.path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'spec/invalid',
      message: expect.stringMatching(/^sub\/workflow\.awp\.yaml:5:\d+: [^:]*: `\.\.\/\.\.` cannot/),
      findings: { diagnostics: [expect.objectContaining({ file: 'sub/workflow.awp.yaml' })] },
    });
  });

  it('are looked at by a run that begins with the manifest alone', async () => {
    using folder = temporaryFolder();
    const graph = uses('sub');
    const { 'workflow.awp.yaml': manifest = '' } = graphFiles({ graph });
    writeFiles(folder.path, {
      'workflow.awp.yaml': manifest,
      ...part('sub', '- { id: inner, agent: nobody }'),
    });
    await expect(loadWorkflow(join(folder.path, 'workflow.awp.yaml'))).rejects.toMatchObject({
      message: expect.stringMatching(/^sub\/workflow\.awp\.yaml:5:/),
    });
  });
});
