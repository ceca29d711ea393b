import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EvaluateOptions, evaluateRun } from '../../src/data/evaluate.ts';
import { loadWorkflow } from '../../src/data/load-workflow.ts';
import { ModelError, type ModelRequest } from '../../src/ports/model-provider.ts';
import type { Store } from '../../src/ports/store.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { writeFiles } from '../files.ts';
import { logOf, only, temporaryFolder } from '../make.ts';
import { graphFiles } from './graph-make.ts';

const user = temporaryFolder();
beforeAll(() => void vi.stubEnv('AWP_CONFIG_HOME', user.path));
afterAll(() => {
  vi.unstubAllEnvs();
  user[Symbol.dispose]();
});

const GRAPH = '- { id: one, agent: one }\n- { id: two, agent: two, depends_on: [one] }';
const evaluation = (metrics: string): string =>
  `observability:\n  evaluation:\n    enabled: true\n    metrics: [${metrics}]\n`;
const LONG = '{ name: long, kind: deterministic, params: { expr: len(result.text) > 3 } }';
const SAID = '{ name: said, kind: deterministic, params: { expr: result.confidence } }';
const CLEAR = '{ name: clear, kind: llm_rubric, weight: 2, params: { rubric: Is it clear? } }';

const refused = new ModelError('model/auth', 'no', { usage: { input: 0, output: 0 } });

interface Place extends Disposable {
  folder: string;
  store: Store;
  run(id: string): Promise<string>;
  evaluate(how?: EvaluateOptions): ReturnType<typeof evaluateRun>;
  rewrite(metrics: string): void;
}

function place(
  metrics: string,
  model: (request: ModelRequest) => ScriptedAnswer = () => ({ text: 'hello', confidence: 0.9 }),
): Place {
  const folder = temporaryFolder();
  const runs = temporaryFolder();
  const store = memoryStore({ folder: runs.path });
  const provider = scriptedModel(model);
  const rewrite = (now: string): void =>
    writeFiles(folder.path, graphFiles({ graph: GRAPH, ...(now && { more: evaluation(now) }) }));
  rewrite(metrics);
  return {
    folder: folder.path,
    ...{ store, rewrite },
    run: async (runId) => {
      const workflow = await loadWorkflow(folder.path);
      return (await workflow.run({ model: provider, store, runId })).status;
    },
    evaluate: (how = {}) => evaluateRun(folder.path, { store, providers: [provider], ...how }),
    [Symbol.dispose]: () => {
      folder[Symbol.dispose]();
      runs[Symbol.dispose]();
    },
  };
}

describe('an ended run that is scored again', () => {
  it('is the newest of the workflow, scored as the folder says now', async () => {
    using at = place(LONG);
    expect(await at.run('r-first')).toBe('complete');
    expect(await at.run('r-second')).toBe('complete');
    at.rewrite(`${LONG}, ${SAID}`);
    const before = await logOf(at.store, 'r-second');
    const found = await at.evaluate();
    expect(found).toMatchObject({
      ...{ runId: 'r-second', score: 0.95, verdict: 'accept', action: 'accept', repairs: 0 },
      metrics: [
        { name: 'long', score: 1 },
        { name: 'said', score: 0.9 },
      ],
    });
    expect(found.file).toBe(`${at.store.folder('r-second')}/data/evaluation/r-second.json`);
    expect(JSON.parse(readFileSync(found.file, 'utf8'))).toEqual(found.report);
    expect(found.report).toMatchObject({ run_id: 'r-second', final_score: 0.95 });
    expect(await logOf(at.store, 'r-second')).toEqual(before);
    expect(only(before, 'output.scored')).toHaveLength(1);
  });

  it('may be any other one, by the beginning of its id', async () => {
    using at = place(LONG);
    await at.run('r-first');
    await at.run('r-second');
    expect((await at.evaluate({ runId: 'r-fi' })).runId).toBe('r-first');
  });

  it('is judged anew, by the model that is named', async () => {
    const asked: string[] = [];
    using at = place(`${LONG}, ${CLEAR}`, (request) => {
      if (request.headers['x-awp-role'] !== 'judge') return { text: 'hello', confidence: 0.9 };
      asked.push(request.messages.map(({ text }) => text).join('\n'));
      return { score: 0.25, reason: 'too short' };
    });
    await at.run('r-first');
    const found = await at.evaluate({ model: 'scripted' });
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain('"text":"hello"');
    expect(found).toMatchObject({ score: 0.5, verdict: 'retry', action: 'accept_with_warning' });
    expect(found.metrics[1]).toEqual({
      ...{ name: 'clear', score: 0.25, weight: 2, reason: 'too short' },
    });
    expect(await at.store.list()).toHaveLength(1);
  });

  it.each([
    ['prose', () => 'good'],
    ['an error', () => refused],
  ])('without its rubrics when the judge brings %s', async (_, judge) => {
    using at = place(`${LONG}, ${CLEAR}`, (request) =>
      request.headers['x-awp-role'] === 'judge' ? judge() : { text: 'hello', confidence: 0.9 },
    );
    await at.run('r-first');
    const found = await at.evaluate({ model: 'scripted' });
    expect(found.score).toBe(1);
    expect(found.metrics[1]).toMatchObject({ score: null });
    expect(found.metrics[1]?.reason).toContain('the judge gave no score');
  });

  it('by the usual metrics when the folder has none', async () => {
    using at = place('');
    await at.run('r-first');
    const found = await at.evaluate();
    expect(found.metrics.map(({ name, score }) => [name, score])).toEqual([
      ['has_result', 1],
      ['confidence', 1],
      ['not_empty', 1],
      ['efficiency', expect.any(Number)],
    ]);
    expect(found.verdict).toBe('accept');
  });

  it('has an error and no confidence when it failed', async () => {
    using at = place('', () => refused);
    const status = await at.run('r-first');
    expect(status).toBe('failed');
    const found = await at.evaluate();
    expect(found).toMatchObject({ verdict: 'fail', action: 'fail_workflow' });
    expect(found.metrics.slice(0, 3).map(({ score }) => score)).toEqual([0, 0, 0]);
  });
});

describe('what cannot be scored', () => {
  it('a workflow that never ran', async () => {
    using at = place(LONG);
    await expect(at.evaluate()).rejects.toMatchObject({ code: 'store/not-found' });
  });

  it('a run that there is not', async () => {
    using at = place(LONG);
    await expect(at.evaluate({ runId: 'r-none' })).rejects.toMatchObject({
      code: 'store/not-found',
    });
  });

  it('a run of another workflow', async () => {
    using at = place(LONG);
    using other = place(LONG);
    await other.run('r-other');
    const asked = at.evaluate({ store: other.store, runId: 'r-other' });
    await expect(asked).rejects.toThrow('the run r-other is no run of the workflow report');
    await expect(at.evaluate({ store: other.store })).rejects.toMatchObject({
      code: 'store/not-found',
    });
  });

  it('a folder that is no workflow', async () => {
    using folder = temporaryFolder();
    const store = memoryStore({ folder: folder.path });
    await expect(evaluateRun(folder.path, { store })).rejects.toMatchObject({
      code: 'spec/no-workflow',
    });
  });
});
