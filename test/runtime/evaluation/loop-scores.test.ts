import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/events/plan.ts';
import { resultOf } from '../../../src/events/result.ts';
import { ModelError, type ModelRequest } from '../../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import { askedBy, complete, delegate, only, temporaryFolder, testHost } from '../../make.ts';
import { endOf, runPlan } from '../graphs.ts';
import { completing, improving, quality, repair, rubric, scoredLoop, sentBack } from './scored.ts';

async function ran(plan: Plan, model: (request: ModelRequest) => ScriptedAnswer) {
  const folder = temporaryFolder();
  const { state, log } = await runPlan(testHost(folder.path, { script: model }), plan);
  return {
    ...{ state, log, end: endOf(state), result: resultOf(state, '') },
    scores: only(log, 'output.scored').map(({ data }) => data),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const refused = new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } });

describe('the result of a delegation loop', () => {
  it('is scored, and its manager is asked for a better one', async () => {
    using run = await ran(scoredLoop({ repair }), completing(0.4, 0.9));
    expect(run.scores).toMatchObject([
      { hook: 'final_answer', target: '0', answer: '0/1', score: 0.4, verdict: 'retry' },
      { answer: '0/2', score: 0.9, verdict: 'accept' },
    ]);
    expect(only(run.log, 'model.asked').map(({ data }) => data.purpose)).toEqual([
      'turn',
      'correction',
    ]);
    expect(run.end).toMatchObject({ status: 'complete', result: { quality: 0.9 } });
    expect(run.result.text).toBe('of 0.9');
    expect(run.result.metadata.evaluation).toMatchObject({ score: 0.9, repairs: 1 });
  });

  it('is asked for so often as the policy says; the best one counts', async () => {
    using run = await ran(scoredLoop({ repair }), completing(0.4, 0.55, 0.45, 0.99));
    expect(run.scores.map(({ score }) => score)).toEqual([0.4, 0.55, 0.45]);
    expect(run.end).toMatchObject({ status: 'complete', result: { quality: 0.55 } });
  });

  it('that is below fail fails the run, and is kept', async () => {
    using run = await ran(scoredLoop(), completing(0.1));
    expect(run.end).toMatchObject({
      ...{ status: 'failed', reason: 'evaluation/failed', result: { quality: 0.1 } },
    });
    expect(run.result.metadata.evaluation?.action).toBe('fail_workflow');
  });

  it.each([
    ['cannot be read', () => 'prose'],
    ['does not come', () => refused],
  ])('stays when the better one %s', async (_, later) => {
    using run = await ran(scoredLoop({ repair }), (request) =>
      sentBack(request) > 0 ? later() : completing(0.5)(request),
    );
    expect(run.end).toMatchObject({ status: 'complete', result: { quality: 0.5 } });
  });

  it('stays when the limit on calls leaves no room for a better one', async () => {
    using run = await ran(scoredLoop({ repair }, { calls: 1 }), completing(0.5));
    expect(run.end.status).not.toBe('failed');
    expect(run.end.result).toMatchObject({ quality: 0.5 });
  });

  it('can be made better by further workers', async () => {
    using run = await ran(scoredLoop({ repair }), (request) => {
      if (askedBy(request) !== 'manager') return { summary: 'more', confidence: 1 };
      const hasMore = request.messages.some(({ text }) => text.includes('## Results of turn'));
      if (sentBack(request) > 0 && !hasMore) return delegate('more');
      return complete('x', { quality: hasMore ? 0.9 : 0.4 });
    });
    expect(run.scores.map(({ score }) => score)).toEqual([0.4, 0.9]);
    expect(run.end).toMatchObject({ status: 'complete', result: { quality: 0.9 } });
  });

  it('is seen by expressions beside what the workers brought', async () => {
    const metrics = [{ ...quality, expr: 'state.a.quality + result.confidence - 0.9' }];
    using run = await ran(scoredLoop({ metrics }), (request) => {
      if (askedBy(request) !== 'manager') return { quality: 0.75, confidence: 1 };
      const isOver = request.messages.some(({ text }) => text.includes('## Results of turn'));
      return isOver ? complete() : delegate('a');
    });
    expect(run.scores).toMatchObject([{ score: 0.75 }]);
  });

  it('is judged by a model of its own', async () => {
    using run = await ran(scoredLoop({ metrics: [rubric], repair }), (request) => {
      if (request.headers['x-awp-role'] !== 'judge') return completing(0.1, 0.2)(request);
      const isBetter = request.messages.some(({ text }) => text.includes('of 0.2'));
      return { score: isBetter ? 1 : 0.5, reason: 'no figures' };
    });
    expect(run.scores.map(({ score }) => score)).toEqual([0.5, 1]);
    expect([...run.state.frames.keys()]).toEqual(['0', '0-j1', '0-j2']);
    expect(run.end).toMatchObject({ status: 'complete', result: { quality: 0.2 } });
  });
});

describe('results of workers', () => {
  const manager = (request: ModelRequest): ScriptedAnswer =>
    request.messages.some(({ text }) => text.includes('## Results of turn'))
      ? complete()
      : delegate('a', 'b');

  it('are scored and repaired before the manager sees them', async () => {
    using run = await ran(scoredLoop({ hooks: ['worker_result'], repair }), (request) => {
      if (askedBy(request) === 'manager') return manager(request);
      return askedBy(request) === 'a' ? improving(0.5, 0.9)(request) : improving(1)(request);
    });
    expect(run.scores.map(({ target, score }) => `${target} ${score}`).sort()).toEqual([
      '1.1 0.5',
      '1.1 0.9',
      '1.2 1',
    ]);
    expect(run.state.frames.get('1.1')?.outcome?.output).toMatchObject({ quality: 0.9 });
    expect(run.end.status).toBe('complete');
  });

  it('below fail are failures that the manager is told of', async () => {
    let told = '';
    using run = await ran(scoredLoop({ hooks: ['worker_result'], repair }), (request) => {
      if (askedBy(request) !== 'manager') return improving(0.1)(request);
      told = request.messages.map(({ text }) => text).join('\n');
      return manager(request);
    });
    expect(told).toContain('the result scored 0.10, below 0.3');
    expect(run.state.frames.get('1.1')?.outcome).toMatchObject({ code: 'evaluation/failed' });
    expect(run.end.status).toBe('complete');
  });
});
