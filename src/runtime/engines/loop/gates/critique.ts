import { meanScore } from '../../../quality/scores.ts';
import type { Gate } from './gate.ts';

/** Endings that a low score may refuse in one loop (spec, runtime 4.9). */
const MOST_REJECTIONS = 3;

/** The mean score of what the last workers brought is high enough to end. */
export const critiqueGate: Gate = {
  name: 'critique',
  check({ state, frame, policy }) {
    const least = policy.critique?.minToComplete ?? 0;
    if (least === 0 || (frame.delegation?.gates.lowScores ?? 0) >= MOST_REJECTIONS)
      return undefined;
    const found = meanScore(state, frame);
    if (!found || found.mean >= least) return undefined;
    return {
      reason: `the results of the last turn score ${found.mean.toFixed(2)} on average, and ${least} are needed`,
      defects: found.defects,
    };
  },
};
