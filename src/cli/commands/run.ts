import { resolve } from 'node:path';
import { AwpError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { criticInstead } from '../../data/critic-model.ts';
import type { InputValue } from '../../data/inputs.ts';
import type { LoadedWorkflow } from '../../data/load-workflow.ts';
import { modelOptions } from '../../data/model-options.ts';
import type { WorkflowOptions } from '../../data/options.ts';
import type { StartOptions } from '../../data/run-handle.ts';
import type { Limits } from '../../events/plan.ts';
import type { Store } from '../../ports/store.ts';
import { budgetFlags } from '../budget-flags.ts';
import type { Arguments, Command } from '../command.ts';
import type { Engine } from '../engine.ts';
import { loadRun } from '../load-run.ts';
import { homeOption, withHome } from '../open-home.ts';
import type { Person } from '../person.ts';
import { PROGRESS_MODES } from '../progress/choose.ts';
import { pythonOption, sandboxFlags } from '../sandbox-flags.ts';
import type { Shell } from '../shell.ts';
import { taskText } from '../task-text.ts';
import { oneLine } from '../text.ts';
import { approveFlag, mcpFlag, personAt, skillFlag, toolsFlag, trustFlag } from '../tool-flags.ts';
import { parseChoice, parseRaise, type Raise, raisedLimits } from '../values.ts';
import { type WatchOptions, watchRun } from '../watch-run.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** Options that make sense when a run is resumed; everything else was settled when it began. */
const RESUME_OPTIONS = new Set([
  ...['resume', 'raise', 'out', 'json', 'progress', 'python', 'mcp', 'trust'],
  ...['record', 'replay', 'trace-models'],
]);

/** `awp run`: a task, a workflow folder, or a run that goes on. */
export const runCommand: Command = {
  name: 'run',
  summary: 'Run a task or a workflow, or go on with a run',
  usage: '[dir] --task TEXT [options]',
  examples: [
    'awp run -t "Find the peak month" -i sales.csv -m demo',
    'awp run ./research-pipeline -t @task.md --budget.tokens 200k',
    'awp run --resume r-7f3a --raise tokens=800k',
  ],
  options: RUN_OPTIONS,
  maxPositionals: 1,

  async run(args, shell) {
    const watch = watchOptions(args, shell);
    const id = args.text('resume');
    if (id !== undefined) return resume(id, { args, shell, watch });
    if (args.has('raise')) {
      throw new AwpError('usage/bad-option', '--raise only goes with --resume', {
        hint: 'the limits of a new run are set with --budget.NAME N',
      });
    }
    const engine = await shell.engine();
    const options = {
      ...(await newRun(engine, args, shell)),
      ...trustFlag(args, watch.person),
    };
    const runId = args.text('run-id');
    const how = { ...(runId !== undefined && { runId }), ...answersFrom(watch.person) };
    // The store stays open until the last event has been shown.
    return withHome(shell, args, () => watchRun(engine.start(options, how), shell, watch));
  },
};

/** How a run is watched, as the options of `awp run` say it. */
function watchOptions(args: Arguments, shell: Shell): WatchOptions {
  return {
    person: personAt(shell, args),
    json: args.has('json'),
    progress: parseChoice('progress', args.text('progress') ?? 'auto', PROGRESS_MODES),
    noColor: args.has('no-color'),
    debug: args.has('debug'),
    home: args.text('home'),
    after: 0,
  };
}

/** Somebody is there; the questions are asked where the run is watched. */
function answersFrom(person: Person | undefined): Pick<StartOptions, 'onApproval'> {
  return person ? { onApproval: () => 'ask' } : {};
}

async function resume(
  id: string,
  { args, shell, watch }: { args: Arguments; shell: Shell; watch: WatchOptions },
): Promise<number> {
  const settled = RUN_OPTIONS.find(({ name }) => args.has(name) && !RESUME_OPTIONS.has(name));
  const surplus = settled ? `--${settled.name}` : args.positionals[0];
  if (surplus !== undefined) {
    throw new AwpError('usage/bad-option', `${surplus} does not go with --resume`, {
      hint: 'a resumed run keeps what it began with; only limits can be raised: --raise NAME=N',
    });
  }
  const raises = args.all('raise').map(parseRaise);
  const engine = await shell.engine();
  const servers = await mcpFlag(args, shell);
  return withHome(shell, args, async ({ store }) => {
    // Progress begins where the earlier process ended.
    const { run, seq } = await store.find(id);
    const raise = await raiseOf(raises, { store, run, shell });
    const handle = engine.resume(run, {
      ...homeOption(args, shell),
      ...outOption(args, shell),
      ...pythonOption(args, shell),
      ...tapeOptions(args, shell),
      ...servers,
      ...trustFlag(args, watch.person),
      ...answersFrom(watch.person),
      ...(raise && { raise }),
    });
    return watchRun(handle, shell, { ...watch, after: seq });
  });
}

/** The limits that are raised. A complete run is only shown again, and that no limit helps it is said. */
async function raiseOf(
  raises: readonly Raise[],
  { store, run, shell }: { store: Store; run: string; shell: Shell },
): Promise<Partial<Limits> | undefined> {
  if (raises.length === 0) return undefined;
  const { limits, status } = await loadRun(store, run);
  const raised = raisedLimits(raises, limits);
  if (status !== 'complete') return raised;
  const way = `awp runs fork ${run} --from loop=N --budget.NAME N`;
  shell.err.write(`note: ${run} is complete: no limit was raised. To do a part again: ${way}\n`);
  return undefined;
}

async function newRun(
  engine: Engine,
  args: Arguments,
  shell: Shell,
): Promise<WorkflowOptions<Json>> {
  const [folder] = args.positionals;
  const base = folder === undefined ? undefined : await workflow(engine, folder, shell);
  return {
    ...base,
    task: await taskOf(args.text('task') ?? base?.task, { folder, shell }),
    inputs: { ...base?.inputs, ...inputsOf(engine, args) },
    budget: { ...base?.budget, ...budgetFlags(args) },
    ...modelsOf(args, base?.fallbackModels),
    ...tapeOptions(args, shell),
    ...sandboxFlags(args, base?.sandbox),
    ...pythonOption(args, shell),
    ...approveFlag(args, base?.approve),
    ...toolsFlag(args, base?.tools),
    ...skillFlag(args, shell, base?.skills),
    ...(await mcpFlag(args, shell, base?.mcp)),
    ...evalFlag(args, base?.evaluation),
    ...criticInstead(base?.policy, args.text('model')),
    ...durabilityOf(args),
    ...homeOption(args, shell),
    ...outOption(args, shell),
  };
}

async function taskOf(
  text: string | undefined,
  { folder, shell }: { folder: string | undefined; shell: Shell },
): Promise<string> {
  if (text !== undefined) return taskText(text, shell);
  throw new AwpError('usage/missing-argument', 'there is nothing to do: no task was given', {
    hint:
      folder === undefined
        ? 'say it: awp run -t "Find the peak month" -i sales.csv -m demo'
        : `say it: awp run ${folder} -t "what to do", or describe the workflow in its file`,
  });
}

/** The options that a workflow folder sets; what of it is not acted on is said. */
async function workflow(
  engine: Engine,
  folder: string,
  shell: Shell,
): Promise<Omit<ReturnType<LoadedWorkflow['options']>, 'output'>> {
  const path = resolve(shell.cwd, folder);
  const { files } = await shell.effects();
  if (!(await files.info(path))) {
    throw new AwpError('usage/bad-argument', `there is no workflow folder "${folder}"`, {
      hint: `a task stands behind -t: awp run -t "${folder}"`,
    });
  }
  const loaded = await engine.loadWorkflow(path, files);
  const idle = loaded.diagnostics.filter(({ rule }) => rule === 'S12').map((one) => one.path);
  if (idle.length > 0) {
    // Sub-workflows may have the same ones.
    const names = [...new Set(idle)].join(', ');
    shell.err.write(`note: this release does not act on ${oneLine(names)}\n`);
  }
  for (const { rule, file } of loaded.diagnostics) {
    if (rule === 'S17') shell.err.write(`note: ${oneLine(file)} is not run (awp explain S17)\n`);
  }
  return loaded.options();
}

/** `--eval` turns on what the workflow has, or the usual; `-m` replaces its judge, too. */
function evalFlag(
  args: Arguments,
  own: WorkflowOptions['evaluation'],
): Pick<WorkflowOptions, 'evaluation'> {
  if (typeof own !== 'object') return args.has('eval') ? { evaluation: true } : {};
  const model = args.text('model');
  const judge = { ...own.judge, ...(model !== undefined && { model }) };
  return { evaluation: { ...own, judge, ...(args.has('eval') && { enabled: true }) } };
}

function durabilityOf(args: Arguments): Pick<WorkflowOptions<Json>, 'durability'> {
  const text = args.text('durability');
  if (text === undefined) return {};
  return { durability: parseChoice('durability', text, ['full', 'batched'] as const) };
}

/** Where the models' answers go to or come from, and whether a trace of them is kept. */
function tapeOptions(
  args: Arguments,
  shell: Shell,
): Pick<WorkflowOptions<Json>, 'record' | 'replay'> & { traceModels?: true } {
  const [record, replay] = [args.text('record'), args.text('replay')];
  return {
    ...(record !== undefined && { record: resolve(shell.cwd, record) }),
    ...(replay !== undefined && { replay: resolve(shell.cwd, replay) }),
    ...(args.has('trace-models') && { traceModels: true }),
  };
}

function outOption(args: Arguments, shell: Shell): { outputDir?: string } {
  const out = args.text('out');
  return out === undefined ? {} : { outputDir: resolve(shell.cwd, out) };
}

function inputsOf(engine: Engine, args: Arguments): Record<string, InputValue> {
  const inputs = new Map<string, InputValue>();
  for (const text of args.all('input')) {
    const [name, value] = engine.parseInput(text);
    if (inputs.has(name)) {
      throw new AwpError('usage/bad-option', `two inputs are called "${name}"`, {
        hint: 'give one of them another name: -i OTHER=@FILE',
      });
    }
    inputs.set(name, value);
  }
  return Object.fromEntries(inputs);
}

/**
 * `-m` counts for both, so that it also replaces the models that a workflow folder names, with those
 * behind them: nobody else is asked in place of a model that a person chose.
 */
function modelsOf(
  args: Arguments,
  behind: WorkflowOptions<Json>['fallbackModels'],
): Pick<WorkflowOptions<Json>, 'model' | 'managerModel' | 'workerModel' | 'fallbackModels'> {
  const model = args.text('model');
  const managerModel = args.text('manager-model') ?? model;
  const workerModel = args.text('worker-model') ?? model;
  const behindOf = (role: 'manager' | 'worker') =>
    modelOptions(behind ? { fallbackModels: behind } : {}, role).fallback ?? [];
  return {
    ...(model !== undefined && { model }),
    ...(managerModel !== undefined && { managerModel }),
    ...(workerModel !== undefined && { workerModel }),
    ...(behind && {
      fallbackModels: {
        manager: managerModel === undefined ? behindOf('manager') : [],
        worker: workerModel === undefined ? behindOf('worker') : [],
      },
    }),
  };
}
