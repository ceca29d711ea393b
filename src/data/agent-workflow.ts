import { AwpError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { Limits, Plan } from '../events/plan.ts';
import type { RunResult } from '../events/result.ts';
import type { Effects } from '../ports/effects.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { AskPerson } from '../runtime/approvals/desk.ts';
import { loadState } from '../runtime/load-state.ts';
import { resumeRun as resumeInRuntime } from '../runtime/run.ts';
import { askWith } from './approvals.ts';
import { type Beginning, begin } from './begin-run.ts';
import { type BroughtOptions, checkBrought } from './brought.ts';
import { modelsOfPlan } from './choose-models.ts';
import { freshRunId } from './fresh-run-id.ts';
import { sandboxPolicy } from './make-plan.ts';
import { effectsWith } from './node-host.ts';
import { checkOptions, type WorkflowOptions } from './options.ts';
import { stepsOf } from './plan-draft.ts';
import { type Opened, RunHandle, type StartOptions } from './run-handle.ts';
import { hostOf, ofPlace, openPlace } from './run-place.ts';
import { openTape, type RunTape, type TapedRun, type TapeOptions } from './tapes.ts';

export type { WorkflowOptions } from './options.ts';

/**
 * A task for agents: a manager splits it, workers write code that runs in a sandbox on the inputs,
 * and hand back files. `Output` is the type of the result's `output`.
 */
export class AgentWorkflow<Output = Json> {
  readonly #options: WorkflowOptions;

  /** Throws `usage/unknown-option`, `usage/missing-option`, `usage/bad-option`. */
  constructor(options: WorkflowOptions<Output>) {
    checkOptions(options);
    this.#options = options;
  }

  /** Starts a run and resolves with its result; a run that fails is a result, too. */
  async run(how: StartOptions = {}): Promise<RunResult<Output>> {
    return this.start(how).result;
  }

  /** Starts a run; the handle has its events, its result and `cancel()`. */
  start(how: StartOptions = {}): RunHandle<Output> {
    const effects = effectsWith(this.#options);
    const id = how.runId ?? freshRunId(effects);
    const ask = askerOf(how);
    return new RunHandle(
      id,
      (stop) => begin(this.#options, { effects, id, stop, ...ask }),
      how.signal,
    );
  }
}

/** How a run is taken up again; tools, servers and secrets that it began with are given again. */
export interface ResumeOptions extends StartOptions, BroughtOptions, TapeOptions {
  /** Limits that are changed from now on; `time` in milliseconds. */
  raise?: Partial<Limits>;
  /** The `.awp` folder, as for `AgentWorkflow`. */
  home?: string;
  outputDir?: string;
  /** Providers that the run was started with, if the caller brought some. */
  providers?: readonly ModelProvider[];
  /** Functions that stand for nodes of a graph, by their ids; those that the run began with. */
  steps?: WorkflowOptions['steps'];
  /** Other options of the run that are not in its log. */
  apiKey?: string;
  python?: string;
  prices?: WorkflowOptions['prices'];
  capabilities?: WorkflowOptions['capabilities'];
  traceModels?: boolean;
  store?: WorkflowOptions['store'];
  clock?: WorkflowOptions['clock'];
}

/**
 * Goes on with a run whose process ended, that was stopped, failed, or ran into a limit; any unique
 * beginning of its id will do. What its log holds is not done again.
 */
export function resumeRun(id: string, how: ResumeOptions = {}): RunHandle<Json> {
  const effects = effectsWith(how);
  const ask = askerOf(how);
  return new RunHandle(id, (stop) => takeUp(id, how, { effects, stop, ...ask }), how.signal);
}

/** Goes on with a run in this place. Throws as `resumeRun` rejects. */
export async function takeUp(
  id: string,
  how: ResumeOptions,
  { effects, stop, ask }: Omit<Beginning, 'id'>,
): Promise<Opened> {
  const place = await openPlace(how, effects);
  try {
    const { run: whole, startedAt } = await place.store.find(id);
    const { plan } = await loadState(place.store, whole);
    const again = { ...(await workflowOf(plan, effects)), ...how };
    if (plan) checkBrought(plan, again);
    if (plan) checkSteps(plan, how);
    const policy = plan?.sandbox ?? sandboxPolicy();
    const machine = await hostOf(again, {
      ...{ effects, store: place.store, policy },
      home: place.folder,
    });
    const tape = await tapeOf(plan, how, effects);
    const host = plan ? await tape.host(machine, tapedRun(whole, plan, startedAt)) : machine;
    const { raise, outputDir, traceModels: trace = false } = how;
    const run = await resumeInRuntime(host, {
      ...{ id: whole, stop, trace },
      ...(raise && { raise }),
      ...(ask && { ask }),
    });
    const folder = place.store.folder(whole);
    const finish = (result: RunResult): RunResult => result;
    const { files } = effects;
    return { run, files, folder, outputDir, finish, ...ofPlace(place, how, effects) };
  } catch (error) {
    await place.close();
    throw error;
  }
}

/** Functions are not in the log: those that the run began with are given again. */
function checkSteps(plan: Plan, { steps = {} }: Pick<ResumeOptions, 'steps'>): void {
  const missing = stepsOf(plan).filter((path) => steps[path] === undefined);
  if (missing.length === 0) return;
  const names = missing.slice(0, 10).join(', ');
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : '';
  throw new AwpError('usage/missing-option', `steps: the run needs the functions ${names}${more}`, {
    hint: 'give them again: resumeRun(id, { steps: { ... } })',
  });
}

/** A replayed run stays one: it goes on with the tape that it began with. */
async function tapeOf(
  plan: Plan | undefined,
  how: TapeOptions,
  effects: Effects,
): Promise<RunTape> {
  const began = plan?.replay;
  const tape = await openTape({ ...(began && { replay: began.file }), ...how }, effects);
  if (began?.sha256 === tape.plan.replay?.sha256) return tape;
  throw new AwpError(
    'usage/bad-option',
    began
      ? `the run began with another tape than ${tape.plan.replay?.file}`
      : 'the run did not begin with a tape',
    { hint: began ? `it was ${began.file}, as it was then` : 'start a new run with --replay' },
  );
}

function tapedRun(id: string, plan: Plan, startedAt: number): TapedRun {
  return { id, models: modelsOfPlan(plan), startedAt };
}

/** The workflow folder that a run began with: its own tools and secrets are read again. */
export async function workflowOf(
  plan: Plan | undefined,
  { files }: Effects,
): Promise<Pick<BroughtOptions, 'workflow'>> {
  const folder = plan?.brought?.workflow;
  if (folder === undefined) return {};
  const { openWorkflow } = await import('./workflow-folder.ts');
  const { workflow } = (await openWorkflow(folder, files)).options();
  return workflow ? { workflow } : {};
}

/** Who is asked, as the options of a start say it. */
export function askerOf({ onApproval }: StartOptions): { ask?: AskPerson } {
  return onApproval ? { ask: askWith(onApproval, 'api') } : {};
}
