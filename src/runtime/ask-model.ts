import { AwpError, toAwpError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { formatDuration } from '../base/time.ts';
import type { AgentRole, EventData, Fact, Message, ToolCall, Usage } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import {
  isRetryable,
  type ModelAnswer,
  ModelError,
  type ModelRequest,
  type ToolSpec,
} from '../ports/model-provider.ts';
import { costOf } from './budget-tokens.ts';
import type { RunContext } from './context.ts';
import { modelFor } from './fallback.ts';
import { inWords, type Native, nativeRequest } from './native-decision.ts';
import { answerHiding, type HideAnswer } from './nodes/hide-answer.ts';
import { readImages } from './nodes/read-images.ts';
import { agentOf, settingsOf, toolboxOf } from './plan-parts.ts';
import { uncalledTools } from './worker-tools.ts';

/** Characters of an answer that are kept: more than any model says in one. */
const ANSWER_CHARS = 1_000_000;
/** What roles are called in the headers of a call (decision 21); the others by their own names. */
const ROLE_NAMES: Readonly<Partial<Record<AgentRole, string>>> = {
  node: 'agent',
  reviewer: 'judge',
  repairer: 'worker',
};

/** First and longest wait before a failed call is tried again, in milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const SHORTEST_WAIT = 50;

type Asked = EventData['model.asked'];

/** A model call that was admitted and written ahead. */
export interface ModelCall {
  frame: Frame;
  asked: Asked;
  /** The whole conversation, the new messages included. */
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  /** How a decision is asked for besides in words. */
  native?: Native | undefined;
}

/** The hash that identifies a request in the log, for audit: of its parts' hashes. */
export function requestHash(call: Omit<ModelCall, 'asked' | 'frame'>, model: string): string {
  const { messages, tools, native } = call;
  const names = tools.map(({ name }) => name);
  return sha256(JSON.stringify([model, messages.map(hashOf), names, ...(native ? [native] : [])]));
}

const hashes = new WeakMap<Message, string>();

/** Conversations grow by appending: each of their messages is hashed once. */
function hashOf(message: Message): string {
  const known = hashes.get(message) ?? sha256(JSON.stringify(message));
  hashes.set(message, known);
  return known;
}

/**
 * Asks a model once and tells what came of it: `model.responded`, or `model.failed` with the time
 * of the next attempt where trying again can help. Rejects only when `signal` aborts.
 */
export async function askModel(
  context: RunContext,
  call: ModelCall,
  signal: AbortSignal,
): Promise<Fact[]> {
  const { clock } = context.host.effects;
  const started = clock.monotonic();
  const elapsed = (): number => Math.round(clock.monotonic() - started);
  try {
    const answer = await answerOf(context, call, signal);
    return [responded(context, call, { answer, ms: elapsed() })];
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return [failed(context, call, toAwpError(error))];
  }
}

async function answerOf(
  context: RunContext,
  call: ModelCall,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const { frame, asked } = call;
  const resolved = modelFor(context, frame, asked.model);
  if (!resolved) throw new AwpError('internal/bug', `the model ${asked.model} was not resolved`);
  const hide = answerHiding(context, frame);
  const request = { ...(await requestOf(context, call, resolved.model)), ...(hide && { hide }) };
  const { call: id, attempt, model } = asked;
  // What is kept of a call is kept as it was sent: values that are hidden would be in it.
  const trace = hide ? undefined : context.trace;
  const traced = trace?.watch(resolved.provider, { call: id, attempt, agent: frame.id, model });
  for await (const chunk of (traced ?? resolved.provider).ask(request, signal)) {
    if (chunk.type === 'end') {
      const answer = call.native ? inWords(chunk) : chunk;
      return hide ? hidden(answer, hide) : answer;
    }
    // A piece of a value cannot be told from other pieces; that something came can be.
    context.delta({ agent: frame.id, call: id, text: hide ? '' : chunk.text });
  }
  throw new AwpError('model/truncated', 'the answer ended without an end mark');
}

function hidden(answer: ModelAnswer, hide: HideAnswer): ModelAnswer {
  return { ...answer, text: hide(answer.text) };
}

/** A question as a provider is asked it. */
async function requestOf(
  context: RunContext,
  { frame, asked, messages, tools, native }: ModelCall,
  model: string,
): Promise<ModelRequest> {
  const { host, state } = context;
  const remaining = context.remainingMs(asked.purpose === 'closing' ? 'closing' : 'work');
  const { reasoning } = settingsOf(context.plan, frame);
  const images = await readImages(host.effects.files, host.store.folder(state.run), messages);
  return {
    model,
    // What does not come from the log, such as descriptions of tools, may have secrets in it.
    messages: context.redact(messages),
    tools: context.redact(tools),
    ...(images && { images }),
    ...ownSettings(context, { frame, asked, messages, tools }),
    ...context.redact(nativeRequest(native, tools)),
    temperature: asked.temperature,
    ...(reasoning !== undefined && { reasoning }),
    ...(goesOn({ frame, asked, tools }) && { goesOn: true }),
    maxOutputTokens: asked.maxOutputTokens,
    headers: {
      'x-awp-run-id': state.run,
      'x-awp-role': ROLE_NAMES[frame.role] ?? frame.role,
      'x-awp-agent': frame.name,
    },
    timeoutMs: Number.isFinite(remaining) ? Math.max(1, Math.floor(remaining)) : null,
    stream: context.watched(),
  };
}

/** Whether the next question will begin with this one: after a manager's turn, and where tools may be called. */
function goesOn({ frame, asked, tools }: Pick<ModelCall, 'frame' | 'asked' | 'tools'>): boolean {
  if (frame.role === 'manager') return asked.purpose !== 'closing';
  return asked.purpose === 'work' && tools.length > 0;
}

/** What the file of a node's agent says of how it answers; a call of a tool is wanted once. */
function ownSettings(
  { plan }: RunContext,
  { frame, asked, messages, tools }: ModelCall,
): Pick<ModelRequest, 'toolChoice' | 'parallelCalls' | 'topP'> {
  // A report is sent back for tools that were not called, too.
  const mayCall =
    asked.purpose === 'work' || (asked.purpose === 'repair' && uncalledTools(frame).length > 0);
  const usual = { toolChoice: mayCall ? 'auto' : 'none' } as const;
  if (frame.role !== 'node') return usual;
  const { toolChoice = 'auto', parallelCalls, topP } = agentOf(plan, frame);
  const isFirst = messages.every(({ role }) => role !== 'assistant');
  const mayWish = asked.purpose === 'work' && (isFirst || toolChoice === 'none');
  return {
    ...usual,
    ...(mayWish && { toolChoice: wishOf(toolChoice, tools) }),
    ...(parallelCalls !== undefined && { parallelCalls }),
    ...(topP !== undefined && { topP }),
  };
}

function wishOf(choice: string, tools: readonly ToolSpec[]): ModelRequest['toolChoice'] {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  return tools.some(({ name }) => name === choice) ? { tool: choice } : 'auto';
}

function responded(
  context: RunContext,
  { asked, frame }: ModelCall,
  { answer, ms }: { answer: ModelAnswer; ms: number },
): Fact {
  const usage = answer.usage ?? reservedUsage(asked);
  return {
    type: 'model.responded',
    agent: frame.id,
    data: {
      call: asked.call,
      attempt: asked.attempt,
      text: bounded(answer.text),
      toolCalls: distinctIds(asked.call, answer.toolCalls),
      usage,
      cost: answer.cost ?? costOf(modelFor(context, frame, asked.model)?.price, usage),
      ms,
      ...(answer.servedBy !== undefined && { servedBy: answer.servedBy }),
    },
  };
}

/** Some providers are code of the user: an answer without end must not make a log without end. */
function bounded(text: string): string {
  const cut = text.length - ANSWER_CHARS;
  if (cut <= 0) return text;
  return `${text.slice(0, ANSWER_CHARS).toWellFormed()}\n(${cut} characters were cut)`;
}

/** Decision 12: what the service did not say is the reservation, marked as an estimate. */
function reservedUsage({ reserved, maxOutputTokens }: Asked): Usage {
  const output = Math.min(maxOutputTokens, reserved.tokens);
  return { input: reserved.tokens - output, output, estimated: true };
}

/** Some services give no ids, or the same one twice; a conversation needs one for each call. */
function distinctIds(call: string, toolCalls: readonly ToolCall[]): ToolCall[] {
  const seen = new Set<string>();
  return toolCalls.map((toolCall, index) => {
    const taken = toolCall.id === '' || seen.has(toolCall.id);
    const id = taken ? `call_${call.replace(/\W/g, '_')}_${index + 1}` : toolCall.id;
    seen.add(id);
    return { ...toolCall, id };
  });
}

function failed(context: RunContext, { frame, asked }: ModelCall, error: AwpError): Fact {
  const said = error instanceof ModelError ? error.usage : undefined;
  const usage = said ?? reservedUsage(asked);
  const retryInMs = retryDelay(context, frame, error);
  const { retryAfterMs } = error;
  const { hint } = error;
  return {
    type: 'model.failed',
    agent: frame.id,
    data: {
      call: asked.call,
      attempt: asked.attempt,
      code: error.code,
      message: retryInMs === undefined ? withTimeToComeBack(context, error) : error.message,
      ...(hint !== undefined && { hint }),
      usage,
      cost: costOf(modelFor(context, frame, asked.model)?.price, usage),
      ...(retryInMs !== undefined && { retryInMs }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  };
}

/** What happened, with the time from which the service takes calls again, if it named one. */
function withTimeToComeBack(context: RunContext, { message, retryAfterMs }: AwpError): string {
  if (!retryAfterMs) return message;
  const at = new Date(context.host.effects.clock.now() + retryAfterMs);
  const when = `it takes calls again in ${formatDuration(retryAfterMs)}, from ${at.toISOString()}`;
  return `${message}; ${when}`;
}

/**
 * How long to wait before the next attempt: full jitter below a doubling bound, and what the service
 * named at least, spread a little so that not all come back at once. Undefined when trying again
 * cannot help, the attempts are used up, or the wait would pass the wall time.
 */
function retryDelay(context: RunContext, frame: Frame, error: AwpError): number | undefined {
  const failures = frame.failures + 1;
  if (!isRetryable(error.code) || failures >= toolboxOf(context.plan, frame).attempts)
    return undefined;
  const bound = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1));
  const jitter = (context.host.effects.random.bytes(1)[0] ?? 0) / 255;
  const named = error.retryAfterMs;
  const least = named === undefined ? SHORTEST_WAIT : named + FIRST_WAIT * jitter;
  // A service that says «now» is taken at its word.
  const wait = named === 0 ? 0 : Math.round(Math.max(least, bound * jitter));
  const kind = frame.purpose === 'closing' ? 'closing' : 'work';
  return wait < context.remainingMs(kind, frame) ? wait : undefined;
}
