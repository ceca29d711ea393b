import type { Plan } from './plan.ts';

/**
 * A moment of the day that a run counts as its own, in milliseconds since 1970: when it started. A
 * replay has the day of the run that was recorded, so that its questions are the same ones.
 */
export function dayOfRun({ replay }: Pick<Plan, 'replay'>, startedAt: number): number {
  return replay ? Date.parse(replay.began ?? replay.recorded) : startedAt;
}
