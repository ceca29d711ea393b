import type { EventOf } from './event.ts';
import type { LoopEventData } from './loop-events.ts';
import { type LoopReducer, loopStateOf, reviewOf } from './loop-reducer.ts';
import type { LoopState } from './loop-state.ts';
import type { Frame } from './state.ts';

/** What critics found worth doing again of which the last ones are kept. */
const KEPT_REUSABLE = 5;

type QualityFact = Extract<keyof LoopEventData, `gate${string}` | `result.${string}`>;

/** Facts about the quality of results: what reviewers and gates said (spec, runtime 4.5, 4.9, 8.2). */
export const qualityReducers: { [T in QualityFact]: LoopReducer<T> } = {
  'gates.passed': (state, { data }, frame) => {
    if (!frame) return;
    loopStateOf(frame).gates.passed = data.call;
    state.ready.add(frame.id);
  },

  'gate.rejected': (state, { data }, frame) => {
    if (!frame) return;
    const { gates } = loopStateOf(frame);
    const { call, gate, reason, defects, final = false } = data;
    const worked = workedTurns(frame);
    // Work in between begins the count anew; so does a run that was taken up again after its end.
    const isInRow = worked === gates.workedTurns && gates.last?.final !== true;
    gates.rejected = (isInRow ? gates.rejected : 0) + 1;
    gates.workedTurns = worked;
    if (gate === 'critique') gates.lowScores += 1;
    gates.last = { call, gate, reason, final };
    state.ready.add(frame.id);
    // Also told after the last one: by a run that is taken up again.
    frame.notes.push(
      `Your result was not accepted: ${reason}.`,
      ...defects.map((defect) => `- ${defect}`),
      'Mend that, by another delegation where it takes one, and complete again. What cannot be had must be said plainly in the result.',
    );
    if (!final) frame.phase = 'ask';
  },

  'result.validated': (state, { data }, frame) => {
    if (!frame) return;
    const { valid, feedback, suggestion, adjusted } = data;
    reviewOf(frame, data.of).validated = {
      ...{ valid, feedback },
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
    const loop = loopStateOf(frame);
    const isRepair = state.frames.get(data.of)?.order?.repairOf !== undefined;
    // What a repair leaves is the same defect once more.
    if (!isRepair) countDefects(loop, data, frame.turns.length);
    const fresh = (data.reusable ?? []).filter((text) => !loop.reusable.includes(text));
    loop.reusable = [...loop.reusable, ...fresh].slice(-KEPT_REUSABLE);
    state.ready.add(frame.id);
  },

  'result.repaired': (state, { data }, frame) => {
    if (!frame) return;
    const review = reviewOf(frame, data.of);
    review.repairs = data.attempt;
    if (data.kept) review.kept = data.by;
    else review.gaveUp = true;
    state.ready.add(frame.id);
  },
};

/** Turns in which somebody worked; one whose delegations were all held back is none. */
export function workedTurns({ turns }: Pick<Frame, 'turns'>): number {
  return turns.filter(({ workers }) => workers.length > 0).length;
}

/** Each kind counts once for a result, however often it is in it. */
function countDefects(
  loop: LoopState,
  { defects, prescriptions }: EventOf<'result.criticised'>['data'],
  turn: number,
): void {
  const told = defects.filter(({ severity }) => severity !== 'info');
  for (const [category, { description }] of new Map(told.map((one) => [one.category, one]))) {
    const known = loop.patterns.get(category);
    loop.patterns.set(category, {
      ...{ category, description },
      count: (known?.count ?? 0) + 1,
      prevention: prescriptions[0] ?? known?.prevention,
      firstTurn: known?.firstTurn ?? turn,
      lastTurn: turn,
    });
  }
}
