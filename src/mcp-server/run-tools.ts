import { isObject, type JsonObject } from '../base/json.ts';
import { loadWorkflow } from '../data/load-workflow.ts';
import type { WorkflowOptions } from '../data/options.ts';
import type { RunEvent } from '../events/event.ts';
import type { RunState } from '../events/state.ts';
import { artifactFile } from './artifacts.ts';
import { RUN_SCHEMA, runFacts, runText } from './facts.ts';
import { givenInputs } from './given-inputs.ts';
import { askedLimits, heldLimits, LIMITS_SCHEMA } from './limits.ts';
import {
  objectSchema,
  RUN_ID,
  type ServerParts,
  type ServerTool,
  type ToolAnswer,
  type ToolCallContext,
} from './tool.ts';
import type { ServedWorkflow } from './workflows.ts';

/** Seconds that a call waits when the client does not say, and at most. */
const WAIT_SECONDS = 20;
const MOST_WAIT_SECONDS = 300;
const TASK_CHARS = 100_000;

const WAIT: JsonObject = {
  type: 'number',
  minimum: 0,
  maximum: MOST_WAIT_SECONDS,
  description: `seconds to wait for the end (${WAIT_SECONDS}); the run goes on afterwards`,
};
const TASK: JsonObject = { type: 'string', minLength: 1, maxLength: TASK_CHARS };
const INPUTS: JsonObject = {
  type: 'object',
  description:
    'Data by name. A text that is the path of a file in the served folders hands in that file ' +
    '("@PATH" insists on it), as does the address of an artifact (awp://runs/...); an array of ' +
    'records or an object of columns becomes a table; everything else is data as it is.',
};

/** Tools that start a run: one for any task, one for each workflow. */
export function startTools(parts: ServerParts): ServerTool[] {
  return [runTask(parts), ...parts.workflows.map((workflow) => runWorkflow(workflow, parts))];
}

const STARTS = { readOnlyHint: false, destructiveHint: false, openWorldHint: true } as const;

function runTask(parts: ServerParts): ServerTool {
  const { settings } = parts;
  return {
    name: 'run_task',
    title: 'Run a task',
    description:
      'Gives a task to a team of agents: a manager splits it, workers write code that runs in a ' +
      'sandbox on the inputs and hand back files. Waits a while, then tells the id of the run to ask again with run_result.',
    input: objectSchema(
      {
        task: { ...TASK, description: 'what is to be done, and what shall come out' },
        inputs: INPUTS,
        model: { type: 'string', maxLength: 200, description: 'instead of the configured model' },
        budget: { ...LIMITS_SCHEMA, description: 'limits of the run; null is unlimited' },
        wait_seconds: WAIT,
      },
      ['task'],
    ),
    output: RUN_SCHEMA,
    hints: STARTS,
    async run(args, context) {
      const asked = askedLimits(args.budget, settings.limits);
      const model = typeof args.model === 'string' ? args.model : undefined;
      const base = settings.runOptions({});
      const chosen = model !== undefined && { model, managerModel: model, workerModel: model };
      const options = { ...base, ...chosen, budget: heldLimits(asked, settings.limits) };
      return started({ ...options, task: String(args.task) }, { args, context, parts });
    },
  };
}

function runWorkflow(workflow: ServedWorkflow, parts: ServerParts): ServerTool {
  const { name, slug, description, folder } = workflow;
  const { settings } = parts;
  return {
    name: `run_${slug}`,
    title: `Run ${name}`,
    description:
      `Runs the workflow ${name}${description === '' ? '' : `: ${description.slice(0, 1000)}`}\n` +
      'Waits a while, then tells the id of the run to ask again with run_result.',
    input: objectSchema(
      {
        task: {
          ...TASK,
          description: "what is to be done; the workflow's own description when left out",
        },
        inputs: INPUTS,
        wait_seconds: WAIT,
      },
      description === '' ? ['task'] : [],
    ),
    output: RUN_SCHEMA,
    hints: STARTS,
    async run(args, context) {
      // It is read again each time: it may have been edited since the server began.
      const own = (await loadWorkflow(folder, settings.effects.files)).options();
      const task = typeof args.task === 'string' ? args.task : (own.task ?? '');
      const budget = heldLimits(own.budget ?? {}, settings.limits);
      const options = { ...own, ...settings.runOptions(own), task, budget };
      return started(options, { args, context, parts });
    },
  };
}

interface Call {
  args: JsonObject;
  context: ToolCallContext;
  parts: ServerParts;
}

async function started(options: WorkflowOptions, call: Call): Promise<ToolAnswer> {
  const { args, parts } = call;
  const { desk, settings } = parts;
  const inputs = await givenInputs(isObject(args.inputs) ? args.inputs : {}, {
    folders: settings.folders,
    files: settings.effects.files,
    artifact: (address) => artifactFile(address, parts),
  });
  return waitedFor(await desk.start({ ...options, inputs }), call);
}

async function waitedFor(run: string, { args, context, parts }: Call): Promise<ToolAnswer> {
  const { signal, progress } = context;
  const seconds = typeof args.wait_seconds === 'number' ? args.wait_seconds : WAIT_SECONDS;
  const seen = await parts.desk.wait(run, {
    seconds,
    signal,
    onEvent: (event, state) => {
      const said = eventText(event, state);
      if (said !== undefined) progress(event.seq, said);
    },
  });
  return { structured: runFacts(seen), text: runText(seen) };
}

/** Events that a client is told of while it waits. */
function eventText(event: RunEvent, { frames }: RunState): string | undefined {
  const agent = frames.get(event.agent ?? '')?.name ?? 'the run';
  switch (event.type) {
    case 'agent.started':
      return `${agent} started`;
    case 'agent.finished':
      return `${agent} finished`;
    case 'agent.failed':
      return `${agent} failed`;
    case 'model.responded':
      return `${agent} was answered`;
    case 'tool.called':
      return `${agent} calls ${event.data.tool}`;
    case 'approval.requested':
      return `${agent} needs the approval ${event.data.id} for ${event.data.tool}`;
    case 'artifact.written':
      return `${event.data.path} was written`;
    default:
      return undefined;
  }
}

/** Tools for runs that are there: status, result, stop, resume. */
export function followTools(parts: ServerParts): ServerTool[] {
  return [status(parts), result(parts), stop(parts), resume(parts)];
}

const LOOKS = { readOnlyHint: true, openWorldHint: false } as const;

function status(parts: ServerParts): ServerTool {
  return {
    name: 'run_status',
    title: 'Status of a run',
    description: 'Tells how a run is now, without waiting: status, agents at work, what is used.',
    input: objectSchema({ run: RUN_ID }, ['run']),
    output: RUN_SCHEMA,
    hints: LOOKS,
    async run(args) {
      const seen = await parts.desk.look(String(args.run));
      return { structured: runFacts(seen), text: runText(seen) };
    },
  };
}

function result(parts: ServerParts): ServerTool {
  return {
    name: 'run_result',
    title: 'Result of a run',
    description:
      'Waits until a run has ended or needs a decision, at most wait_seconds, and tells what came of it.',
    input: objectSchema({ run: RUN_ID, wait_seconds: WAIT }, ['run']),
    output: RUN_SCHEMA,
    hints: LOOKS,
    run: (args, context) => waitedFor(String(args.run), { args, context, parts }),
  };
}

function stop(parts: ServerParts): ServerTool {
  return {
    name: 'stop_run',
    title: 'Stop a run',
    description: 'Stops a run. Its work is kept: resume_run goes on with it.',
    input: objectSchema({ run: RUN_ID }, ['run']),
    output: RUN_SCHEMA,
    hints: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false,
    },
    async run(args) {
      const seen = await parts.desk.look(await parts.desk.stop(String(args.run)));
      return { structured: runFacts(seen), text: runText(seen) };
    },
  };
}

function resume(parts: ServerParts): ServerTool {
  return {
    name: 'resume_run',
    title: 'Go on with a run',
    description:
      'Goes on with a run that was stopped or interrupted, failed, or ran into a limit, which raise lifts.',
    input: objectSchema(
      {
        run: RUN_ID,
        raise: { ...LIMITS_SCHEMA, description: 'new limits of the whole run' },
        wait_seconds: WAIT,
      },
      ['run'],
    ),
    output: RUN_SCHEMA,
    hints: STARTS,
    async run(args, context) {
      const raise = askedLimits(args.raise, parts.settings.limits);
      const run = await parts.desk.resume(String(args.run), raise);
      return waitedFor(run, { args, context, parts });
    },
  };
}
