import { exhaustedFor, scopeOf } from '../../../../events/scopes.ts';
import type { LoopLook } from '../look.ts';
import { contractGate } from './contract.ts';
import { critiqueGate } from './critique.ts';
import { deliverablesGate } from './deliverables.ts';
import { filesGate } from './files.ts';
import type { Evidence, Gate, Rejection } from './gate.ts';
import { placeholderGate } from './placeholder.ts';

/** The chain, in its order. The evaluation comes behind it: it may ask judges. */
const CHAIN: readonly Gate[] = [
  critiqueGate,
  contractGate,
  deliverablesGate,
  placeholderGate,
  filesGate,
];

/** Defects that are written down and told, and the characters of each. */
const MOST_DEFECTS = 10;
const DEFECT_CHARS = 300;

/** The gates that stand before the endings of a loop. */
export function gatesOf({ policy }: Pick<LoopLook, 'policy'>): Gate[] {
  return CHAIN.filter(({ name }) =>
    name === 'critique' ? (policy.critique?.minToComplete ?? 0) > 0 : policy.gates.includes(name),
  );
}

/** What a chain of gates found. */
export interface Found extends Rejection {
  /** The first gate that spoke against it. */
  gate: Gate['name'];
}

/**
 * What speaks against an ending: the first gate that does gives the reason, and what the gates behind
 * it find is told with it, so that all can be mended at once. Undefined when nothing does.
 */
export function heldAgainst(
  gates: readonly Gate[],
  look: LoopLook,
  evidence: Evidence,
): Found | undefined {
  const found = gates.flatMap((gate) => {
    const rejection = gate.check(look, evidence);
    return rejection ? [{ gate: gate.name, ...rejection }] : [];
  });
  const [first] = found;
  if (!first) return undefined;
  const all = found.flatMap(({ defects }) => [...defects]);
  const shown = all.slice(0, MOST_DEFECTS).map(cut);
  const more = all.length - shown.length;
  const defects = more > 0 ? [...shown, `${more} more`] : shown;
  return { gate: first.gate, reason: first.reason, defects };
}

function cut(text: string): string {
  return text.length > DEFECT_CHARS ? `${text.slice(0, DEFECT_CHARS).toWellFormed()}...` : text;
}

/** Whether a manager whose ending is refused now cannot be asked again. */
export function isLastRefusal({ state, frame, policy }: LoopLook, worked: number): boolean {
  if (exhaustedFor(state, frame) || scopeOf(state, frame).closingAsked) return true;
  const { rejectedCompletions: most } = policy;
  if (most === null) return false;
  const gates = frame.delegation?.gates;
  const isInRow = gates?.workedTurns === worked && gates.last?.final !== true;
  return (isInRow ? gates.rejected : 0) + 1 >= most;
}
