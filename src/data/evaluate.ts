import { resolve } from 'node:path';
import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { mainModel } from '../events/plan.ts';
import type { PlanEvaluation } from '../events/plan-graph.ts';
import {
  repairsOf,
  reportFile,
  type Score,
  type ScoreAction,
  settledAction,
} from '../events/scoring.ts';
import type { RunState } from '../events/state.ts';
import type { Effects } from '../ports/effects.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { Store } from '../ports/store.ts';
import { type Judgement, scoreOf } from '../runtime/evaluation/metrics.ts';
import { scoreReport, stepRecords, writeReport } from '../runtime/evaluation/report.ts';
import { endedSubject, judgedOfRun } from '../runtime/evaluation/subject.ts';
import { loadState } from '../runtime/load-state.ts';
import { memoryStore } from '../stores/memory-store.ts';
import { AgentGraph } from './agent-graph.ts';
import { nameOf } from './choose-models.ts';
import { evaluationOption } from './evaluation-options.ts';
import { planEvaluation } from './graph-plan-evaluation.ts';
import { effectsWith } from './node-host.ts';
import type { WorkflowOptions } from './options.ts';
import { openPlace } from './run-place.ts';
import { openWorkflow, type WorkflowFolder } from './workflow-folder.ts';

/** How an ended run is scored again. */
export interface EvaluateOptions
  extends Pick<
    WorkflowOptions,
    'store' | 'home' | 'clock' | 'apiKey' | 'prices' | 'capabilities' | 'providers'
  > {
  /** Any unique beginning of its id. Default: the newest run of the workflow that has ended. */
  runId?: string;
  /** Who judges by rubrics, instead of the model that the workflow names. */
  model?: string | ModelProvider;
  signal?: AbortSignal;
}

/** The scores of an ended run. */
export interface EvaluationReport extends Pick<Score, 'score' | 'verdict' | 'metrics'> {
  runId: string;
  action: ScoreAction;
  /** Times that the run had sent an answer back because of its score. */
  repairs: number;
  /** What single agents had scored while it ran. */
  steps: readonly { agent: string; score: number | null; verdict: Score['verdict'] }[];
  thresholds: PlanEvaluation['thresholds'];
  /** The file with all of it, on this machine. */
  file: string;
  /** What that file holds. */
  report: JsonObject;
}

/**
 * Scores the newest run of a workflow folder that has ended, or the one that is named, as the folder
 * says now; by the usual metrics where it says nothing. Nothing of the run is done again, and its log
 * stays as it is. Throws `spec/...`, `store/not-found`, `usage/bad-option`, `model/...`.
 */
export async function evaluateRun(
  path: string,
  how: EvaluateOptions = {},
): Promise<EvaluationReport> {
  const effects = effectsWith(how);
  const folder = await openWorkflow(path, effects.files);
  const place = await openPlace(how, effects);
  try {
    const { store } = place;
    const state = await ended(store, folder, { folder: resolve(path), runId: how.runId });
    const evaluation = evaluationFor(folder, state, nameOf(how.model));
    const judged = await judge(state, evaluation, { how, effects });
    const found = await scoreOf(evaluation, endedSubject(state), judged);
    return await keep(state, evaluation, { found, effects, store });
  } finally {
    await place.close();
  }
}

interface Wanted {
  folder: string;
  runId: string | undefined;
}

/** The state of the run that is meant. */
async function ended(
  store: Store,
  { name }: WorkflowFolder,
  { folder, runId }: Wanted,
): Promise<RunState> {
  if (runId !== undefined) {
    const { run } = await store.find(runId);
    const state = await loadState(store, run);
    if (!isOf(state, { name, folder })) {
      throw wrongRun(run, `is no run of the workflow ${name}`, 'awp runs list shows whose it is');
    }
    if (state.ending) return state;
    throw wrongRun(run, 'has not ended', `go on with it first: awp run --resume ${run}`);
  }
  for (const { run, name: named } of await store.list()) {
    if (named !== name) continue;
    const state = await loadState(store, run);
    if (state.ending && isOf(state, { name, folder })) return state;
  }
  throw new AwpError('store/not-found', `no run of the workflow ${name} has ended`, {
    hint: 'run it first: awp run DIR',
  });
}

/** Runs of a folder have its path; those of older logs only the name. */
function isOf({ plan }: RunState, { name, folder }: { name: string; folder: string }): boolean {
  const at = plan?.brought?.workflow;
  const isThere = at === undefined || folder === at || folder.startsWith(`${at}/`);
  return plan?.name === name && isThere;
}

function wrongRun(run: string, what: string, hint: string): AwpError {
  return new AwpError('usage/bad-option', `the run ${run} ${what}`, { hint });
}

/** As the folder says now, else as the run was scored, else the usual. */
function evaluationFor(
  folder: WorkflowFolder,
  { plan }: RunState,
  instead: string | undefined,
): PlanEvaluation {
  const otherwise = instead ?? (plan ? mainModel(plan) : '');
  const found = ofFolder(folder, { instead, otherwise }) ?? plan?.evaluation;
  const usual = found ?? evaluationOption(true, otherwise);
  if (!usual) throw new AwpError('internal/bug', 'the usual evaluation is none');
  return instead === undefined ? usual : { ...usual, judge: { ...usual.judge, model: instead } };
}

function ofFolder(
  { graph, options }: WorkflowFolder,
  judges: { instead: string | undefined; otherwise: string },
): PlanEvaluation | undefined {
  if (graph) return planEvaluation(graph, { ...judges, wanted: true });
  const { evaluation } = options();
  if (typeof evaluation !== 'object') return undefined;
  return evaluationOption({ ...evaluation, enabled: true }, judges.otherwise);
}

interface Judges {
  how: EvaluateOptions;
  effects: Effects;
}

/**
 * What judges say of the result. They work in a run of their own that is kept nowhere: its only step
 * brings the result, and its answer is scored by the rubrics.
 */
async function judge(
  state: RunState,
  { metrics, judge: { model, temperature } }: PlanEvaluation,
  { how, effects }: Judges,
): Promise<ReadonlyMap<number, Judgement>> {
  const rubrics = metrics.flatMap((metric, index) =>
    metric.kind === 'llm_rubric' ? [{ metric, place: index + 1 }] : [],
  );
  if (rubrics.length === 0) return new Map();
  const { files } = effects;
  const folder = await files.temporaryFolder('awp-eval-');
  const { apiKey, prices, capabilities, providers = [], clock, signal } = how;
  const given = typeof how.model === 'object' ? [how.model] : [];
  const result = judgedOfRun(state);
  try {
    const graph = new AgentGraph({
      name: 'evaluation',
      nodes: [{ id: 'result', run: () => result }],
      evaluation: {
        metrics: rubrics.map(({ metric: { name, kind, rubric = '' } }) => ({ name, kind, rubric })),
        hooks: ['final_answer'],
        repair: false,
        judge: { model, temperature },
      },
    });
    const { metadata } = await graph.run({
      task: state.plan?.task ?? '',
      store: memoryStore({ folder }),
      providers: [...providers, ...given],
      ...{ apiKey, prices, capabilities, clock },
      ...(signal && { signal }),
    });
    const said = metadata.evaluation?.metrics ?? [];
    return new Map(
      rubrics.map(({ place }, index): [number, Judgement] => {
        const { score = null, reason = '' } = said[index] ?? {};
        const why = reason || metadata.message || 'the judge did not answer';
        return [place, score === null ? { problem: why } : { score, reason }];
      }),
    );
  } finally {
    await files.remove(folder);
  }
}

interface Found {
  found: Pick<Score, 'score' | 'verdict' | 'metrics'>;
  effects: Effects;
  store: Store;
}

async function keep(
  state: RunState,
  evaluation: PlanEvaluation,
  { found, effects, store }: Found,
): Promise<EvaluationReport> {
  const { run, scores, frames } = state;
  const action = settledAction(evaluation, { ...found, hook: 'final_answer', target: '0' });
  const repairs = repairsOf(scores);
  const records = stepRecords(state, evaluation);
  const report = scoreReport(run, evaluation, { ...found, action, repairs, records });
  const file = `${store.folder(run)}/${reportFile(evaluation, run)}`;
  await writeReport(effects.files, file, report);
  const steps = scores
    .filter(({ hook }) => hook !== 'final_answer')
    .map(({ target, score, verdict }) => ({
      agent: frames.get(target)?.name ?? target,
      ...{ score, verdict },
    }));
  const { thresholds } = evaluation;
  return { runId: run, ...found, action, repairs, steps, thresholds, file, report };
}
