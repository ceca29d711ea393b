import type { LoopStep } from '../look.ts';
import { holdBack } from './hold-back.ts';

/** No more workers in one turn than allowed: the first ones start, the rest is put off. */
export const turnLimit: LoopStep = ({ frame, policy: { turnWorkers: most } }) => {
  if (most === null) return undefined;
  const started = frame.turns.at(-1)?.workers.length ?? 0;
  const over = frame.waiting.slice(Math.max(0, most - started));
  const reason = `a turn has at most ${most} workers`;
  return holdBack(
    frame,
    over.map((one) => ({ one, reason })),
    'turn-limit',
  );
};
