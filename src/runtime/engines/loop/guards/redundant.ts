import type { Envelope } from '../../../../events/decision.ts';
import type { LoopState, Work } from '../../../../events/loop-state.ts';
import { signatureOf } from '../../../../events/work-signature.ts';
import type { LoopLook, LoopStep } from '../look.ts';
import { calledBy, outcomeOf, succeeded, whyNot } from '../results.ts';
import { type Held, holdBack } from './hold-back.ts';

type Past = [id: string, work: Work];

/**
 * The same work is not done again (spec, runtime 4.6): not after it succeeded, and not after it failed
 * twice in the same way, unless some other work was done since that may have changed what it works on.
 */
export const redundantWork: LoopStep = (look) => {
  const { frame } = look;
  const loop = frame.delegation;
  if (!loop || loop.work.size === 0) return undefined;
  const held = frame.waiting.flatMap((one): Held[] => {
    const reason = whyRedundant(look, loop, one.envelope);
    return reason === undefined ? [] : [{ one, reason }];
  });
  return holdBack(frame, held, 'redundant');
};

function whyRedundant(look: LoopLook, loop: LoopState, envelope: Envelope): string | undefined {
  const { state, frame } = look;
  const signature = signatureOf(envelope);
  const now = frame.turns.length;
  const before = [...loop.work].filter(
    ([, work]) => work.turn < now && work.signature === signature,
  );
  const last = before.at(-1);
  if (!last || isChanged(look, loop, last[1].turn)) return undefined;
  const good = before.findLast(([id]) => succeeded(state, frame, id));
  if (good) {
    return `${calledBy(state, good[0])} did the same work in turn ${good[1].turn}; use its result, say what is to be different, or finish`;
  }
  return whyHopeless(look, before, envelope);
}

/** Whether other work than ever before was done after this turn. */
function isChanged({ state, frame }: LoopLook, { work }: LoopState, turn: number): boolean {
  const known = new Set<string>();
  for (const [id, { signature, turn: at }] of work) {
    if (at > turn && !known.has(signature) && succeeded(state, frame, id)) return true;
    if (at <= turn) known.add(signature);
  }
  return false;
}

function whyHopeless(
  { state, frame }: LoopLook,
  before: readonly Past[],
  { asSubmanager }: Envelope,
): string | undefined {
  const tried = before.map(([id]) => ({ id, outcome: outcomeOf(state, frame, id) }));
  const [one, other] = tried.slice(-2);
  if (!one || !other || wayOf(one.outcome) !== wayOf(other.outcome)) return undefined;
  const wasManager = before.some(([id]) => state.frames.get(id)?.role === 'manager');
  if (asSubmanager && !wasManager) return undefined;
  return `the same work failed twice (${whyNot(other.outcome)}); give other instructions, split it, or finish without it`;
}

/** In which way a worker failed. */
function wayOf(outcome: ReturnType<typeof outcomeOf>): string {
  return outcome?.ok ? 'unsure' : (outcome?.code ?? 'open');
}
