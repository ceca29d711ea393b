import { pausedStatus, requestApproval, resolveApproval, waitsForPeople } from './approvals.ts';
import { callEnded, callMade, codeAnswered, codeAsked } from './code-frames.ts';
import { countCreated, creationReducers, noteNewsTold } from './creation-fold.ts';
import type { EventOf, RunEvent, RunEventType, Usage } from './event.ts';
import { touchGraphs } from './graph-agents.ts';
import { graphReducers } from './graph-fold.ts';
import { joinCalled, joinReturned } from './graph-join.ts';
import { loopReducers } from './loop-fold.ts';
import { noteDecision, noteSkipped, noteStall } from './loop-fold-plan.ts';
import { countAsked, countReturned } from './loop-fold-worker.ts';
import { askOwner, forgetRaises, forgetStarts } from './loop-requests.ts';
import type { Limits } from './plan.ts';
import { reopen } from './reopen.ts';
import { repairsOver } from './repairs.ts';
import { dropUnstarted, newScope, openScope, scopeById, scopeOf, scopesOf } from './scopes.ts';
import type { AgentUsage, Frame, RunState } from './state.ts';
import { taintFrame } from './taint.ts';
import {
  abandon,
  closeFrame,
  foldersOf,
  newFrame,
  settle,
  takeAnswer,
  toolReply,
} from './transitions.ts';

const NO_LIMITS: Limits = {
  loops: null,
  workers: null,
  tokens: null,
  time: null,
  tools: null,
  depth: null,
  calls: null,
  cost: null,
  parallel: 1,
};

/** The state of a run of which nothing is known yet. */
export function emptyState(run: string): RunState {
  return {
    run,
    seq: 0,
    status: 'running',
    plan: undefined,
    ...newScope(NO_LIMITS),
    scopes: new Map(),
    unsettled: new Set(),
    simulated: false,
    frames: new Map(),
    graphs: new Map(),
    names: new Set(),
    ready: new Set(),
    openFrames: new Set(),
    inFlight: new Map(),
    artifacts: new Map(),
    approvals: new Map(),
    digests: new Map(),
    creation: undefined,
    ...{ scores: [], finalTarget: undefined, denied: 0 },
    pendingApprovals: new Set(),
    artifactFolders: new Set(),
    startedAt: 0,
    lastAt: 0,
    activeMs: 0,
    resumes: 0,
    forked: undefined,
    stopReason: undefined,
    ending: undefined,
  };
}

/**
 * Adds one event to the state, in place and at constant cost. Pure apart from that: the same
 * events give the same state in every process and in the browser. Events come in order of `seq`.
 */
export function fold(state: RunState, event: RunEvent): void {
  const at = Date.parse(event.ts);
  if (state.startedAt === 0) state.startedAt = at;
  else if (!BEGINS_ANEW.has(event.type) && state.status === 'running' && !waitsForPeople(state))
    state.activeMs += Math.max(0, at - state.lastAt);
  state.lastAt = at;
  state.seq = event.seq;
  apply(state, event);
}

/** Before these nobody worked on the run for some time. */
const BEGINS_ANEW: ReadonlySet<RunEventType> = new Set<RunEventType>(['run.resumed', 'run.forked']);

/** The state after a whole log. */
export function foldAll(run: string, events: Iterable<RunEvent>): RunState {
  const state = emptyState(run);
  for (const event of events) fold(state, event);
  return state;
}

function apply<T extends RunEventType>(state: RunState, event: EventOf<T>): void {
  const frame = event.agent === undefined ? undefined : state.frames.get(event.agent);
  reducers[event.type](state, event, frame);
}

type Reducer<T extends RunEventType> = (
  state: RunState,
  event: EventOf<T>,
  frame: Frame | undefined,
) => void;

/** One entry per event type; forgetting one does not compile. */
const reducers: { [T in RunEventType]: Reducer<T> } = {
  ...graphReducers,
  ...loopReducers,
  ...creationReducers,

  'run.started': (state, { data }) => {
    state.plan = data.plan;
    state.limits = data.plan.limits;
    state.simulated = data.plan.simulated;
  },

  'run.resumed': (state, { data }) => {
    state.status = 'running';
    state.resumes += 1;
    state.ending = undefined;
    state.stopReason = undefined;
    if (data.raise) {
      state.limits = { ...state.limits, ...data.raise };
      state.exhausted = undefined;
      forgetRaises(state);
    }
    abandon(state, data.abandoned);
    dropUnstarted(state);
  },

  'run.finished': (state, { data }) => {
    state.status = data.status;
    state.ending = data;
  },

  'run.stopped': (state, { data }) => {
    state.status = 'cancelled';
    state.stopReason = data.reason;
  },

  'run.paused': (state, { data }) => {
    state.status = pausedStatus(data);
    state.stopReason = data.reason;
  },

  'run.reopened': (state, { data }, frame) => {
    if (frame) reopen(state, frame, data.reason);
  },

  // The plan holds the inputs; this says that they are in place.
  'input.resolved': () => {},

  'agent.started': (state, event) => newFrame(state, event),

  'agent.finished': (state, { data }, frame) => {
    if (frame) closeFrame(state, frame, { ok: true, ...data });
  },

  'agent.failed': (state, { data }, frame) => {
    const { code, message, output = {}, text = '' } = data;
    const outcome = { ok: false, output, text, confidence: 0, problems: [], code, message };
    if (frame) closeFrame(state, frame, outcome);
  },

  'agent.skipped': (state, { data }, frame) => {
    if (!frame) return;
    frame.waiting = frame.waiting.filter(({ index }) => index !== data.index);
    noteSkipped(frame, data);
    forgetStarts(state, frame);
    state.ready.add(frame.id);
  },

  'manager.decided': (state, { data }, frame) => {
    if (!frame) return;
    frame.corrections = 0;
    frame.complaint = undefined;
    frame.notes = [];
    frame.decision = data;
    noteDecision(frame, data);
    state.ready.add(frame.id);
    if (data.decision !== 'delegate') {
      frame.phase = 'checked';
      return;
    }
    frame.phase = 'workers';
    frame.waiting = data.delegations.map((envelope, place) => ({ index: place + 1, envelope }));
    frame.turns.push({
      number: frame.turns.length + 1,
      reasoning: data.reasoning ?? '',
      workers: [],
    });
  },

  'manager.rejected': (state, { data }, frame) => {
    if (!frame) return;
    frame.complaint = data.reason;
    frame.corrections += 1;
    frame.phase = 'ask';
    state.ready.add(frame.id);
  },

  'model.asked': (state, { data }, frame) => {
    for (const { ledger } of scopesOf(state, frame)) {
      ledger.used.calls += 1;
      ledger.reserved.tokens += data.reserved.tokens;
      ledger.reserved.cost += data.reserved.cost ?? 0;
    }
    if (data.real) state.simulated = false;
    if (!frame) return;
    frame.usage.calls += 1;
    countAsked(state, frame);
    if (frame.role === 'step') codeAsked(frame, data);
    else beginAsk(state, frame, data);
    state.inFlight.set(data.call, {
      frame: frame.id,
      kind: 'model',
      call: data.call,
      attempt: data.attempt,
      reserved: data.reserved,
      idempotent: true,
    });
  },

  'model.responded': (state, { data }, frame) => {
    settle(state, data);
    if (!frame) return;
    charge(frame.usage, data.usage, data.cost);
    if (frame.role === 'step') return codeAnswered(frame, data);
    takeAnswer(frame, data);
    state.ready.add(frame.id);
  },

  'model.failed': (state, { data }, frame) => {
    settle(state, data);
    if (!frame) return;
    charge(frame.usage, data.usage, data.cost);
    if (frame.role === 'step') return;
    const { code, message, hint } = data;
    frame.failures += 1;
    frame.failure = { code, message, ...(hint !== undefined && { hint }) };
    frame.phase = data.retryInMs === undefined ? 'failed' : 'retry';
    frame.retryAt = data.retryInMs === undefined ? undefined : state.lastAt + data.retryInMs;
    state.ready.add(frame.id);
  },

  // The same question, asked of another model at once, with attempts of its own.
  'model.switched': (state, { data }, frame) => {
    if (!frame || frame.role === 'step') return;
    frame.passedOver.push({ model: data.from, message: data.message });
    frame.model = data.to;
    frame.failures = 0;
    frame.phase = 'retry';
    frame.retryAt = undefined;
    state.ready.add(frame.id);
  },

  'tool.called': (state, { data }, frame) => {
    for (const { ledger } of scopesOf(state, frame)) ledger.used.tools += 1;
    if (!frame) return;
    frame.usage.tools += 1;
    const pending = frame.calls.find(({ id }) => id === data.call);
    if (pending) pending.phase = 'called';
    joinCalled(state, frame, data.call);
    callMade(frame, data);
    const approval = state.approvals.get(data.approval ?? '');
    if (approval) approval.used = true;
    // A program is as idempotent as all that it has called.
    const program = state.inFlight.get(data.parentCall ?? '');
    if (program && !data.idempotent) program.idempotent = false;
    state.inFlight.set(data.call, {
      frame: frame.id,
      kind: 'tool',
      call: data.call,
      attempt: 1,
      reserved: undefined,
      idempotent: data.idempotent,
      tool: data.tool,
      ...(data.parentCall !== undefined && { parentCall: data.parentCall }),
    });
  },

  'tool.returned': (state, { data }, frame) => {
    if (state.inFlight.delete(data.call)) countCreated(state, frame, data.tool);
    if (!frame) return;
    taintFrame(frame, data.taint);
    repairsOver(state, frame, data.call);
    toolReply(frame, data);
    countReturned(frame, data);
    joinReturned(state, frame, data);
    callEnded(frame, data);
    state.ready.add(frame.id);
  },

  'artifact.written': (state, { data, agent = '' }, frame) => {
    state.artifacts.set(data.path, { ...data, agent, agentName: frame?.name ?? agent });
    for (const folder of foldersOf(data.path)) state.artifactFolders.add(folder);
  },

  'artifact.removed': (state, { data }) => {
    state.artifacts.delete(data.path);
    state.artifactFolders = new Set([...state.artifacts.keys()].flatMap(foldersOf));
  },

  'output.checked': (state, { data }, frame) => {
    if (!frame) return;
    frame.phase = 'checked';
    frame.checked = data;
    state.ready.add(frame.id);
  },

  'budget.warned': (state, { data }) => {
    scopeById(state, data.scope).warned.add(data.dimension);
  },

  // Only noted: the engine decides what follows.
  'budget.exhausted': (state, { data }, frame) => {
    const { dimension, limit, purpose, scope } = data;
    if (scope === undefined && !state.exhausted) touchGraphs(state);
    scopeById(state, scope).exhausted ??= { dimension, limit };
    askOwner(state, scope);
    if (!frame || frame.phase === 'closed') return;
    state.ready.add(frame.id);
    if (purpose === undefined) return;
    frame.refused = { purpose, dimension };
    if (purpose === 'closing') scopeOf(state, frame).closingAsked = true;
    if (frame.phase !== 'retry') return;
    frame.phase = 'failed';
    frame.failure = {
      code: `budget/${dimension}`,
      message: `the limit on ${dimension} is reached`,
    };
  },

  'budget.reserved': (state, event) => openScope(state, event),

  // What is left went back when the loop's frame closed; this says that it did.
  'budget.settled': (state, { data }) => {
    state.unsettled.delete(data.scope);
  },

  'security.denied': (state) => {
    state.denied += 1;
  },

  'approval.requested': (state, event, frame) => {
    if (frame) requestApproval(state, frame, event);
  },

  'approval.resolved': (state, { data }) => resolveApproval(state, data),

  'stall.noticed': (state, { data }, frame) => noteStall(state, data, frame),
};

function beginAsk(state: RunState, frame: Frame, data: EventOf<'model.asked'>['data']): void {
  if (data.call !== frame.call) beginCall(state, frame, data);
  frame.transcript.length = data.keep;
  frame.transcript.push(...data.messages);
  frame.attempt = data.attempt;
  frame.phase = 'waiting';
}

function beginCall(state: RunState, frame: Frame, data: EventOf<'model.asked'>['data']): void {
  frame.call = data.call;
  frame.asks += 1;
  frame.failures = 0;
  frame.failure = undefined;
  frame.purpose = data.purpose;
  frame.complaint = undefined;
  if (data.purpose === 'repair') frame.repairs += 1;
  if (data.purpose !== 'correction' && data.purpose !== 'repair') frame.round += 1;
  if (data.purpose === 'closing') scopeOf(state, frame).closingAsked = true;
  if (data.purpose !== 'turn' && data.purpose !== 'closing') return;
  frame.told = frame.turns.length;
  // The question shows what was new on the board.
  if (frame.delegation) frame.delegation.boardTold = frame.delegation.board.length;
  noteNewsTold(state, frame);
  for (const { ledger } of scopesOf(state, frame)) ledger.used.loops += 1;
}

function charge(usage: AgentUsage, used: Usage, cost: number | null): void {
  const { input, output, cached, reasoning, estimated } = used;
  usage.input += input;
  usage.output += output;
  if (cached) usage.cached = (usage.cached ?? 0) + cached;
  if (reasoning) usage.reasoning = (usage.reasoning ?? 0) + reasoning;
  usage.cost += cost ?? 0;
  usage.estimated ||= estimated === true;
}
