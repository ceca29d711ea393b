import type { WaitingEnvelope } from '../../../../events/state.ts';
import type { LoopLook, LoopStep } from '../look.ts';
import { readiness } from '../startable.ts';
import { type Held, holdBack } from './hold-back.ts';

/**
 * A delegation whose part depends on what did not come about is not started; in a strict plan also one
 * that depends on what nobody is at work on (spec, runtime 4.7). Those that wait for each other are not
 * started either.
 */
export const dependencyGuard: LoopStep = ({ frame, policy }: LoopLook) => {
  if (!frame.delegation || frame.delegation.subtasks.size === 0) return undefined;
  const isStrict = policy.planning?.commit === 'strict';
  const looked = frame.waiting.map((one) => ({ one, found: readiness({ frame, isStrict }, one) }));
  const missing = looked.flatMap(({ one, found }): Held[] => {
    if (found.is !== 'missing') return [];
    const how = found.tried
      ? 'was not completed in this turn'
      : 'is not done and nobody is at work on it';
    return [{ one, reason: `its part depends on "${found.part}", which ${how}` }];
  });
  if (missing.length > 0) return holdBack(frame, missing, 'dependency');
  const circle = looked.every(({ found }) => found.is === 'behind') ? frame.waiting : [];
  if (circle.length === 0) return undefined;
  return holdBack(frame, circle.map(inCircle), 'dependency');
};

function inCircle(one: WaitingEnvelope): Held {
  return { one, reason: 'the parts of this turn wait for each other' };
}
