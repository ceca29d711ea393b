import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import type { ModelRequest } from '../../ports/model-provider.ts';
import { type Reply, repliesIn } from './making.ts';
import { blocksOf, parametersOf, text } from './prompt-text.ts';
import { type ManagerPrompt, readManager } from './read-manager.ts';
import { type ReviewPrompt, readReviewPrompt } from './read-review.ts';

/** What the demo takes from a worker's prompt. */
export interface WorkerPrompt {
  role: 'worker';
  name: string;
  /** The line of parameters in the instructions. */
  job: JsonObject | undefined;
  /** Whether it goes over a result that was found bad. */
  repairs: boolean;
  canRun: boolean;
  canPost: boolean;
  /** Results of the programs so far, oldest first. */
  results: readonly ProgramResult[];
  /** Whether it put something on the board, or tried to. */
  posted: boolean;
  rounds: number;
  /** Names of the tools that it can call now. */
  tools: ReadonlySet<string>;
  /** What all of its calls brought, oldest first. */
  replies: readonly Reply[];
}

/** What a worker says: a call of a tool, or its report. */
export interface WorkerAnswer {
  text: string;
  call?: { name: string; args: JsonObject };
}

/** What came of one program, as the conversation tells. */
export interface ProgramResult {
  ok: boolean;
  /** Whether it ran at all; a call that a rule or the box refused says nothing about the program. */
  ran: boolean;
  stdout: string;
  /** What went wrong, in one piece. */
  problem: string;
}

const MANAGER = 'You are the manager of a delegation loop.';
const WORKER = 'You are a worker of a multi-agent run.';
const NAME = /^You are the worker `([^`]+)`\.$/;
const REPAIRS = '\n\nThis was done before, and the result is not good enough.';

/** Reads a conversation as a manager's, a worker's or a reviewer's; undefined when it is none of them. */
export function readPrompt(
  request: ModelRequest,
): ManagerPrompt | WorkerPrompt | ReviewPrompt | undefined {
  const first = request.messages[0];
  const system = first?.role === 'system' ? first.text : '';
  if (system.startsWith(WORKER)) return readWorker(request);
  if (system.includes(MANAGER)) return readManager(request.messages, system);
  return readReviewPrompt(request.messages, system);
}

function readWorker(request: ModelRequest): WorkerPrompt {
  const { messages, tools, toolChoice } = request;
  const first = messages.find(({ role }) => role === 'user')?.text ?? '';
  const own = blocksOf(first).find(({ title }) => title === 'Instructions');
  const replies = messages.flatMap((message) => (message.role === 'tool' ? [message] : []));
  const callable = new Set(toolChoice === 'auto' ? tools.map(({ name }) => name) : []);
  return {
    role: 'worker',
    name: NAME.exec(own?.lead ?? '')?.[1] ?? '',
    job: parametersOf(own?.text ?? ''),
    repairs: (own?.text ?? '').includes(REPAIRS),
    canRun: callable.has('code.execute'),
    canPost: callable.has('board.post'),
    results: replies
      .filter(({ name }) => name !== 'board.post')
      .map((reply) => resultFrom(reply.text)),
    posted: replies.some(({ name }) => name === 'board.post'),
    rounds: messages.filter(({ role }) => role === 'assistant').length,
    tools: callable,
    replies: repliesIn(messages),
  };
}

/** A tool's envelope as the conversation shows it; a text that is none counts as a failure. */
function resultFrom(reply: string): ProgramResult {
  const envelope = parseJson(reply);
  if (!isObject(envelope)) return { ok: false, ran: false, stdout: '', problem: lastLines(reply) };
  const data = isObject(envelope.data) ? envelope.data : {};
  const code = data.returncode ?? 0;
  const ok = envelope.ok === true && code === 0;
  const problem = [text(envelope.error), text(data.stderr)].filter(Boolean).join('\n');
  const ran = Object.hasOwn(data, 'returncode');
  return { ok, ran, stdout: text(data.stdout), problem: lastLines(problem) };
}

/** The line of an error message that says what happened, or else the end of the text. */
function lastLines(problem: string): string {
  const lines = problem.split('\n').map((line) => line.trim());
  const error = lines.find((line) => /^(?:Uncaught )?\w*Error: /.test(line));
  return (error ?? lines.filter(Boolean).slice(-3).join(' ')).slice(0, 500);
}
