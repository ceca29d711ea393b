import type { Decision, Envelope } from './decision.ts';
import type { EventData } from './event.ts';
import type { LoopEventData, Subtask } from './loop-events.ts';
import { type LoopReducer, loopStateOf } from './loop-reducer.ts';
import type { Guard, LoopState, SubtaskState } from './loop-state.ts';
import { scopeOf } from './scopes.ts';
import type { Frame, RunState } from './state.ts';
import { unreadNote } from './unread-note.ts';
import { signatureOf } from './work-signature.ts';

/** Characters of a decision's reason that the journal keeps. */
const REASON_CHARS = 300;
/** Characters of the list of delegations that were put off. */
const PUT_OFF_CHARS = 1000;

type PlanFact = Extract<
  keyof LoopEventData,
  `plan.${string}` | `subtask.${string}` | `diagnosis.${string}` | `hypothesis.${string}`
>;

/** Facts about how a manager goes about its task (spec, runtime 4.7, 4.8 and 4.10). */
export const planReducers: { [T in PlanFact | 'strategy.switched']: LoopReducer<T> } = {
  'plan.made': (state, { data }, frame) => {
    if (!frame) return;
    const loop = loopStateOf(frame);
    loop.plans += 1;
    loop.idlePlans += 1;
    if (data.merged) for (const part of data.subtasks) mergePart(loop, part);
    else replaceParts(loop, data.subtasks);
    if (data.merged) frame.notes.push(LOCKED);
    if (data.dropped)
      frame.notes.push(`${data.dropped} parts were left out: the plan is too long.`);
    askNext(state, frame);
  },

  'plan.refused': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).idlePlans += 1;
    frame.notes.push(`The plan was not taken: ${data.reason}`);
    askNext(state, frame);
  },

  'subtask.changed': (state, { data }, frame) => {
    const part = frame && loopStateOf(frame).subtasks.get(data.id);
    if (!part) return;
    part.status = data.status;
    part.by = data.by ?? part.by;
    if (data.strategy !== undefined) {
      part.strategy = data.strategy;
      part.turns = 0;
      frame.notes.push(`Part "${data.id}": ${data.reason}.`);
    }
    state.ready.add(frame.id);
  },

  'diagnosis.made': (state, { data }, frame) => {
    if (!frame) return;
    const loop = loopStateOf(frame);
    loop.diagnoses += 1;
    loop.diagnosesInRow += 1;
    loop.workedSinceDiagnosis = 0;
    loop.diagnosedAt = frame.turns.length;
    loop.hypotheses = data.hypotheses.map((one) => ({ ...one, status: 'active' }));
    askNext(state, frame);
  },

  'diagnosis.refused': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).refusedDiagnoses += 1;
    frame.notes.push(`The diagnosis was not taken: ${data.reason}`);
    askNext(state, frame);
  },

  'hypothesis.resolved': (state, { data }, frame) => {
    const found = frame && loopStateOf(frame).hypotheses.find(({ id }) => id === data.id);
    if (!found) return;
    found.status = data.status;
    state.ready.add(frame.id);
  },

  'strategy.switched': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).strategies.push(data.strategy);
    frame.stallSeen = data.turn;
    state.ready.add(frame.id);
  },
};

const LOCKED =
  'Work on the plan has begun, so it stays as it is; only who does the parts that are still to come was taken over.';

function askNext(state: RunState, frame: Frame): void {
  frame.phase = 'ask';
  state.ready.add(frame.id);
}

/** Another plan: parts that were begun stay as far as they are. */
function replaceParts(loop: LoopState, parts: readonly Subtask[]): void {
  const before = loop.subtasks;
  loop.subtasks = new Map();
  for (const part of parts) {
    const known = before.get(part.id);
    loop.subtasks.set(part.id, known && known.status !== 'pending' ? known : newPart(part));
  }
  // What was done for a part that is another one now does not count for it.
  for (const work of loop.work.values()) {
    const part = loop.subtasks.get(work.part ?? '');
    if (part?.status === 'pending' || !part) delete work.part;
  }
}

function newPart(part: Subtask): SubtaskState {
  return { ...part, status: 'pending', by: undefined, turns: 0 };
}

function mergePart(loop: LoopState, part: Subtask): void {
  const known = loop.subtasks.get(part.id);
  if (known?.status !== 'pending') return;
  if (part.strategy !== undefined) known.strategy = part.strategy;
  if (part.submanagerAgent !== undefined) known.submanagerAgent = part.submanagerAgent;
}

/** The part of the plan that a delegation is for: the one that it names, or the one of its own name. */
export function partFor(
  { subtasks }: Pick<LoopState, 'subtasks'>,
  { subtaskId, workerId }: Pick<Envelope, 'subtaskId' | 'workerId'>,
): SubtaskState | undefined {
  return subtasks.get(subtaskId ?? workerId);
}

/** A worker or sub-manager of the manager's turn has started: what it is for is kept. */
export function noteWork(
  state: RunState,
  frame: Frame,
  { id, envelope }: { id: string; envelope: Envelope },
): void {
  const loop = loopStateOf(frame);
  const turn = frame.turns.length;
  const part = partFor(loop, envelope);
  const known = (frame.turns.at(-1)?.workers ?? []).flatMap((other) => loop.work.get(other) ?? []);
  loop.work.set(id, {
    ...{ signature: signatureOf(envelope), turn },
    ...(part && { part: part.id }),
    builtOn: part ? doneBefore(loop, part) : [],
  });
  if (known.length === 0) workBegins(loop);
  if (part) {
    if (!known.some((work) => work.part === part.id)) part.turns += 1;
    state.ready.add(frame.id);
  } else if (loop.subtasks.size > 0 && envelope.subtaskId !== undefined) {
    frame.notes.push(`${envelope.workerId}: the plan has no part "${envelope.subtaskId}".`);
  }
}

/** Who did the parts that this one depends on, and those that they depend on. */
function doneBefore({ subtasks }: LoopState, part: Subtask): string[] {
  const parts = new Set<string>();
  const add = ({ dependencies }: Subtask): void => {
    for (const id of dependencies) {
      const known = subtasks.get(id);
      if (!known || parts.has(id)) continue;
      parts.add(id);
      add(known);
    }
  };
  add(part);
  parts.delete(part.id);
  return [...parts].flatMap((id) => {
    const known = subtasks.get(id);
    return known?.status === 'completed' && known.by !== undefined ? [known.by] : [];
  });
}

function workBegins(loop: LoopState): void {
  loop.idlePlans = 0;
  loop.refusedDiagnoses = 0;
  loop.workedSinceDiagnosis += 1;
  // Two in a row lock diagnoses until two turns have worked.
  if (loop.diagnosesInRow < 2 || loop.workedSinceDiagnosis >= 2) loop.diagnosesInRow = 0;
}

/** A delegation that was held back; those that were only put off are told of together. */
export function noteSkipped(frame: Frame, data: EventData['agent.skipped']): void {
  const { worker, reason, guard } = data;
  if (guard) heldTurns(frame, guard).add(frame.turns.length);
  if (guard !== 'turn-limit') {
    frame.notes.push(`Worker ${worker} was not started: ${reason}.`);
    return;
  }
  const begin = `Put off, because ${reason}: `;
  const at = frame.notes.findIndex((note) => note.startsWith(begin));
  const known = frame.notes[at];
  if (known === undefined) frame.notes.push(`${begin}${worker}`);
  else if (known.length < PUT_OFF_CHARS) frame.notes[at] = `${known}, ${worker}`;
  else if (!known.endsWith(' ...')) frame.notes[at] = `${known} ...`;
}

function heldTurns(frame: Frame, guard: Guard): Set<number> {
  const { held } = loopStateOf(frame);
  const turns = held.get(guard) ?? new Set();
  held.set(guard, turns);
  return turns;
}

/** Keeps a decision and its reason for the journal; a turn that it begins is the next one. */
export function noteDecision(frame: Frame, data: Decision): void {
  const { decision, reasoning = '' } = data;
  const said = decision === 'fail' ? data.reason : reasoning;
  const unread = unreadNote(data);
  if (unread !== undefined) frame.notes.push(unread);
  loopStateOf(frame).journal.push({
    ...{ decision, reason: said.slice(0, REASON_CHARS).toWellFormed() },
    ...(decision === 'delegate' && { turn: frame.turns.length + 1 }),
  });
}

/** A loop that goes nowhere: it is warned, or its next turn is the last one. */
export function noteStall(
  state: RunState,
  data: EventData['stall.noticed'],
  frame: Frame | undefined,
): void {
  const { turns, message, action, reason } = data;
  const scope = scopeOf(state, frame);
  if (action === undefined) scope.stalls += 1;
  else scope.stalls = action === 'stop' ? 2 : 1;
  if (!frame) return;
  frame.stallSeen = turns;
  if (reason !== undefined) loopStateOf(frame).stuck = { reason, message };
  if (action !== 'stop') frame.notes.push(`No progress: ${message}. Try another way, or finish.`);
  state.ready.add(frame.id);
}

/** A loop that goes on after its end: what had brought it to an end counts anew. */
export function freshLoop({ delegation }: Frame): void {
  if (!delegation) return;
  delegation.idlePlans = 0;
  delegation.refusedDiagnoses = 0;
  delegation.stuck = undefined;
  delegation.held.clear();
  Object.assign(delegation.gates, { passed: undefined, rejected: 0, last: undefined });
}
