import type { EventData, Fact, Message } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import type { ToolSpec } from '../ports/model-provider.ts';
import {
  correction,
  lastTurnNote,
  managerSystem,
  managerTurn,
  summarise,
  workerStart,
} from './agent/prompt.ts';
import { readAnswer } from './agent/read-answer.ts';
import { askModel, requestHash } from './ask-model.ts';
import { Admission, exhausted, promptTokens, type Refusal } from './budget.ts';
import type { Command } from './command.ts';
import type { RunContext } from './context.ts';
import type { Start } from './effect.ts';
import { unused } from './engines/decision.ts';
import { nextInDelegation, skip } from './engines/delegation.ts';
import { modelFor } from './fallback.ts';
import { startWorker } from './grants.ts';
import { admitTool } from './tools/admit-tool.ts';
import type { InnerCall } from './tools/inner-calls.ts';

/** What follows from the state: facts to write ahead, effects to start, frames that wait. */
export interface Decided {
  facts: Fact[];
  starts: Start[];
  /** Frames that wait for room. */
  blocked: string[];
  /** Frames that wait for a time, in milliseconds since 1970. */
  later: { frame: string; until: number }[];
}

interface Pass {
  context: RunContext;
  admission: Admission;
  now: number;
  decided: Decided;
  /** Turns whose remaining workers are not started: their frame's id. */
  skipped: Set<string>;
  /** Names given to workers in this pass. */
  names: Set<string>;
}

/** Asks the engine what follows for these frames, and admits it. Nothing has happened yet. */
export async function decide(
  context: RunContext,
  ready: readonly string[],
  now: number,
): Promise<Decided> {
  const { plan, state } = context;
  const decided: Decided = { facts: [], starts: [], blocked: [], later: [] };
  const admission = new Admission(state);
  const pass: Pass = { context, admission, now, decided, skipped: new Set(), names: new Set() };
  for (const id of ready) {
    const frame = state.frames.get(id);
    if (!frame || frame.phase === 'closed') continue;
    for (const command of nextInDelegation(plan, state, frame)) await admit(pass, command);
    if (decided.facts.at(-1)?.type === 'run.finished') break;
  }
  return decided;
}

async function admit(pass: Pass, command: Command): Promise<void> {
  switch (command.do) {
    case 'record':
      pass.decided.facts.push(...command.facts);
      return;
    case 'read':
      pass.decided.facts.push(await readAnswer(pass.context.plan, command.frame));
      return;
    case 'ask':
      admitAsk(pass, command);
      return;
    case 'call-tool': {
      const { frame, pending } = command;
      const { id, call } = pending;
      const { name, args } = call;
      const { context, decided } = pass;
      const admitted = await admitTool(context, pass, { frame, id, name, args });
      decided.facts.push(...admitted.facts);
      decided.starts.push(...admitted.starts);
      const { until } = admitted;
      if (until !== undefined) decided.later.push({ frame: frame.id, until });
      return;
    }
    case 'start-worker':
      admitWorker(pass, command);
  }
}

type Ask = Extract<Command, { do: 'ask' }>;

function admitAsk(pass: Pass, command: Ask): void {
  const { context, admission, decided } = pass;
  const { frame, purpose, notBefore } = command;
  const late = timeRefusal(context);
  if (late && purpose !== 'closing') {
    decided.facts.push(exhausted(frame.id, { ...late, purpose }));
    return;
  }
  if (notBefore !== undefined && notBefore > pass.now) {
    decided.later.push({ frame: frame.id, until: notBefore });
    return;
  }
  const question = questionFor(context, command);
  const messages = [...frame.transcript.slice(0, question.keep), ...question.messages];
  const tools = frame.role === 'worker' ? specsOf(context, frame) : [];
  const settings = frame.role === 'worker' ? context.plan.worker : context.plan.manager;
  const isRetry = frame.phase === 'retry';
  const model = modelFor(context, frame.role, frame.model);
  const verdict = admission.ask({
    purpose,
    again: isRetry,
    promptTokens: promptTokens(messages, tools),
    maxOutputTokens: settings.maxOutputTokens,
    price: model?.price,
  });
  if (verdict.verdict === 'wait') {
    decided.blocked.push(frame.id);
    return;
  }
  if (verdict.verdict === 'refused') {
    decided.facts.push(exhausted(frame.id, { ...verdict.refusal, purpose }));
    return;
  }
  const asked: EventData['model.asked'] = {
    call: isRetry && frame.call !== undefined ? frame.call : `${frame.id}/${frame.asks + 1}`,
    attempt: isRetry ? frame.attempt + 1 : 1,
    model: frame.model,
    ...question,
    tools: tools.map(({ name }) => name),
    temperature: frame.temperature,
    maxOutputTokens: verdict.maxOutputTokens,
    inputHash: requestHash({ messages, tools }, frame.model),
    reserved: verdict.reserved,
    purpose,
    ...(context.plan.simulated && model?.simulated === false && { real: true as const }),
  };
  decided.facts.push({ type: 'model.asked', agent: frame.id, data: asked });
  decided.starts.push(modelStart(context, frame, { asked, messages, tools }));
}

/** Nothing but the last turn starts when the wall time for work is over. */
function timeRefusal(context: RunContext): Refusal | undefined {
  const { limits } = context.state;
  if (limits.time === null || context.remainingMs('work') > 0) return undefined;
  const left = context.remainingMs('closing');
  return {
    dimension: 'time',
    limit: limits.time,
    used: limits.time - left,
    reserved: left,
    wanted: 0,
  };
}

interface Prepared {
  asked: EventData['model.asked'];
  messages: readonly Message[];
  tools: readonly ToolSpec[];
}

function modelStart(context: RunContext, frame: Frame, prepared: Prepared): Start {
  const { asked } = prepared;
  return {
    id: asked.call,
    async perform(signal) {
      const facts = await askModel(context, { frame, ...prepared }, signal);
      return { frame: frame.id, facts, files: [] };
    },
    outOfTime() {
      const output = Math.min(asked.maxOutputTokens, asked.reserved.tokens);
      const data: EventData['model.failed'] = {
        ...{ call: asked.call, attempt: asked.attempt, code: 'budget/time' },
        message: 'the wall time was over before the answer came',
        usage: { input: asked.reserved.tokens - output, output, estimated: true },
        cost: asked.reserved.cost,
      };
      return {
        frame: frame.id,
        facts: [{ type: 'model.failed', agent: frame.id, data }],
        files: [],
      };
    },
  };
}

/** The new messages of a question, and how much of the conversation before it stays. */
function questionFor(
  { plan, state, surroundings }: RunContext,
  { frame, purpose, reason = '' }: Ask,
): { keep: number; messages: readonly Message[] } {
  const keep = frame.transcript.length;
  if (frame.phase === 'retry') return { keep, messages: [] };
  const user = (text: string): { keep: number; messages: Message[] } => ({
    keep,
    messages: [{ role: 'user', text }],
  });
  switch (purpose) {
    case 'turn':
    case 'closing': {
      const notes = purpose === 'closing' ? [...frame.notes, lastTurnNote(reason)] : frame.notes;
      const system = managerSystem(plan, surroundings);
      const text = managerTurn(state, frame, notes);
      return {
        keep: 0,
        messages: [
          { role: 'system', text: system },
          { role: 'user', text },
        ],
      };
    }
    case 'correction':
    case 'repair':
      return user(correction(reason));
    case 'summary':
      return user(summarise(reason));
    case 'work':
      if (keep > 0) return { keep, messages: [] };
      return { keep: 0, messages: workerStart(state, frame, surroundings) };
  }
}

function specsOf({ specs }: RunContext, frame: Frame): ToolSpec[] {
  return frame.tools.flatMap((name) => specs.get(name) ?? []);
}

/**
 * Admits the tool calls that programs ask for from inside of their boxes; those that must wait go
 * back into the queue.
 */
export async function admitInner(
  context: RunContext,
  calls: readonly InnerCall[],
  now: number,
): Promise<Pick<Decided, 'facts' | 'starts'>> {
  const pass = { admission: new Admission(context.state), now };
  const admitted: Pick<Decided, 'facts' | 'starts'> = { facts: [], starts: [] };
  for (const { frame, id, name, args, parentCall, signal } of calls) {
    const inside = { parentCall, signal };
    const call = await admitTool(context, pass, { frame, id, name, args, inside });
    admitted.facts.push(...call.facts);
    admitted.starts.push(...call.starts);
    if (call.held !== undefined) context.innerCalls.hold(id, call.held);
    if (call.until !== undefined) context.innerCalls.defer(id, call.until);
  }
  return admitted;
}

function admitWorker(pass: Pass, command: Extract<Command, { do: 'start-worker' }>): void {
  const { context, admission, decided, skipped, names } = pass;
  const { state } = context;
  const { frame, envelope, index } = command;
  if (skipped.has(frame.id)) return;
  const verdict = admission.worker();
  if (verdict === 'go') {
    const name = unused(envelope.workerId, (taken) => state.names.has(taken) || names.has(taken));
    names.add(name);
    decided.facts.push(startWorker(context, frame, { envelope, name, index }));
    return;
  }
  skipped.add(frame.id);
  if (verdict === 'wait') {
    decided.blocked.push(frame.id);
    return;
  }
  decided.facts.push(exhausted(frame.id, verdict), ...skipRest(frame, index, verdict));
}

function skipRest(frame: Frame, index: number, { dimension, limit }: Refusal): Fact[] {
  const rest = {
    ...frame,
    waiting: frame.waiting.filter((_, place) => place + firstIndex(frame) >= index),
  };
  return skip(rest, index, `the limit on ${dimension} (${limit}) is reached`);
}

/** Place of the first waiting envelope among the delegations of its turn, from 1. */
function firstIndex(frame: Frame): number {
  const total = frame.decision?.decision === 'delegate' ? frame.decision.delegations.length : 0;
  return total - frame.waiting.length + 1;
}
