import { isObject, type Json, type JsonObject, parseJson } from '../../base/json.ts';
import type { Message } from '../../events/event.ts';
import type { ModelRequest } from '../../ports/model-provider.ts';

/** What a prompt says about one input of the run. */
export interface PromptInput {
  name: string;
  /** Path as programs see it, below `inputs/`. */
  file: string | undefined;
  bytes: number;
  about: Json;
}

/** What a manager's prompt says about one worker that has ended. */
export interface PromptReport {
  worker: string;
  ok: boolean;
  output: JsonObject;
  error: string | undefined;
  files: readonly string[];
}

/** What the demo takes from a manager's prompt. */
export interface ManagerPrompt {
  role: 'manager';
  task: string;
  inputs: readonly PromptInput[];
  reports: readonly PromptReport[];
  /** Workers that ended, those of older turns included. */
  known: ReadonlySet<string>;
  /** Paths below `shared/`, without that prefix. */
  shared: readonly string[];
  turn: number;
  /** No turn follows this one. */
  last: boolean;
  /** What was wrong with the answer before, when this turn's answer was sent back. */
  complaint: string | undefined;
  /** JSON Schema of the typed output. */
  schema: JsonObject | undefined;
  canRun: boolean;
}

/** What the demo takes from a worker's prompt. */
export interface WorkerPrompt {
  role: 'worker';
  name: string;
  /** The line of parameters in the instructions. */
  job: JsonObject | undefined;
  canRun: boolean;
  /** Results of the programs so far, oldest first. */
  results: readonly ProgramResult[];
  rounds: number;
}

/** What came of one program, as the conversation tells. */
export interface ProgramResult {
  ok: boolean;
  stdout: string;
  /** What went wrong, in one piece. */
  problem: string;
}

const MANAGER = 'You are the manager of a delegation loop.';
const WORKER = /^You are the worker `([^`]+)`/;
const LAST_TURN = 'This is the last turn';
const NOT_ACCEPTED = 'Your answer was not accepted: ';
const PARAMETERS = /^Parameters: (\{.*\})$/m;

/** Reads a conversation as the manager's or a worker's; undefined when it is neither. */
export function readPrompt(request: ModelRequest): ManagerPrompt | WorkerPrompt | undefined {
  const first = request.messages[0];
  const system = first?.role === 'system' ? first.text : '';
  const name = WORKER.exec(system)?.[1];
  if (name !== undefined) return readWorker(request, system, name);
  return system.includes(MANAGER) ? readManager(request.messages, system) : undefined;
}

function readManager(messages: readonly Message[], system: string): ManagerPrompt {
  const questions = messages.filter(({ role }) => role === 'user').map(({ text }) => text);
  const turn = questions.findLast((text) => text.startsWith('## Task\n')) ?? '';
  const said = questions.at(-1) ?? '';
  const rest = afterTask(turn);
  const older = list(sectionOf(rest, 'Earlier turns')).flatMap((item) =>
    list(item.workers ?? null),
  );
  const reports = [...rest.matchAll(/^## Results of turn \d+\n(.*)$/gm)].flatMap(([, body]) =>
    list(parseJson(body ?? '')).map(reportFrom),
  );
  const typed = lineAfter(sectionOf(system, 'Typed output'));
  return {
    role: 'manager',
    task: turn.slice('## Task\n'.length, turn.length - rest.length).trim(),
    inputs: list(sectionOf(rest, 'Inputs')).map(inputFrom),
    reports,
    known: new Set([
      ...older.map((item) => text(item.worker_id)),
      ...reports.map(({ worker }) => worker),
    ]),
    shared: list(sectionOf(rest, 'Files in shared/')).map((item) =>
      text(item.path).replace(/^shared\//, ''),
    ),
    turn: Number(sectionOf(rest, 'Turn') ?? 1),
    last: questions.some((question) => question.includes(LAST_TURN)),
    complaint: said.startsWith(NOT_ACCEPTED)
      ? said.slice(NOT_ACCEPTED.length).split('\n')[0]
      : undefined,
    schema: isObject(typed) ? typed : undefined,
    canRun: mayRun(system),
  };
}

/** Whether workers may run JavaScript: the tool is offered and the box has the language. */
function mayRun(system: string): boolean {
  return /^- code\.execute: /m.test(system) && /^- javascript(?: \(default\))?: /m.test(system);
}

function readWorker(request: ModelRequest, system: string, name: string): WorkerPrompt {
  const job = parseJson(PARAMETERS.exec(system)?.[1] ?? '');
  const answers = request.messages.filter(({ role }) => role === 'assistant');
  return {
    role: 'worker',
    name,
    job: isObject(job) ? job : undefined,
    canRun:
      request.toolChoice === 'auto' && request.tools.some((tool) => tool.name === 'code.execute'),
    results: request.messages.flatMap((message) =>
      message.role === 'tool' ? [resultFrom(message.text)] : [],
    ),
    rounds: answers.length,
  };
}

/** What follows the task. The task is the user's text and may look like a section; what follows is one line each. */
function afterTask(turn: string): string {
  const start = turn.lastIndexOf('\n\n## Inputs\n[');
  return start < 0 ? '' : turn.slice(start);
}

function sectionOf(prompt: string, title: string): string | undefined {
  const start = `\n${prompt}`.lastIndexOf(`\n## ${title}\n`);
  if (start < 0) return undefined;
  const body = prompt.slice(start + `## ${title}\n`.length);
  const end = body.indexOf('\n\n## ');
  return end < 0 ? body : body.slice(0, end);
}

function lineAfter(body: string | undefined): Json | undefined {
  return parseJson(body?.slice(body.indexOf('\n') + 1) ?? '');
}

function list(value: Json | string | undefined): JsonObject[] {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  return Array.isArray(parsed) ? parsed.filter(isObject) : [];
}

function inputFrom(item: JsonObject): PromptInput {
  return {
    name: text(item.name),
    file: typeof item.file === 'string' ? item.file : undefined,
    bytes: typeof item.bytes === 'number' ? item.bytes : 0,
    about: item.about ?? null,
  };
}

function reportFrom(item: JsonObject): PromptReport {
  const { output, error, files } = item;
  return {
    worker: text(item.worker_id),
    ok: item.ok === true,
    output: isObject(output) ? output : {},
    error: typeof error === 'string' ? error : undefined,
    files: Array.isArray(files) ? files.map((file) => text(file)) : [],
  };
}

/** A tool's envelope as the conversation shows it; a text that is none counts as a failure. */
function resultFrom(reply: string): ProgramResult {
  const envelope = parseJson(reply);
  if (!isObject(envelope)) return { ok: false, stdout: '', problem: lastLines(reply) };
  const data = isObject(envelope.data) ? envelope.data : {};
  const code = data.returncode ?? 0;
  const ok = envelope.ok === true && code === 0;
  const problem = [text(envelope.error), text(data.stderr)].filter(Boolean).join('\n');
  return { ok, stdout: text(data.stdout), problem: lastLines(problem) };
}

/** The line of an error message that says what happened, or else the end of the text. */
function lastLines(problem: string): string {
  const lines = problem.split('\n').map((line) => line.trim());
  const error = lines.find((line) => /^(?:Uncaught )?\w*Error: /.test(line));
  return (error ?? lines.filter(Boolean).slice(-3).join(' ')).slice(0, 500);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
