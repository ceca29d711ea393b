import { withoutControlWords } from '../base/control-words.ts';
import type { Json } from '../base/json.ts';
import { forgetApprovals } from './approvals.ts';
import { callAbandoned } from './code-frames.ts';
import type { AgentRole, EventOf, Reservation, Usage } from './event.ts';
import { nodeAgentEnded, nodeAgentStarted, openGraph } from './graph-agents.ts';
import { joinAbandoned } from './graph-join.ts';
import { newClock } from './held-clock.ts';
import { noteWork } from './loop-fold-plan.ts';
import { submanagerEnded, submanagerStarted } from './loop-fold-submanagers.ts';
import { repairsOver } from './repairs.ts';
import { closeScope, scopesOf } from './scopes.ts';
import type { Frame, InFlight, Ledger, Outcome, RunState } from './state.ts';
import { taintAtStart, taintFrame } from './taint.ts';

/** Characters of one tool's answer that the model is shown. */
const REPLY_CHARS = 30_000;

/** Whether an agent counts against the limits on workers. */
function isWorker(role: AgentRole): boolean {
  return role === 'worker' || role === 'node' || role === 'step';
}

/** Opens a frame: its parent counts it, and it may ask its first question. */
export function newFrame(state: RunState, event: EventOf<'agent.started'>): void {
  const { agent: id = '', parent, depth, loop, data } = event;
  const { role, name, node } = data;
  const above = parent === undefined ? undefined : state.frames.get(parent);
  const scope = state.scopes.has(id) ? id : above?.scope;
  const frame = blankFrame(data, { id, parent, depth, loop, scope, at: state });
  taintAtStart(state, frame, above);
  state.frames.set(id, frame);
  state.names.add(name);
  state.openFrames.add(id);
  if (role === 'step') beginStep(state, frame);
  else state.ready.add(id);
  if (role === 'graph') openGraph(state, frame, data);
  if (isWorker(role)) {
    for (const scope of scopesOf(state, above)) {
      scope.openWorkers += 1;
      scope.ledger.used.workers += 1;
    }
  }
  if (!above) return;
  above.open.add(id);
  if (above.role === 'manager') delegated(state, above, event);
  if (role === 'judge') {
    const { started = 0, now = [] } = above.judging ?? {};
    above.judging = { started: started + 1, now: [...now, id] };
  }
  if (node) nodeAgentStarted(state, frame);
}

/** A worker or a sub-manager of the turn: it waits no more. */
function delegated(state: RunState, above: Frame, event: EventOf<'agent.started'>): void {
  const { agent: id = '', data } = event;
  if (data.role !== 'worker' && data.role !== 'manager') return;
  const envelope = above.waiting.find(({ index }) => index === data.index)?.envelope;
  above.waiting = above.waiting.filter(({ index }) => index !== data.index);
  if (envelope && data.order?.repairOf === undefined) noteWork(state, above, { id, envelope });
  if (data.notes) above.notes.push(...data.notes);
  if (data.role === 'manager') submanagerStarted(state, above);
  if (data.order?.repairOf === undefined) inOrder(state, above.turns.at(-1)?.workers ?? [], id);
}

/** Results come in the order of the delegations, whichever was started first. */
function inOrder(state: RunState, workers: string[], id: string): void {
  const index = state.frames.get(id)?.index ?? 0;
  let at = workers.length;
  while (at > 0 && (state.frames.get(workers[at - 1] ?? '')?.index ?? 0) > index) at -= 1;
  workers.splice(at, 0, id);
}

/** A step is its own effect: it is out as soon as it has started. */
function beginStep(state: RunState, frame: Frame): void {
  const { id } = frame;
  frame.phase = 'waiting';
  state.inFlight.set(id, {
    ...{ frame: id, kind: 'step', call: id, attempt: 1 },
    ...{ reserved: undefined, idempotent: true },
  });
}

interface Placed extends Pick<Frame, 'id' | 'parent' | 'depth' | 'loop' | 'scope'> {
  at: Pick<RunState, 'lastAt' | 'activeMs'>;
}

/**
 * A frame of which nothing has happened. Field by field: this is done for every agent, and spreading
 * would cost ten times as much.
 */
function blankFrame(data: EventOf<'agent.started'>['data'], placed: Placed): Frame {
  return {
    id: placed.id,
    parent: placed.parent,
    role: data.role,
    name: data.name,
    node: data.node,
    agentKey: data.agentKey,
    managerKey: data.managerKey,
    askedAs: data.askedAs,
    depth: placed.depth,
    loop: placed.loop,
    scope: placed.scope,
    index: data.index,
    model: data.model,
    temperature: data.temperature,
    tools: data.tools,
    instructions: data.instructions,
    contract: data.contract,
    order: data.order,
    review: data.review,
    mends: data.mends,
    values: data.values,
    phase: 'ask',
    transcript: [],
    round: 0,
    asks: 0,
    call: undefined,
    purpose: undefined,
    attempt: 0,
    failures: 0,
    retryAt: undefined,
    failure: undefined,
    passedOver: [],
    calls: [],
    complaint: undefined,
    corrections: 0,
    repairs: 0,
    refused: undefined,
    overdue: false,
    returned: undefined,
    checked: undefined,
    decision: undefined,
    waiting: [],
    open: new Set(),
    turns: [],
    told: 0,
    taint: undefined,
    delegation: undefined,
    stallSeen: 0,
    notes: [],
    usage: { calls: 0, tools: 0, input: 0, output: 0, cost: 0, estimated: false },
    startedAt: placed.at.lastAt,
    startedActiveMs: placed.at.activeMs,
    held: newClock(),
    endedAt: undefined,
    endedActiveMs: undefined,
    outcome: undefined,
    scored: undefined,
    judging: undefined,
  };
}

/** Closes a frame; its conversation leaves memory and its parent is asked what follows. */
export function closeFrame(state: RunState, frame: Frame, outcome: Outcome): void {
  frame.phase = 'closed';
  frame.outcome = outcome;
  frame.endedAt = state.lastAt;
  frame.endedActiveMs = state.activeMs;
  frame.transcript = [];
  frame.calls = [];
  frame.kept = undefined;
  frame.derived = undefined;
  frame.session = undefined;
  state.openFrames.delete(frame.id);
  state.ready.delete(frame.id);
  forgetApprovals(state, frame);
  if (isWorker(frame.role)) {
    for (const scope of scopesOf(state, frame)) scope.openWorkers -= 1;
  }
  if (frame.scope === frame.id) closeScope(state, frame.id);
  if (frame.role === 'step') state.inFlight.delete(frame.id);
  const above = frame.parent === undefined ? undefined : state.frames.get(frame.parent);
  if (!above) return;
  above.open.delete(frame.id);
  taintFrame(above, frame.taint);
  if (frame.role === 'manager') submanagerEnded(state, above);
  state.ready.add(above.id);
  if (frame.node) nodeAgentEnded(state, frame, outcome);
}

interface Settlement {
  call: string;
  usage: Usage;
  cost: number | null;
}

/** Takes a model call out of flight and charges what it really used (decision 6). */
export function settle(state: RunState, { call, usage, cost }: Settlement): void {
  const effect = state.inFlight.get(call);
  state.inFlight.delete(call);
  for (const { ledger } of scopesOf(state, state.frames.get(effect?.frame ?? ''))) {
    if (effect?.reserved) unreserve(ledger, effect.reserved);
    ledger.used.tokens += usage.input + usage.output;
    ledger.used.cost += cost ?? 0;
    if (cost === null) ledger.unpriced += 1;
    ledger.estimated ||= usage.estimated === true;
  }
}

function unreserve({ reserved }: Ledger, { tokens, cost }: Reservation): void {
  reserved.tokens -= tokens;
  reserved.cost -= cost ?? 0;
}

/**
 * Puts an answer behind the conversation; its tool calls are to be made next. Who was asked to sum up,
 * or has no tools, makes none: a model that calls all the same would never come to an end.
 */
export function takeAnswer(frame: Frame, data: EventOf<'model.responded'>['data']): void {
  const { text, call } = data;
  const hasTools = frame.role === 'worker' || frame.role === 'node';
  const toolCalls = hasTools && frame.purpose !== 'summary' ? data.toolCalls : [];
  frame.failure = undefined;
  frame.derived = undefined;
  frame.transcript.push({ role: 'assistant', text, toolCalls });
  frame.calls = toolCalls.map((toolCall, index) => ({
    id: `${call}.t${index + 1}`,
    call: toolCall,
    phase: 'asked',
  }));
  frame.phase = toolCalls.length > 0 ? 'tools' : 'read';
}

/** Keeps what a tool returned; when all have returned, the model is told in the order it asked. */
export function toolReply(frame: Frame, data: EventOf<'tool.returned'>['data']): void {
  const pending = frame.calls.find(({ id }) => id === data.call);
  if (!pending) return;
  pending.phase = 'returned';
  if (frame.derived) frame.derived.results.push(data);
  else pending.reply = replyText(data);
  if (frame.calls.some(({ phase }) => phase !== 'returned')) return;
  // The model made no such calls: what came of them belongs to its answer, which is read again.
  if (frame.derived) {
    frame.calls = [];
    frame.phase = 'read';
    return;
  }
  for (const { call, reply = '' } of frame.calls) {
    frame.transcript.push({ role: 'tool', call: call.id, name: call.name, text: reply });
  }
  frame.calls = [];
  frame.phase = 'ask';
}

function replyText(data: EventOf<'tool.returned'>['data']): string {
  const { ok, status, error, log, files, taint } = data;
  const envelope: { [key: string]: Json } = { ok, status };
  if (taint?.includes('untrusted')) envelope.untrusted = true;
  envelope.data = data.data;
  if (error !== undefined) envelope.error = error;
  if (log !== undefined) envelope.log = log;
  if (files !== undefined && files.length > 0) envelope.files = [...files];
  const text = withoutControlWords(JSON.stringify(envelope));
  if (text.length <= REPLY_CHARS) return text;
  const half = REPLY_CHARS / 2;
  const left = text.length - REPLY_CHARS;
  return `${text.slice(0, half)} ... ${left} characters left out ... ${text.slice(-half)}`;
}

/**
 * What became of effects whose process died: charged at their full reservation; a model call is
 * asked again, an idempotent tool called again, any other is reported as interrupted (decision 5).
 */
export function abandon(state: RunState, calls: readonly string[]): void {
  for (const call of calls) {
    const effect = state.inFlight.get(call);
    if (!effect) continue;
    const frame = state.frames.get(effect.frame);
    if (effect.kind === 'model') abandonModelCall(state, frame, effect.reserved);
    else if (effect.kind === 'step') againStep(frame);
    else abandonToolCall(state, frame, effect);
    if (frame) joinAbandoned(state, frame, effect);
    if (frame) callAbandoned(frame, call);
    state.inFlight.delete(call);
  }
  for (const id of state.openFrames) state.ready.add(id);
}

function abandonModelCall(
  state: RunState,
  frame: Frame | undefined,
  reserved: Reservation | undefined,
): void {
  for (const { ledger } of scopesOf(state, frame)) {
    if (reserved) unreserve(ledger, reserved);
    ledger.used.tokens += reserved?.tokens ?? 0;
    ledger.used.cost += reserved?.cost ?? 0;
    ledger.estimated = true;
    if (reserved?.cost === null) ledger.unpriced += 1;
  }
  if (!frame) return;
  frame.usage.input += reserved?.tokens ?? 0;
  frame.usage.cost += reserved?.cost ?? 0;
  frame.usage.estimated = true;
  if (frame.role === 'step') return;
  frame.phase = frame.overdue && frame.purpose === 'work' ? 'failed' : 'retry';
  frame.retryAt = state.lastAt;
}

function againStep(frame: Frame | undefined): void {
  if (frame && frame.phase !== 'closed') frame.phase = 'ask';
}

function abandonToolCall(
  state: RunState,
  frame: Frame | undefined,
  { call, idempotent }: InFlight,
): void {
  if (frame && !idempotent) repairsOver(state, frame, call);
  const pending = frame?.calls.find(({ id }) => id === call);
  if (!frame || !pending) return;
  if (idempotent) {
    pending.phase = 'asked';
    return;
  }
  toolReply(frame, {
    call,
    tool: pending.call.name,
    ok: false,
    status: 500,
    data: {},
    error:
      'tool/interrupted: the process stopped while this call was being made; whether it took effect is not known',
    ms: 0,
  });
}

/** The folders that a path lies in, outermost first: `a/b/c` lies in `a` and `a/b`. */
export function foldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
