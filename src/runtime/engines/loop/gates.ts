import { endRejected } from './ending.ts';
import { gatesOf } from './gates/index.ts';
import type { LoopStep } from './look.ts';

/**
 * Holds an ending against the gates, once for each answer (spec, runtime 4.9). Files must be looked at
 * for it, so the shell does it and says what was found.
 */
export const gates: LoopStep = (look) => {
  const { frame } = look;
  if (gatesOf(look).length === 0) return undefined;
  const { passed, last } = frame.delegation?.gates ?? {};
  if (frame.call !== undefined && passed === frame.call) return undefined;
  if (last?.final && last.call === frame.call) return [endRejected(look, last)];
  return [{ do: 'inspect', frame }];
};
