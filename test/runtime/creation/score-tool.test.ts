import { describe, expect, it } from 'vitest';
import type { PlanEvaluation } from '../../../src/events/plan-graph.ts';
import { evaluationOf } from '../../../src/events/scoring.ts';
import type { DraftCheck } from '../../../src/ports/toolsmith.ts';
import { only, temporaryFolder } from '../../make.ts';
import { runPlan } from '../graphs.ts';
import { draftOf, type Making, makingHost, makingPlan } from './makers.ts';

const EVALUATION: PlanEvaluation = {
  metrics: [
    { name: 'tried', kind: 'deterministic', weight: 1, expr: 'result.trial.data' },
    {
      ...{ name: 'told', kind: 'assertions', weight: 1 },
      assertions: ['result.repairs == 0', 'result.language == "python"'],
    },
    { name: 'liked', kind: 'llm_rubric', weight: 9, rubric: 'Is it good?' },
  ],
  thresholds: { accept: 0.9, retry: 0.6, fail: 0.3 },
  hooks: ['generated_tool'],
  judge: { model: 'scripted', temperature: 0 },
  folder: 'data/evaluation',
};

const tries: DraftCheck = {
  stage: 'dry_run',
  check: (_draft, _place, { tried }) => {
    tried?.({ ok: true, status: 200, data: 1 });
    return undefined;
  },
};

async function scoresOf(more: Partial<Making> & { evaluation?: Partial<PlanEvaluation> } = {}) {
  using folder = temporaryFolder();
  const { evaluation, ...rest } = more;
  const making: Making = {
    rounds: { one: [[['tools.create', draftOf('stats.a')]]] },
    checks: [tries],
    plan: { evaluation: { ...EVALUATION, ...evaluation } },
    ...rest,
  };
  const { log, state } = await runPlan(makingHost(folder.path, making), makingPlan(making));
  expect(state.status).toBe('complete');
  return { log, state, scores: only(log, 'output.scored').map(({ data }) => data) };
}

describe('the hook generated_tool', () => {
  it('scores a tool by itself and by its trial, together with its registration', async () => {
    const { log, state, scores } = await scoresOf();
    expect(scores).toEqual([
      {
        ...{ hook: 'generated_tool', target: 'stats.a', score: 0.75, verdict: 'warn' },
        metrics: [
          { name: 'tried', score: 1, weight: 1 },
          expect.objectContaining({ name: 'told', score: 0.5 }),
        ],
      },
    ]);
    const types = log.map(({ type }) => type);
    expect(types.indexOf('output.scored')).toBe(types.indexOf('tool.created') + 1);
    expect(state.frames.get('1')?.scored).toBeUndefined();
    expect(evaluationOf(state)).toBeDefined();
  });

  it('knows no trial where none was made', async () => {
    const { scores } = await scoresOf({ checks: [] });
    expect(scores[0]?.metrics[0]).toMatchObject({ score: null, reason: expect.any(String) });
  });

  it.each([
    ['is not asked for', { evaluation: { hooks: [] } }],
    ['the tool is refused', { rounds: { one: [[['tools.create', draftOf('other.a')]]] } }],
  ] as const)('scores nothing when it %s', async (_, more) => {
    const { scores } = await scoresOf(more);
    expect(scores).toEqual([]);
  });

  it('is named in the log of a run in which no tools may be made', async () => {
    using folder = temporaryFolder();
    const making: Making = { rounds: { one: [] }, plan: { evaluation: EVALUATION } };
    const { creation: _, ...plan } = makingPlan(making);
    const { log } = await runPlan(makingHost(folder.path, making), plan);
    const notes = only(log, 'input.resolved').map(({ data }) => data.note);
    expect(notes).toEqual([expect.stringContaining('generated_tool has no effect')]);
  });
});
