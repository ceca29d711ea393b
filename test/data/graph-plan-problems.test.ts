import { describe, expect, it } from 'vitest';
import { draftOfGraph } from '../../src/data/graph-draft.ts';
import { graphNotes } from '../../src/data/graph-plan-notes.ts';
import { openWorkflow } from '../../src/data/workflow-folder.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';
import { agentFile, type GraphFiles, graphFiles, planIn, planOf } from './graph-make.ts';

const ONE = '- { id: one, agent: one }';
const child = (graph: string, name = 'sub'): Record<string, string> => ({
  [`${name}/workflow.awp.yaml`]: `awp: "1.0.0"\nworkflow: { name: ${name}, version: 1.0.0, description: Part }\norchestration:\n  graph:\n${graph.replace(/^/gm, '    ')}\n`,
  [`${name}/agents/inner/agent.awp.yaml`]: agentFile('inner'),
});

describe('a graph that cannot be planned', () => {
  it.each<[string, GraphFiles, string, RegExp]>([
    [
      'an agent that is not there',
      { graph: '- { id: one, agent: nobody }' },
      'spec/invalid',
      /^workflow\.awp\.yaml:5:\d+: .*there is no `agents\/nobody\/agent\.awp\.yaml`/,
    ],
    [
      'a replacement that is not there',
      { graph: ONE, orchestration: 'degradation: [{ agent: one, fallback: twoo }]' },
      'spec/invalid',
      /^workflow\.awp\.yaml:6:\d+: orchestration\.degradation\[0\]\.fallback: there is no agent twoo/,
    ],
    [
      'an agent for all that is not there',
      { graph: ONE, execution: 'error_handling: { fallback_agent: nobody }' },
      'spec/invalid',
      /^workflow\.awp\.yaml:7:\d+: orchestration\.execution\.error_handling\.fallback_agent: /,
    ],
    [
      'an expression that is none',
      { graph: '- { id: one, agent: one, when: "state.x >" }' },
      'spec/invalid',
      /^workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]\.when: /,
    ],
    [
      'a fan-out over nothing',
      { graph: '- { id: one, agent: one, fan_out: { max_parallel: 2 } }' },
      'spec/invalid',
      /^workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]\.fan_out: there is no `source`/,
    ],
    [
      'nodes that wait for each other',
      {
        graph:
          '- { id: one, agent: one, depends_on: [two] }\n- { id: two, agent: two, depends_on: [one] }',
      },
      'spec/invalid',
      /^workflow\.awp\.yaml:5:/,
    ],
    [
      'a sub-workflow that is not named',
      { graph: '- { id: one, type: subworkflow }' },
      'spec/invalid',
      /^workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]: a sub-workflow is not named/,
    ],
    [
      'a sub-workflow with an error',
      { graph: '- { id: part, subworkflow: sub }', files: child('- { id: one, agent: nobody }') },
      'spec/invalid',
      /^sub\/workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]\.agent: there is no/,
    ],
    [
      'a sub-workflow that includes itself',
      {
        graph: '- { id: part, subworkflow: sub }',
        files: child('- { id: again, subworkflow: . }'),
      },
      'spec/recursive-workflow',
      /^sub\/workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]\.subworkflow: the workflow includes itself/,
    ],
    [
      'a value that would pass for what a node of a sub-workflow brings',
      {
        graph: '- { id: part, subworkflow: sub, input_mapping: { inner: "1" } }',
        files: child('- { id: inner, agent: inner }'),
      },
      'spec/invalid',
      /^workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]\.input_mapping: inner is a node of/,
    ],
    [
      'a mapping that is no expression',
      {
        graph: '- { id: part, subworkflow: sub, output_mapping: { a: "state.inner." } }',
        files: child('- { id: inner, agent: inner }'),
      },
      'spec/invalid',
      /^workflow\.awp\.yaml:5:\d+: orchestration\.graph\[0\]\.output_mapping: "state\.inner\."/,
    ],
    [
      'files of the state outside of the run',
      { graph: ONE, state: 'persistence: { path: ../../elsewhere }' },
      'spec/invalid',
      /^workflow\.awp\.yaml:7:\d+: state\.persistence\.path: the path leaves its folder/,
    ],
    [
      'scores outside of the run',
      {
        graph: ONE,
        more: 'observability: { evaluation: { enabled: true, metrics: [{ name: a, kind: budget }], artifact_path: /tmp } }\n',
      },
      'spec/invalid',
      /artifact_path: the path must be relative/,
    ],
    [
      'a metric without what it needs',
      {
        graph: ONE,
        more: 'observability: { evaluation: { enabled: true, metrics: [{ name: a, kind: deterministic_test }] } }\n',
      },
      'spec/invalid',
      /metrics\[0\]: the metric a has no params\.expr/,
    ],
    [
      'a program that is not there',
      { graph: ONE, agents: { one: 'preprocessor: { enabled: true, steps: [none.py] }' } },
      'spec/invalid',
      /^agents\/one\/agent\.awp\.yaml:5:\d+: preprocessor\.steps\[0\]: there is no program none\.py/,
    ],
    [
      'a program that is none',
      {
        graph: ONE,
        agents: { one: 'preprocessor: { enabled: true, steps: [notes.md] }' },
        files: { 'agents/one/notes.md': 'x' },
      },
      'spec/invalid',
      /agents\/one\/notes\.md is no program/,
    ],
  ])('has %s', async (_, files, code, message) => {
    await expect(planOf(files)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('has no model for an agent', async () => {
    using folder = temporaryFolder();
    writeFiles(folder.path, graphFiles({ graph: ONE }));
    const { graph, ...options } = (await openWorkflow(folder.path)).options();
    const drafting = {
      secrets: { get: () => undefined } as never,
      ...{ taped: undefined, runId: 'r', now: 0 },
    };
    const draft = () => graph && draftOfGraph({ task: '-', ...options }, graph, drafting);
    expect(draft).toThrow(expect.objectContaining({ code: 'model/none' }));
  });

  it.each([
    [
      'a step for a node that is not there',
      { steps: { on: () => ({}) } },
      'usage/unknown-option',
      'did you mean one?',
    ],
    [
      'an option of delegation loops',
      { managerInstructions: 'Lead.' },
      'usage/bad-option',
      undefined,
    ],
    ['a typed result', { output: { type: 'object' } }, 'usage/bad-option', undefined],
  ])('has %s', async (_, given, code, hint) => {
    await expect(planOf({ graph: ONE }, given)).rejects.toMatchObject({
      code,
      ...(hint && { hint }),
    });
  });
});

describe('sub-workflows inside of each other', () => {
  it('may share a folder, side by side', async () => {
    const plan = await planOf({
      graph: '- { id: a, subworkflow: sub }\n- { id: b, subworkflow: sub, depends_on: [a] }',
      files: child('- { id: inner, agent: inner }'),
    });
    expect(plan.graph?.nodes.map(({ graph }) => graph?.name)).toEqual(['sub', 'sub']);
  });

  it('end after 16 levels, and at 200 in all', async () => {
    const levels = Array.from({ length: 18 }, (_, index) =>
      Object.entries(child(`- { id: next, subworkflow: s${index + 1} }`, `s${index}`)).map(
        ([path, text]) => [`${'s/'.repeat(0)}${path}`, text] as const,
      ),
    );
    const nested = Object.fromEntries(
      levels.flatMap((files, index) => {
        const above = Array.from({ length: index }, (_, up) => `s${up}/`).join('');
        return files.map(([path, text]) => [`${above}${path}`, text] as const);
      }),
    );
    await expect(
      planOf({ graph: '- { id: part, subworkflow: s0 }', files: nested }),
    ).rejects.toMatchObject({
      code: 'spec/invalid',
      message: expect.stringContaining('at most 200 sub-workflows, 16 inside of each other'),
    });
    const many = Array.from({ length: 201 }, (_, index) => `- { id: n${index}, subworkflow: sub }`);
    const wide = { graph: many.join('\n'), files: child('- { id: inner, agent: inner }') };
    await expect(planOf(wide)).rejects.toMatchObject({ code: 'spec/invalid' });
  });
});

describe('what an author should know', () => {
  it('is that all agents share the strictest box', async () => {
    using folder = temporaryFolder();
    const box = (text: string) => `capabilities: { sandbox: { ${text} } }`;
    writeFiles(
      folder.path,
      graphFiles({
        graph: `${ONE}\n- { id: two, agent: two }`,
        agents: {
          one: box(
            'timeout: 10, packages: [a], constraints: { max_memory_mb: 100 }, network: { enabled: true, allowed_hosts: [a.example.com, b.example.com] }',
          ),
          two: box(
            'type: none, timeout: 20, packages: [b], network: { enabled: true, allowed_hosts: [b.example.com] }',
          ),
        },
      }),
    );
    const { sandbox } = await planIn(folder.path);
    expect(sandbox).toMatchObject({
      ...{ minimum: 'boundary', timeoutMs: 10_000, memoryMb: 100 },
      hosts: ['b.example.com'],
      packages: { python: ['a', 'b'] },
    });
    const { graph } = await openWorkflow(folder.path);
    expect(graph && graphNotes(graph)).toEqual([
      {
        name: 'sandbox',
        note: 'all agents share one box, the strictest: one asks for another hosts',
      },
      {
        name: 'sandbox',
        note: 'all agents share one box, the strictest: two asks for another minimum, timeoutMs',
      },
    ]);
  });

  it('is nothing when all ask for the same', async () => {
    using folder = temporaryFolder();
    const same = 'capabilities: { sandbox: { timeout: 10 } }';
    writeFiles(folder.path, graphFiles({ graph: ONE, agents: { one: same, two: same } }));
    const { graph } = await openWorkflow(folder.path);
    expect(graph && graphNotes(graph)).toEqual([]);
  });

  it('is which sections of a sub-workflow count for no part of a run', async () => {
    using folder = temporaryFolder();
    const [[path = '', text = ''] = [], ...files] = Object.entries(
      child('- { id: inner, agent: inner }'),
    );
    const more =
      '  run_budget: { max_total_tokens: 5 }\n  execution: { timeout_idle: 5 }\nsecurity: { rate_limiting: { enabled: true } }\n';
    const all = Object.fromEntries([[path, `${text}${more}`], ...files]);
    writeFiles(folder.path, graphFiles({ graph: '- { id: part, subworkflow: sub }', files: all }));
    const { graph } = await openWorkflow(folder.path);
    expect(graph && graphNotes(graph).map(({ note }) => note.replace(/ of the sub.*/, ''))).toEqual(
      ['run_budget, but for max_wall_time', 'timeout_idle', 'security.rate_limiting'],
    );
  });
});
