import type { LoopStep } from '../look.ts';
import { stop, whyStopped } from '../stop.ts';

/** Turns in a row that want nothing but work that was done before. */
const MOST_REPEATS = 3;

/** A manager that only delegates the same work again comes to an end long before its budget does. */
export const repeatedTurns: LoopStep = ({ state, frame }) => {
  const held = frame.delegation?.held.get('redundant');
  if (!held || whyStopped(state, frame)) return undefined;
  const last = frame.turns.slice(-MOST_REPEATS);
  const isRepeat = last.every(({ number, workers }) => workers.length === 0 && held.has(number));
  if (!isRepeat || last.length < MOST_REPEATS) return undefined;
  const message = `${MOST_REPEATS} turns in a row delegated only work that had been done before`;
  return stop(frame, { reason: 'manager/repeats', message });
};
