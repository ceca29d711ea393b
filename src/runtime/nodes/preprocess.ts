import { AwpError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../base/json.ts';
import { PREPROCESS, preparationId } from '../../events/code-frames.ts';
import type { Fact } from '../../events/event.ts';
import { placeOf } from '../../events/graph-agents.ts';
import type { Plan } from '../../events/plan.ts';
import type { PlanAgent } from '../../events/plan-graph.ts';
import type { Frame } from '../../events/state.ts';
import type { Execution, Sandbox, SandboxJob } from '../../ports/sandbox.ts';
import type { Tool, ToolContext, ToolResult } from '../../ports/tool.ts';
import { exhausted } from '../budget.ts';
import type { Command } from '../command.ts';
import type { RunContext } from '../context.ts';
import type { Cut, Finished, Start } from '../effect.ts';
import { PREPARING_FAILED } from '../engines/preparing.ts';
import type { Pass } from '../pass.ts';
import { agentOf } from '../plan-parts.ts';
import { callTool } from '../tools/call-tool.ts';
import { visibleItem, visibleState } from './visible.ts';

/** Where a preprocessor finds its input, in its agent's `inputs/`. */
const INPUT_FILE = 'preprocessor-input.json';
/** The file below `output/` that may stand for what it prints. */
const RESULT_FILE = 'preprocessed.json';
/** What a box needs after its program to hand the files back, in milliseconds. */
const TIME_TO_COLLECT_MS = 500;
/** Characters of what a preprocessor that failed has said. */
const TAIL_CHARS = 1000;
/** Characters of what it printed beside its result. */
const LOG_CHARS = 10_000;
const RESULT_LIMITS = { maxLength: 8 * 1024 * 1024, maxDepth: 64 };

/** The command that runs a preprocessor. */
type Preprocess = Extract<Command, { do: 'preprocess' }>;

type Program = PlanAgent['preprocessors'][number];

/** Whether agents of a plan have preprocessors: they run in the box of the run. */
export function hasPreprocessors({ agents = {} }: Plan): boolean {
  return Object.values(agents).some(({ preprocessors }) => preprocessors.length > 0);
}

/** What preprocessors have brought so far: later ones replace fields; undefined when none has ended. */
export function preprocessed({ prepared }: Pick<Frame, 'prepared'>): JsonObject | undefined {
  return prepared && Object.assign({}, ...prepared.map(({ data }) => data));
}

/**
 * Admits a preprocessor of a node's agent (decision 36): it is in the log like a tool call, and counts
 * like one, so that a run that is taken up again does not repeat one that has ended.
 */
export async function preprocess(pass: Pass, { frame, index }: Preprocess): Promise<void> {
  const { context, admission, decided } = pass;
  const program = agentOf(context.plan, frame).preprocessors[index];
  const id = preparationId(frame, index + 1);
  if (!program || pass.isOut(id)) return;
  const refusal = admission.toolRefusal(frame);
  if (refusal && admission.toolWaits(frame)) {
    decided.blocked.push(frame.id);
    return;
  }
  if (refusal) {
    const message = `no tool call is left for ${fileOf(program)} (${refusal.limit} allowed)`;
    const data = { code: 'budget/tools', message };
    decided.facts.push(exhausted(frame.id, refusal));
    decided.facts.push({ type: 'agent.failed', agent: frame.id, data });
    return;
  }
  admission.tool(frame);
  const input = JSON.stringify(inputOf(context, frame));
  await context.runFiles.keepContext(frame, [{ name: INPUT_FILE, text: input }]);
  const tool = toolOf(program, input);
  const args = { language: program.language };
  decided.facts.push({
    type: 'tool.called',
    agent: frame.id,
    data: { call: id, tool: tool.name, args, idempotent: true },
  });
  decided.starts.push(startOf(context, { frame, id, tool, args }));
}

/** What a preprocessor is told: what the agent may see, under the names that code of agents has. */
function inputOf({ plan, state }: RunContext, frame: Frame): JsonObject {
  const place = placeOf(state, frame);
  const { instance: index, round, said, attempt = 1 } = frame.node ?? {};
  const input = place ? visibleState(state, place.graph, place.node.plan.id).values : {};
  const item = place && frame.node && visibleItem(state, place.graph, frame.node);
  const last = round === undefined ? undefined : place?.node.rounds.at(-1)?.output;
  const inputs: Json = plan.inputs.map(({ name, path }) => ({
    name,
    ...(path !== undefined && { path: `inputs/${path}` }),
  }));
  return {
    ...{ task: plan.task, node: frame.node?.id ?? '', attempt, input, inputs },
    ...(index !== undefined && { index }),
    ...(item !== undefined && { item }),
    ...(round !== undefined && { round }),
    ...(last !== undefined && { last }),
    ...(said !== undefined && { said }),
    preprocessed: preprocessed(frame) ?? {},
  };
}

interface Call {
  frame: Frame;
  id: string;
  tool: Tool;
  args: JsonObject;
}

function startOf(context: RunContext, { frame, id, tool, args }: Call): Start {
  const wanted = { frame, id, name: tool.name, args };
  return {
    id,
    async perform(signal): Promise<Finished> {
      const { returned, files, noted } = await callTool(context, { wanted, tool }, signal);
      const fact: Fact = { type: 'tool.returned', agent: frame.id, data: returned };
      return { frame: frame.id, facts: [...noted, fact], files };
    },
    outOfTime({ code, message }: Cut = OUT_OF_TIME) {
      const data = { call: id, tool: tool.name, ok: false, status: 408, data: {}, ms: 0 };
      const error = `${code}: ${message}`;
      const fact: Fact = { type: 'tool.returned', agent: frame.id, data: { ...data, error } };
      return { frame: frame.id, facts: [fact], files: [] };
    },
  };
}

const OUT_OF_TIME: Cut = { code: 'tool/timeout', message: 'the wall time of the run is over' };

/** Name of a program's file, in the folder of its agent or below it. */
function fileOf({ name }: Program): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** A preprocessor as the path of tool calls knows calls: its time, its files and its result. */
function toolOf(program: Program, input: string): Tool {
  return {
    name: `${PREPROCESS}${fileOf(program).replace(/\.\w+$/, '')}`,
    description: 'prepares what an agent sees',
    parameters: { type: 'object' },
    idempotent: true,
    timeoutMs: Number.MAX_SAFE_INTEGER,
    run: (_args, context) => run(program, input, context),
  };
}

async function run(program: Program, input: string, context: ToolContext): Promise<ToolResult> {
  const { language } = program;
  const name = fileOf(program);
  const sandbox = await context.sandbox();
  if (!sandbox.languages.some((one) => one.language === language)) {
    throw failed(
      name,
      `the box of this machine (${sandbox.name}) has no ${languageName(sandbox, language)}`,
    );
  }
  const job = await jobOf(program, input, context);
  const execution = await sandbox.run(job, context.signal);
  context.signal.throwIfAborted();
  for (const { method, host, problem } of execution.requests ?? []) {
    if (problem?.startsWith('network/denied')) {
      context.denied(`${method} ${host}: ${problem}`, 'network.denied');
    }
  }
  const { stopped, exitCode, stderr } = execution;
  if (stopped !== undefined) throw failed(name, `it was stopped: limit ${stopped}`, stderr);
  if (exitCode !== 0) throw failed(name, `it ended with status ${exitCode ?? 'unknown'}`, stderr);
  const { data, printed } = resultOf(name, execution, job.policy.outputChars);
  const said = [
    ...execution.notes,
    ...(await keepFiles(execution, context)),
    printed,
    stderr.trim(),
  ];
  const log = said.filter((text) => text !== '').join('\n');
  return { ok: true, status: 200, data, ...(log !== '' && { log: log.slice(0, LOG_CHARS) }) };
}

/** Hands its other files over; one that the workspace refuses is a note, and the result stays. */
async function keepFiles({ files }: Execution, { workspace }: ToolContext): Promise<string[]> {
  const notes: string[] = [];
  for (const { path, bytes } of files) {
    if (path === RESULT_FILE) continue;
    try {
      await workspace.write(path, bytes);
    } catch (error) {
      if (!(error instanceof AwpError) || error.family !== 'tool') throw error;
      notes.push(`output/${path} was not kept: ${error.message}`);
    }
  }
  return notes;
}

function languageName({ languages }: Sandbox, language: string): string {
  const there = languages.map((one) => one.language).join(', ');
  return there === '' ? `${language}, nor any other language` : `${language}; it has ${there}`;
}

async function jobOf(
  { language, code }: Program,
  input: string,
  { workspace, sandboxPolicy: policy, timeoutMs }: ToolContext,
): Promise<SandboxJob> {
  const time = Math.min(policy.timeoutMs, timeoutMs - TIME_TO_COLLECT_MS);
  return {
    ...{ language, code },
    timeoutMs: Math.max(1, Math.floor(time)),
    policy: { ...policy, session: 'fresh' },
    inputs: workspace.inputs,
    shared: workspace.shared,
    output: await workspace.output(),
    args: [`inputs/context/${INPUT_FILE}`],
    stdin: new TextEncoder().encode(input),
  };
}

/** The object of the result's file, else what it printed, else its last line; nothing is `{}`. */
function resultOf(name: string, { stdout, files, stderr }: Execution, mostChars: number) {
  const file = files.find(({ path }) => path === RESULT_FILE);
  if (file) {
    const data = objectIn(Buffer.from(file.bytes).toString());
    if (data) return { data, printed: stdout.trim() };
    throw failed(name, `output/${RESULT_FILE} is no JSON object`, stderr);
  }
  const text = stdout.trim();
  if (text === '') return { data: {}, printed: '' };
  const whole = objectIn(text);
  if (whole) return { data: whole, printed: '' };
  const end = text.lastIndexOf('\n');
  const last = objectIn(text.slice(end + 1));
  if (last) return { data: last, printed: text.slice(0, end).trim() };
  if (stdout.length > mostChars) {
    const most = `${mostChars.toLocaleString('en-US')} characters`;
    throw failed(name, `it printed more than ${most}: write output/${RESULT_FILE}`, stderr);
  }
  throw failed(name, `it printed no JSON object, but: ${text.slice(-200)}`, stderr);
}

function objectIn(text: string): JsonObject | undefined {
  const value = parseJson(text.trim(), RESULT_LIMITS);
  return isObject(value) ? value : undefined;
}

/** Says what went wrong, with the end of what the program said of it. */
function failed(name: string, what: string, stderr = ''): AwpError {
  const tail = stderr.trim().slice(-TAIL_CHARS);
  return new AwpError(PREPARING_FAILED, `${name}: ${what}${tail === '' ? '' : `\n${tail}`}`);
}
