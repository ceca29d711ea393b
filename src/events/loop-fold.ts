import type { EventOf } from './event.ts';
import type { LoopEventData, Subtask } from './loop-events.ts';
import { type LoopState, newLoop, type Review, type SubtaskState } from './loop-state.ts';
import { scopeById } from './scopes.ts';
import type { Frame, RunState } from './state.ts';

type LoopReducer<T extends keyof LoopEventData> = (
  state: RunState,
  event: EventOf<T>,
  frame: Frame | undefined,
) => void;

/** What a manager has besides its frame; made when it is needed first. */
export function loopStateOf(frame: Frame): LoopState {
  frame.delegation ??= newLoop();
  return frame.delegation;
}

/** What is known about a result of a worker of this manager; made when it is needed first. */
export function reviewOf(frame: Frame, worker: string): Review {
  const { reviews } = loopStateOf(frame);
  const known = reviews.get(worker) ?? { repairs: 0 };
  reviews.set(worker, known);
  return known;
}

/** One entry per fact of a delegation loop. */
export const loopReducers: { [T in keyof LoopEventData]: LoopReducer<T> } = {
  'plan.made': (state, { data }, frame) => {
    if (!frame) return;
    const loop = loopStateOf(frame);
    loop.plans += 1;
    loop.idlePlans += 1;
    if (data.merged) for (const part of data.subtasks) mergePart(loop, part);
    else loop.subtasks = new Map(data.subtasks.map((part) => [part.id, newPart(part)]));
    askNext(state, frame);
  },

  'plan.refused': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).idlePlans += 1;
    frame.notes.push(data.reason);
    askNext(state, frame);
  },

  'subtask.changed': (state, { data }, frame) => {
    const part = frame && loopStateOf(frame).subtasks.get(data.id);
    if (!part) return;
    part.status = data.status;
    part.by = data.by ?? part.by;
    if (data.strategy !== undefined) part.strategy = data.strategy;
    state.ready.add(frame.id);
  },

  'diagnosis.made': (state, { data }, frame) => {
    if (!frame) return;
    const loop = loopStateOf(frame);
    loop.diagnoses += 1;
    loop.diagnosesInRow += 1;
    loop.hypotheses = data.hypotheses.map((one) => ({ ...one, status: 'active' }));
    askNext(state, frame);
  },

  'diagnosis.refused': (state, { data }, frame) => {
    if (!frame) return;
    frame.notes.push(data.reason);
    askNext(state, frame);
  },

  'hypothesis.resolved': (state, { data }, frame) => {
    const found = frame && loopStateOf(frame).hypotheses.find(({ id }) => id === data.id);
    if (!found) return;
    found.status = data.status;
    state.ready.add(frame.id);
  },

  'submanager.refused': (state, { data }, frame) => {
    if (!frame) return;
    frame.notes.push(`${data.worker} got no manager of its own: ${data.reason}.`);
    const waiting = frame.waiting.find(({ index }) => index === data.index);
    if (waiting) waiting.envelope = { ...waiting.envelope, asSubmanager: false };
    state.ready.add(frame.id);
  },

  'submanager.promoted': (state, { data }, frame) => {
    const waiting = frame?.waiting.find(({ index }) => index === data.index);
    if (!frame || !waiting) return;
    waiting.envelope = { ...waiting.envelope, asSubmanager: true };
    state.ready.add(frame.id);
  },

  'gates.passed': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).gates.passed = data.call;
    state.ready.add(frame.id);
  },

  'gate.rejected': (state, { data }, frame) => {
    if (!frame) return;
    const { gates } = loopStateOf(frame);
    const { gate, reason, final = false } = data;
    gates.rejected += 1;
    gates.last = { gate, reason, final };
    state.ready.add(frame.id);
    if (final) return;
    frame.notes.push(reason);
    frame.phase = 'ask';
  },

  'result.validated': (state, { data }, frame) => {
    if (!frame) return;
    const { valid, feedback, suggestion, adjusted } = data;
    reviewOf(frame, data.of).validated = {
      valid,
      feedback,
      ...(suggestion !== undefined && { suggestion }),
    };
    const outcome = state.frames.get(data.of)?.outcome;
    if (outcome && adjusted !== undefined) outcome.confidence = adjusted;
    state.ready.add(frame.id);
  },

  'result.criticised': (state, { data }, frame) => {
    if (!frame) return;
    const { score, summary, defects, prescriptions } = data;
    reviewOf(frame, data.of).critique = { score, summary, defects, prescriptions };
    state.ready.add(frame.id);
  },

  'result.repaired': (state, { data }, frame) => {
    if (!frame) return;
    reviewOf(frame, data.of).repairs = data.attempt;
    state.ready.add(frame.id);
  },

  'strategy.switched': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).strategies.push(data.strategy);
    frame.stallSeen = data.turn;
    state.ready.add(frame.id);
  },

  'board.posted': (state, { data }, frame) => {
    const manager = state.frames.get(data.board);
    if (!manager || !frame) return;
    const { id, topic, payload } = data;
    loopStateOf(manager).board.push({ id, topic, worker: frame.name, payload });
  },

  'digest.made': (_state, { data }, frame) => {
    if (frame) loopStateOf(frame).digests.push(data);
  },

  // The question behind it says what stays.
  'context.compacted': () => {},

  'budget.raised': (state, { data }) => {
    const scope = scopeById(state, data.scope);
    scope.limits = { ...scope.limits, [data.dimension]: data.to };
    if (scope.exhausted?.dimension === data.dimension) scope.exhausted = undefined;
    for (const id of state.openFrames) state.ready.add(id);
  },

  'run.forked': () => {},
};

function askNext(state: RunState, frame: Frame): void {
  frame.phase = 'ask';
  state.ready.add(frame.id);
}

function newPart(part: Subtask): SubtaskState {
  return { ...part, status: 'pending', by: undefined, turns: 0 };
}

function mergePart(loop: LoopState, part: Subtask): void {
  const known = loop.subtasks.get(part.id);
  if (known?.status === 'pending' && part.strategy !== undefined) known.strategy = part.strategy;
}
