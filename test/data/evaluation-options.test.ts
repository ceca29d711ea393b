import { describe, expect, it } from 'vitest';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { type EvaluationOptions, evaluationOption } from '../../src/data/evaluation-options.ts';
import { openWorkflow } from '../../src/data/workflow-folder.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';
import { graphFiles, planOf } from './graph-make.ts';

describe('the option evaluation', () => {
  it.each([[undefined], [false], [{ enabled: false }]])('is off: %j', (option) => {
    expect(evaluationOption(option, 'm')).toBeUndefined();
  });

  it('has the usual metrics, thresholds, hooks and repairs', () => {
    const usual = evaluationOption(true, 'm');
    expect(usual?.metrics.map(({ name, kind, weight }) => [name, kind, weight])).toEqual([
      ['has_result', 'deterministic', 2],
      ['confidence', 'deterministic', 1.5],
      ['not_empty', 'assertions', 1],
      ['efficiency', 'budget', 0.5],
    ]);
    expect(usual).toMatchObject({
      thresholds: { accept: 0.75, retry: 0.45, fail: 0.2 },
      hooks: ['worker_result', 'final_answer'],
      repair: { max: 2, belowRetry: 'retry_with_repair', belowFail: 'fail_workflow' },
      judge: { model: 'm', temperature: 0 },
      folder: 'data/evaluation',
    });
    expect(evaluationOption({}, 'm')).toEqual(usual);
  });

  it('changes only what it names', () => {
    const metrics = [{ name: 'a', kind: 'deterministic', expr: 'true' }] as const;
    const found = evaluationOption(
      { metrics, thresholds: { fail: 0 }, repair: { max: 1 }, judge: { model: 'j' } },
      'm',
    );
    expect(found).toMatchObject({
      metrics: [{ name: 'a', weight: 1 }],
      thresholds: { accept: 0.75, retry: 0.45, fail: 0 },
      repair: { max: 1, belowFail: 'fail_workflow' },
      judge: { model: 'j', temperature: 0 },
    });
    expect(evaluationOption({ repair: false }, 'm')).not.toHaveProperty('repair');
  });

  const metric = { name: 'a', kind: 'deterministic', expr: 'true' };
  it.each([
    ['a text', 'yes'],
    ['a list', []],
    ['another key', { metric: [] }],
    ['no metrics', { metrics: [] }],
    ['a metric that is a text', { metrics: ['a'] }],
    ['a metric without a name', { metrics: [{ ...metric, name: '' }] }],
    ['a metric of no kind', { metrics: [{ ...metric, kind: 'magic' }] }],
    ['a metric with another key', { metrics: [{ ...metric, params: {} }] }],
    ['a weight below 0', { metrics: [{ ...metric, weight: -1 }] }],
    ['weights that are all 0', { metrics: [{ ...metric, weight: 0 }] }],
    ['a test without an expression', { metrics: [{ name: 'a', kind: 'deterministic' }] }],
    ['a rubric without words', { metrics: [{ name: 'a', kind: 'llm_rubric' }] }],
    ['an expression that is none', { metrics: [{ ...metric, expr: 'import os' }] }],
    [
      'an assertion that is none',
      { metrics: [{ name: 'a', kind: 'assertions', assertions: ['(('] }] },
    ],
    ['thresholds in another order', { thresholds: { accept: 0.1 } }],
    ['a threshold above 1', { thresholds: { accept: 1.5 } }],
    ['an unknown threshold', { thresholds: { good: 1 } }],
    ['an unknown hook', { hooks: ['every_token'] }],
    ['half a repair', { repair: { max: 0.5 } }],
    ['an unknown action', { repair: { belowFail: 'shout' } }],
    ['a judge without a name', { judge: { model: 3 } }],
    ['a judge that is too hot', { judge: { temperature: 3 } }],
    ['a folder outside', { folder: '../elsewhere' }],
    ['a folder that is none', { folder: 3 }],
  ])('cannot have %s', (_, option) => {
    const make = () =>
      new AgentWorkflow({ task: 'x', model: 'demo', evaluation: option as EvaluationOptions });
    expect(make).toThrow(/^evaluation|^unknown option|evaluation\./);
  });

  it('needs a model where a rubric is', () => {
    const metrics = [{ name: 'a', kind: 'llm_rubric', rubric: 'Good?' }] as const;
    expect(() => evaluationOption({ metrics }, '')).toThrow('judges by the rubric a');
  });
});

const scores = `observability:
  evaluation:
    enabled: ENABLED
    metrics: [{ name: a, kind: llm_rubric, params: { rubric: Good? } }]
    rubric_judge: { model: x/judge }
`;

describe('the evaluation of a graph', () => {
  const off = { graph: '- { id: one, agent: one }', more: scores.replace('ENABLED', 'false') };
  const on = { ...off, more: scores.replace('ENABLED', 'true') };
  const without = { graph: '- { id: one, agent: one }' };
  const named = (metrics: { name: string }[] = []): string[] => metrics.map(({ name }) => name);

  it.each([
    ['as the folder says', on, {}, ['a']],
    ['off in the folder', off, {}, []],
    ['off in the folder, and wanted', off, { evaluation: true }, ['a']],
    ['on in the folder, and not wanted', on, { evaluation: false }, []],
    ['not in the folder', without, {}, []],
    [
      'not in the folder, and wanted',
      without,
      { evaluation: true },
      ['has_result', 'confidence', 'not_empty', 'efficiency'],
    ],
    [
      'other metrics than in the folder',
      on,
      { evaluation: { metrics: [{ name: 'b', kind: 'budget' }] } as EvaluationOptions },
      ['b'],
    ],
  ])('%s', async (_, files, given, expected) => {
    const { evaluation } = await planOf(files, given);
    expect(named([...(evaluation?.metrics ?? [])])).toEqual(expected);
  });

  it('has the judge of the folder, unless a model stands for all', async () => {
    expect((await planOf(on)).evaluation?.judge.model).toBe('x/judge');
    expect((await planOf(on, { model: 'demo' })).evaluation?.judge.model).toBe('demo');
  });
});

describe('the evaluation of a delegation loop', () => {
  async function optionsOf(more: string) {
    using folder = temporaryFolder();
    writeFiles(folder.path, {
      'workflow.awp.yaml': `awp: "1.0.0"
workflow: { name: loop, version: 1.0.0, description: Do it. }
orchestration: { engine: delegation_loop, delegation_loop: {} }
${more}`,
    });
    return (await openWorkflow(folder.path)).options();
  }

  it('is an option of it, also where it is off, so that it can be turned on', async () => {
    for (const enabled of [true, false]) {
      const { evaluation } = await optionsOf(scores.replace('ENABLED', String(enabled)));
      expect(evaluation).toMatchObject({
        ...{ enabled, repair: false, hooks: ['final_answer'] },
        metrics: [{ name: 'a', kind: 'llm_rubric', weight: 1 }],
        judge: { model: 'x/judge', temperature: 0 },
      });
    }
  });

  it('is left out when there is none', async () => {
    expect(await optionsOf('')).not.toHaveProperty('evaluation');
    const files = graphFiles({ graph: '- { id: one, agent: one }' });
    expect(Object.keys(files)).toContain('workflow.awp.yaml');
  });
});
