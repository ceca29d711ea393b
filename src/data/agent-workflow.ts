import { AwpError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { runId } from '../base/time.ts';
import { sandboxes } from '../builtins.ts';
import type { Fact } from '../events/event.ts';
import type { Limits, Plan, PlanInput, SandboxPolicy } from '../events/plan.ts';
import type { RunResult } from '../events/result.ts';
import type { Effects } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { AskPerson } from '../runtime/approvals/desk.ts';
import { loadState } from '../runtime/load-state.ts';
import { type Run, resumeRun as resumeInRuntime, startRun } from '../runtime/run.ts';
import { askWith } from './approvals.ts';
import { type BroughtOptions, bring, checkBrought } from './brought.ts';
import { beginsSimulated, chooseModels, modelsOfPlan } from './choose-models.ts';
import { openHome } from './home.ts';
import { type InputNote, type ResolvedInputs, resolveInputs } from './inputs.ts';
import { loadWorkflow } from './load-workflow.ts';
import { makePlan, outputSchema, sandboxPolicy } from './make-plan.ts';
import { capabilityList } from './model-options.ts';
import { effectsWith, nodeHost, version } from './node-host.ts';
import { checkOptions, isZod, type WorkflowOptions } from './options.ts';
import { type Opened, RunHandle, type StartOptions } from './run-handle.ts';
import { type ResolvedSkills, resolveSkills } from './skills.ts';
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
    const id = how.runId ?? runId(effects.clock.now(), effects.random.bytes(4));
    const ask = askerOf(how);
    return new RunHandle(
      id,
      (stop) => begin(this.#options, { effects, id, stop, ...ask }),
      how.signal,
    );
  }
}

interface Beginning {
  effects: Effects;
  id: string;
  stop: AbortSignal;
  ask?: AskPerson;
}

async function begin(options: WorkflowOptions, beginning: Beginning): Promise<Opened> {
  const { effects, id, stop, ask } = beginning;
  const place = await openPlace(options, effects);
  try {
    const policy = sandboxPolicy(options.sandbox, options.packages);
    const tape = await openTape(options, effects);
    const models = chooseModels(options, effects, tape.roles);
    const machine = await hostOf(options, { effects, store: place.store, policy });
    const host = await tape.host(machine, { id, models });
    const simulated = beginsSimulated(host, models);
    const output = await outputSchema(options.output);
    await refuseExisting(host, id);
    const folder = place.store.folder(id);
    const { files } = effects;
    const run = await withInputs(
      { options, effects, folder },
      ({ inputs, notes, skills, skillNotes }) => {
        const { fallback: fallbackModels = {} } = models;
        const made = makePlan(
          { ...options, fallbackModels },
          {
            managerModel: models.manager,
            workerModel: models.worker,
            simulated,
            ...{ inputs, skills, output },
          },
        );
        const facts = [...inputFacts(inputs, notes), ...skillFacts(skillNotes)];
        const plan = { ...made, ...tape.plan };
        const { traceModels: trace = false } = options;
        return startRun(host, { id, plan, inputs: facts, trace, stop, ...(ask && { ask }) });
      },
    );
    const finish = (result: RunResult): RunResult => typed(options, result);
    const { outputDir } = options;
    return { run, files, folder, outputDir, finish, ...ofPlace(place, options, effects) };
  } catch (error) {
    await place.close();
    throw error;
  }
}

interface InputPlace {
  options: WorkflowOptions;
  effects: Effects;
  folder: string;
}

/** Puts the inputs in place and starts a run with them; nothing is left of a run that cannot start. */
async function withInputs(
  { options, effects, folder }: InputPlace,
  start: (
    resolved: ResolvedInputs & Pick<ResolvedSkills, 'skills'> & { skillNotes: readonly string[] },
  ) => Promise<Run>,
): Promise<Run> {
  const { files } = effects;
  try {
    const inputs = await resolveInputs(options.inputs ?? {}, { folder, files });
    const { skills, notes: skillNotes } = await resolveSkills({
      ...(options.skills && { given: options.skills }),
      workflow: options.workflow?.skills,
      ...{ runFolder: folder, effects },
    });
    return await start({ ...inputs, skills, skillNotes });
  } catch (error) {
    const taken = error instanceof AwpError && error.code === 'store/exists';
    if (!taken) await files.remove(folder).catch(() => {}); // the reason to tell is the first error
    throw error;
  }
}

/** Inputs are put in place before the run is made, so an id that is taken is refused first. */
async function refuseExisting({ store }: Host, id: string): Promise<void> {
  const found = await store.find(id).catch((error: unknown) => {
    if (error instanceof AwpError && /^store\/(not-found|ambiguous)$/.test(error.code))
      return undefined;
    throw error;
  });
  if (found?.run !== id) return;
  throw new AwpError('store/exists', `there is a run ${id} already`, {
    hint: `go on with it: awp run --resume ${id}`,
  });
}

function inputFacts(inputs: readonly PlanInput[], notes: readonly InputNote[]): Fact[] {
  return inputs.map(({ name, kind, path, bytes, sha256 }) => {
    const note = notes.find((one) => one.input === name)?.message;
    return {
      type: 'input.resolved',
      data: {
        ...{ name, kind },
        ...(path !== undefined && { path }),
        ...(bytes !== undefined && { bytes }),
        ...(sha256 !== undefined && { sha256 }),
        ...(note !== undefined && { note }),
      },
    };
  });
}

/** What was renamed, cut or left out of the skills, for the log. */
function skillFacts(notes: readonly string[]): Fact[] {
  if (notes.length === 0) return [];
  const data = { name: 'skills', kind: 'text', note: notes.join('; ') };
  return [{ type: 'input.resolved', data }];
}

/** Types the output with the caller's zod schema, which may know more than its JSON Schema. */
function typed({ output }: WorkflowOptions, result: RunResult): RunResult {
  if (!isZod(output) || result.output === undefined) return result;
  const parsed = output.safeParse(result.output);
  if (parsed.success) return { ...result, output: parsed.data as Json };
  const message = 'the output fits the JSON Schema but not the zod schema';
  return {
    ...result,
    status: 'partial',
    reason: 'output/invalid',
    output: undefined,
    metadata: { ...result.metadata, message },
  };
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

async function takeUp(
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
    const policy = plan?.sandbox ?? sandboxPolicy();
    const machine = await hostOf(again, { effects, store: place.store, policy });
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

function ofPlace(
  { close }: Place,
  options: Pick<WorkflowOptions, 'store' | 'home'>,
  effects: Effects,
): Pick<Opened, 'reader' | 'close'> {
  return { reader: () => openPlace(options, effects), close };
}

type Place = Pick<Awaited<ReturnType<typeof openHome>>, 'store' | 'close'>;

async function openPlace(
  { store, home }: Pick<WorkflowOptions, 'store' | 'home'>,
  effects: Effects,
): Promise<Place> {
  if (store) return { store, close: async () => {} };
  return openHome({ ...(home !== undefined && { home }), cwd: process.cwd(), effects });
}

/** The workflow folder that a run began with: its own tools and secrets are read again. */
async function workflowOf(
  plan: Plan | undefined,
  { files }: Effects,
): Promise<Pick<BroughtOptions, 'workflow'>> {
  const folder = plan?.brought?.workflow;
  if (folder === undefined) return {};
  const { workflow } = (await loadWorkflow(folder, files)).options();
  return workflow ? { workflow } : {};
}

function askerOf({ onApproval }: StartOptions): { ask?: AskPerson } {
  return onApproval ? { ask: askWith(onApproval, 'api') } : {};
}

type HostParts = BroughtOptions &
  Pick<
    WorkflowOptions,
    'prices' | 'capabilities' | 'apiKey' | 'model' | 'managerModel' | 'workerModel'
  > & {
    providers?: readonly ModelProvider[];
  };

interface HostPlace extends Pick<Host, 'effects' | 'store'> {
  policy: SandboxPolicy;
}

async function hostOf(options: HostParts, { effects, store, policy }: HostPlace): Promise<Host> {
  const { model, managerModel, workerModel, prices = {}, apiKey, providers = [] } = options;
  const given = [model, managerModel, workerModel].filter((one) => typeof one === 'object');
  return nodeHost({
    store,
    effects,
    providers: [...providers, ...given],
    prices: new Map(Object.entries(prices)),
    capabilities: capabilityList(options.capabilities),
    apiKey,
    ...(await bring(options, {
      ...{ effects, policy, version: version() },
      openSandbox: sandboxes(effects),
    })),
  });
}
