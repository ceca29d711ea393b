import type { Fact } from '../../../events/event.ts';
import { exhaustedFor, scopeOf, scopesOf } from '../../../events/scopes.ts';
import type { Frame, RunState, WaitingEnvelope } from '../../../events/state.ts';
import { exhausted, type Refusal, refusalOf } from '../../budget.ts';
import { Rooms } from '../../budget-rooms.ts';
import type { Command } from '../../command.ts';
import type { LoopLook } from './look.ts';

/** Starts those of the turn's workers that may start and fit; the rest is skipped when none will. */
export function startWorkers({ state, frame, startable }: LoopLook): Command[] {
  const { waiting } = frame;
  if (waiting.length === 0) return [];
  const spent = exhaustedFor(state, frame);
  if (spent || scopeOf(state, frame).closingAsked) {
    const refusal = spent ? undefined : lastTurnRefusal(state, frame);
    const dimension = spent?.dimension ?? refusal?.dimension;
    const reason = dimension ? `the limit on ${dimension} is reached` : 'no turn follows';
    const refused: Fact[] = refusal ? [exhausted(frame.id, refusal)] : [];
    return [{ do: 'record', facts: [...refused, ...skip(frame, waiting, reason)] }];
  }
  // The close of any worker asks again, so only those that fit are named: the cost stays constant.
  // Beside other loops and nodes one is always named, so that it waits for room of theirs.
  const free = scopesOf(state, frame).map(
    ({ limits, openWorkers }) => limits.parallel - openWorkers,
  );
  const isAlone = frame.parent === undefined && !frame.delegation?.submanagers.open;
  const named = Math.max(isAlone ? 0 : 1, Math.min(...free));
  // Sub-managers are no workers: they have a pool of their own.
  let workers = 0;
  return waiting
    .filter(startable)
    .filter(({ envelope }) => envelope.asSubmanager || ++workers <= named)
    .map(({ envelope, index }) => ({ do: 'start-worker', frame, envelope, index }));
}

/** The limit that leaves no turn to read what workers would bring; undefined after a stall. */
export function lastTurnRefusal(state: RunState, frame: Frame): Refusal | undefined {
  const rooms = new Rooms(state);
  for (const dimension of ['loops', 'calls'] as const) {
    const room = rooms.of(frame, dimension).find(({ left }) => left <= 0);
    if (room) return refusalOf(dimension, room, 1);
  }
  return undefined;
}

/** The facts that these delegations are not started. */
export function skip(frame: Frame, waiting: readonly WaitingEnvelope[], reason: string): Fact[] {
  return waiting.map(({ index, envelope }) => ({
    type: 'agent.skipped',
    agent: frame.id,
    data: { worker: envelope.workerId, index, reason },
  }));
}
