import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { runCli } from '../../src/cli/cli.ts';
import { nodeEngine } from '../../src/cli/node-engine.ts';
import { openHome } from '../../src/data/home.ts';
import type { WorkflowOptions } from '../../src/data/options.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { ModelRequest } from '../../src/ports/model-provider.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { graphFiles } from '../data/graph-make.ts';
import { writeFiles } from '../files.ts';
import { temporaryFolder } from '../make.ts';
import { fakeShell } from './fake-shell.ts';

const SCORED = `observability:
  evaluation:
    enabled: true
    metrics:
      - { name: long, kind: deterministic, weight: 1, params: { expr: len(result.text) > 3 } }
      - { name: sure, kind: deterministic, weight: 1, params: { expr: result.confidence } }
    step_scores: { enabled: true, hooks: [worker_result, final_answer] }
    thresholds: { accept: 0.9, retry: 0.7, fail: 0.4 }
`;

const LOOP = `awp: "1.0.0"
workflow: { name: loop, version: 1.0.0, description: Do it. }
orchestration: { engine: delegation_loop, delegation_loop: {} }
observability:
  evaluation:
    metrics: [{ name: a, kind: llm_rubric, params: { rubric: Good? } }]
    rubric_judge: { model: x/judge }
`;

/** `awp` in a folder with one workflow, and a scripted model. */
function place(model: (request: ModelRequest) => ScriptedAnswer, more = SCORED) {
  const folder = temporaryFolder();
  const files = graphFiles({ graph: '- { id: one, agent: one }', more });
  writeFiles(`${folder.path}/flow`, files);
  const provider = scriptedModel(model);
  const engine = nodeEngine();
  const awp = async (...argv: string[]) => {
    const shell = fakeShell({
      cwd: folder.path,
      engine: {
        ...engine,
        start: (options, how) => engine.start({ ...options, model: provider }, how),
        evaluate: (path, how) => engine.evaluate(path, { ...how, providers: [provider] }),
      },
      openHome,
      effects: nodeEffects(),
    });
    const code = await runCli([...argv, '--home', `${folder.path}/.awp`], shell);
    return { code, out: shell.out.text(), err: shell.err.text() };
  };
  return { awp, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const sure = (confidence: number) => () => ({ text: 'hello', confidence });

describe('awp eval', () => {
  it('shows the score of the last run, its steps and its metrics', async () => {
    using at = place(sure(0.5));
    expect((await at.awp('run', 'flow', '--run-id', 'r-one')).code).toBe(0);
    const { code, out } = await at.awp('eval', 'flow');
    expect(code).toBe(0);
    expect(out.replace(/scores .*/, 'scores')).toBe(`run      r-one
scores
final    [ok] 0.7500
action   accepted with a warning
repairs  0
steps
  [ok] 0.7500  one
metrics
  [ok] long  1.0000 x 1
  [WARN] sure  0.5000 x 1
`);
  });

  it('exits with 1 when the score is below fail', async () => {
    using at = place(() => ({ text: 'no', confidence: 0.1 }));
    expect((await at.awp('run', 'flow')).code).toBe(1);
    const { code, out } = await at.awp('eval', 'flow');
    expect(code).toBe(1);
    expect(out).toContain('[FAIL] 0.0500');
    expect(out).toContain('does not hold: len(result.text) > 3');
  });

  it('exits with 1 when there is no score', async () => {
    const none = SCORED.replace('len(result.text) > 3', 'result.nothing > 3').replace(
      'expr: result.confidence',
      'expr: result.nothing > 3',
    );
    using at = place(sure(1), none);
    expect((await at.awp('run', 'flow')).code).toBe(0);
    const { code, out } = await at.awp('eval', 'flow');
    expect(code).toBe(1);
    expect(out).toContain('final    [ - ] none');
    expect(out).toContain('action   no verdict');
  });

  it('is one JSON object with --json', async () => {
    using at = place(sure(1));
    await at.awp('run', 'flow', '--run-id', 'r-one');
    const { out } = await at.awp('eval', 'flow', '--run-id', 'r-o', '--json');
    expect(JSON.parse(out)).toMatchObject({
      ...{ run_id: 'r-one', final_score: 1, final_action: 'accept' },
    });
  });

  it.each([
    ['no folder', ['eval'], 2, 'needs the folder of a workflow'],
    ['a folder that is not there', ['eval', 'nowhere'], 1, 'workflow'],
    ['a workflow that never ran', ['eval', 'flow'], 9, 'has ended'],
    ['a run that there is not', ['eval', 'flow', '--run-id', 'r-x'], 9, 'r-x'],
    ['an unknown option', ['eval', 'flow', '--all'], 2, '--all'],
  ])('says what is wrong: %s', async (_, argv, expected, said) => {
    using at = place(sure(1));
    const { code, err } = await at.awp(...argv);
    expect([code, err]).toEqual([expected, expect.stringContaining(said)]);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('awp run with scores', () => {
  it('ends with the score', async () => {
    using at = place(sure(0.5));
    const { code, err } = await at.awp('run', 'flow');
    expect(code).toBe(0);
    expect(err).toContain('score   [ok] 0.7500, accepted with a warning, 1 step scored');
  });

  it('has it in the result with --json', async () => {
    using at = place(sure(1));
    const { out } = await at.awp('run', 'flow', '--json');
    const last = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
    expect(last.data.metadata.evaluation).toMatchObject({ score: 1, action: 'accept' });
  });

  it('scores by the usual metrics with --eval', async () => {
    using at = place(sure(0.9), '');
    const { code, err } = await at.awp('run', 'flow', '--eval');
    expect(code).toBe(0);
    expect(err).toMatch(/score {3}\[ok\] (0\.9\d+|1\.0+), accepted/);
    expect((await at.awp('run', 'flow')).err).not.toContain('score');
  });

  it('fails with the reason, and says what scored low', async () => {
    using at = place(() => ({ text: 'no', confidence: 0.1 }));
    const { code, err } = await at.awp('run', 'flow');
    expect(code).toBe(1);
    expect(err).toContain('evaluation/failed');
    expect(err).toContain('[FAIL] sure  0.1000 x 1');
  });

  it.each([
    ['as the folder says', [], false, 'x/judge'],
    ['turned on', ['--eval'], true, 'x/judge'],
    ['with another judge', ['--eval', '-m', 'demo'], true, 'demo'],
  ])('takes what a delegation loop says of scores: %s', async (_, more, enabled, model) => {
    using folder = temporaryFolder();
    writeFiles(`${folder.path}/loop`, { 'workflow.awp.yaml': LOOP });
    const asked: WorkflowOptions['evaluation'][] = [];
    const shell = fakeShell({
      cwd: folder.path,
      engine: {
        ...nodeEngine(),
        start: ({ evaluation }) => {
          asked.push(evaluation);
          throw new AwpError('usage/bad-option', 'that is enough');
        },
      },
      openHome,
      effects: nodeEffects(),
    });
    await runCli(['run', 'loop', ...more, '--home', `${folder.path}/.awp`], shell);
    expect(asked).toMatchObject([{ enabled, judge: { model }, metrics: [{ name: 'a' }] }]);
  });

  it('does not take --eval for a run that goes on', async () => {
    using at = place(sure(1));
    const { code, err } = await at.awp('run', '--resume', 'r-x', '--eval');
    expect([code, err]).toEqual([2, expect.stringContaining('--eval does not go with --resume')]);
  });
});
