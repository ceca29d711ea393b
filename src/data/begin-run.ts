import { AwpError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { dayOfRun } from '../events/day-of-run.ts';
import type { Fact } from '../events/event.ts';
import type { PlanInput } from '../events/plan.ts';
import type { RunResult } from '../events/result.ts';
import type { Effects } from '../ports/effects.ts';
import type { Host } from '../ports/host.ts';
import type { AskPerson } from '../runtime/approvals/desk.ts';
import { type Run, startRun } from '../runtime/run.ts';
import { beginsSimulated } from './choose-models.ts';
import { hideInputs } from './hide-inputs.ts';
import { type InputNote, type ResolvedInputs, resolveInputs } from './inputs.ts';
import { outputSchema, sandboxPolicy } from './make-plan.ts';
import { isZod, type WorkflowOptions } from './options.ts';
import { type Drafting, draftOfLoop, type PlanDraft } from './plan-draft.ts';
import type { Opened } from './run-handle.ts';
import { hostOf, ofPlace, openPlace } from './run-place.ts';
import { type ResolvedSkills, resolveSkills } from './skills.ts';
import { openTape } from './tapes.ts';

/** A run that is to begin. */
export interface Beginning {
  effects: Effects;
  id: string;
  stop: AbortSignal;
  ask?: AskPerson;
}

/** Puts everything in place and starts a run; what cannot start leaves nothing behind. */
export async function begin(given: WorkflowOptions, beginning: Beginning): Promise<Opened> {
  const { effects, id, stop, ask } = beginning;
  const place = await openPlace(given, effects);
  try {
    const { options, notes: hidden } = hideInputs(given);
    const policy = sandboxPolicy(options.sandbox, options.packages);
    const tape = await openTape(options, effects);
    const { secrets, clock, files } = effects;
    const now = clock.now();
    const draft = await draftOf(options, {
      ...{ secrets, taped: tape.roles, runId: id },
      ...{ now, day: dayOfRun(tape.plan, now) },
    });
    const machine = await hostOf(options, {
      ...{ effects, store: place.store, policy },
      home: place.folder,
    });
    const host = await tape.host(machine, { id, models: draft.roles });
    const simulated = beginsSimulated(host, draft.settings);
    const output = await outputSchema(options.output);
    await refuseExisting(host, id);
    const folder = place.store.folder(id);
    const run = await withInputs({ options, effects, folder, draft }, (resolved) => {
      const plan = { ...draft.plan({ ...resolved, simulated, output }), ...tape.plan };
      const { inputs, notes, skillNotes } = resolved;
      const facts = [
        ...inputFacts(inputs, [...hidden, ...notes]),
        ...skillFacts(skillNotes),
        ...noteFacts(draft),
      ];
      const { traceModels: trace = false } = options;
      return startRun(host, { id, plan, inputs: facts, trace, stop, ...(ask && { ask }) });
    });
    const { outputDir } = options;
    const finish = finisher(options.output);
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
  draft: PlanDraft;
}

/** Who only runs a task waits for nothing that graphs need. */
async function draftOf(options: WorkflowOptions, drafting: Drafting): Promise<PlanDraft> {
  if (!options.graph) return draftOfLoop(options, drafting);
  const { draftOfGraph } = await import('./graph-draft.ts');
  return draftOfGraph(options, options.graph, drafting);
}

/** Puts the inputs in place and starts a run with them; nothing is left of a run that cannot start. */
async function withInputs(
  { options, effects, folder, draft }: InputPlace,
  start: (
    resolved: ResolvedInputs & Omit<ResolvedSkills, 'notes'> & { skillNotes: readonly string[] },
  ) => Promise<Run>,
): Promise<Run> {
  const { files } = effects;
  try {
    const inputs = await resolveInputs(options.inputs ?? {}, { folder, files });
    const { notes: skillNotes, ...skills } = await resolveSkills({
      ...(options.skills && { given: options.skills }),
      workflow: options.workflow?.skills,
      agents: draft.skills,
      ...{ runFolder: folder, effects },
    });
    return await start({ ...inputs, ...skills, skillNotes });
  } catch (error) {
    const taken = error instanceof AwpError && error.code === 'store/exists';
    if (!taken) await files.remove(folder).catch(() => {}); // the reason to tell is the first error
    throw located(error, draft);
  }
}

/** A tool that nothing has is told with the place in the workflow that names it. */
function located(error: unknown, { joins }: PlanDraft): unknown {
  if (!(error instanceof AwpError) || error.code !== 'tool/missing') return error;
  const [, name = ''] = /^there is no tool (\S+)$/.exec(error.message) ?? [];
  const place = joins.get(name);
  if (place === undefined) return error;
  const { message, hint } = error;
  return new AwpError('tool/missing', `${place}: ${message}`, {
    ...(hint !== undefined && { hint }),
  });
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

/** What the author of a graph should know. */
function noteFacts({ notes }: PlanDraft): Fact[] {
  return notes.map((note) => ({ type: 'input.resolved', data: { kind: 'text', ...note } }));
}

/** Made here, so that a run that goes on keeps nothing else of its beginning. */
function finisher(output: WorkflowOptions['output']): Opened['finish'] {
  return (result) => typed(output, result);
}

/** Types the output with the caller's zod schema, which may know more than its JSON Schema. */
function typed(output: WorkflowOptions['output'], result: RunResult): RunResult {
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
