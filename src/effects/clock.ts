import type { Clock } from '../ports/effects.ts';

/** The longest wait that the platform's timers can hold; longer ones would fire at once. */
const LONGEST = 2_147_483_647;

/** The machine's clock. A timer longer than 24 days is kept in pieces; `Infinity` never fires. */
export function nodeClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    timer: startTimer,
  };
}

function startTimer(ms: number, fire: () => void): () => void {
  let left = Math.max(0, ms);
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const piece = Math.min(left, LONGEST);
    handle = setTimeout(() => {
      left -= piece;
      if (left > 0) arm();
      else fire();
    }, piece);
  };
  arm();
  return () => clearTimeout(handle);
}
