import type { Envelope } from '../../../events/decision.ts';
import type { LoopEventData } from '../../../events/loop-events.ts';
import { partFor } from '../../../events/loop-fold-plan.ts';
import type { SubtaskState } from '../../../events/loop-state.ts';
import type { Plan } from '../../../events/plan.ts';
import type { Frame, WaitingEnvelope } from '../../../events/state.ts';
import { budgetReport } from '../../budget-report.ts';
import { levelOf } from '../../submanagers/depth.ts';
import type { LoopLook, LoopStep } from './look.ts';

type Promotion = LoopEventData['submanager.promoted'];

/**
 * Large pieces of work get managers of their own (spec, runtime 5.3): those that the manager's plan has
 * for a sub-manager, and, where the policy wants it, those whose score is high enough, the highest first,
 * and half of the turn and one more at most. Decided before the first of a turn starts, and never about
 * a delegation that says itself what it wants.
 */
export const promote: LoopStep = (look) => {
  const { frame } = look;
  if ((frame.turns.at(-1)?.workers.length ?? 0) > 0) return undefined;
  const open = frame.waiting.filter(({ envelope }) => envelope.asSubmanager === undefined);
  const planned = open.flatMap((one) => plannedFor(frame, one) ?? []);
  const chosen = [...planned, ...scored(look, open, planned)];
  if (chosen.length === 0) return undefined;
  const facts = chosen.map((data) => ({
    ...({ type: 'submanager.promoted', agent: frame.id } as const),
    data,
  }));
  return [{ do: 'record', facts }];
};

/** The promotion of a delegation whose part of the plan is for a sub-manager. */
function plannedFor(frame: Frame, { index, envelope }: WaitingEnvelope): Promotion | undefined {
  const part = partOf(frame, envelope);
  if (part?.strategy !== 'submanager') return undefined;
  const reasons = [`the plan has the part "${part.id}" for a sub-manager`];
  return { worker: envelope.workerId, index, subtask: part.id, score: 1, reasons };
}

function scored(
  look: LoopLook,
  open: readonly WaitingEnvelope[],
  planned: readonly Promotion[],
): Promotion[] {
  const { plan, state, frame, policy } = look;
  const { promotion } = policy.submanagers;
  if (!promotion || levelOf(state, frame) > promotion.maxDepth) return [];
  const { budget_remaining_pct: left } = budgetReport(state, frame);
  if (Number(left) < promotion.minBudget * 100) return [];
  const asked = frame.waiting.filter(({ envelope }) => envelope.asSubmanager).length;
  const most = Math.floor(frame.waiting.length / 2) + 1 - asked - planned.length;
  return open
    .filter((one) => mayScore(frame, one) && !planned.some(({ index }) => index === one.index))
    .map((one) => scoreOf(plan, frame, one))
    .filter(({ score }) => score >= promotion.threshold)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, Math.max(0, most));
}

/** A part that the plan has for a worker stays one, and only a worker can call required tools. */
function mayScore(frame: Frame, { envelope }: WaitingEnvelope): boolean {
  if ((envelope.requiredTools ?? []).length > 0) return false;
  return partOf(frame, envelope)?.strategy !== 'worker';
}

function partOf({ delegation }: Frame, envelope: Envelope): SubtaskState | undefined {
  return delegation && partFor(delegation, envelope);
}

/** One measure of how large a piece of work is: its weight, how much of it there is, and in words. */
interface Measure {
  weight: number;
  /** 0 to 1. */
  share: number;
  reason: string;
}

/** Characters of instructions, files or fields, ties to other parts, and bytes that count in full. */
const FULL = { chars: 2000, outputs: 4, ties: 3, bytes: 1_000_000 };

/** Urgency as plans declare it; another word is none of it. */
const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['critical', 1],
  ['high', 1],
  ['medium', 0.5],
  ['normal', 0.5],
]);

/** How large a piece of work is, from 0 to 1, by what can be counted alone, and what of it counts. */
function scoreOf(plan: Plan, frame: Frame, { index, envelope }: WaitingEnvelope): Promotion {
  const part = partOf(frame, envelope);
  const measures = measuresOf(plan, frame, { envelope, part });
  const score = measures.reduce((sum, { weight, share }) => sum + weight * share, 0);
  return {
    worker: envelope.workerId,
    index,
    ...(part && { subtask: part.id }),
    score: Math.round(score * 1000) / 1000,
    reasons: measures.filter(({ share }) => share > 0).map(shown),
  };
}

function shown({ weight, share, reason }: Measure): string {
  return `${reason} (${Math.round(weight * share * 1000) / 1000} of ${weight})`;
}

interface Piece {
  envelope: Envelope;
  part: SubtaskState | undefined;
}

function measuresOf(plan: Plan, frame: Frame, { envelope, part }: Piece): Measure[] {
  const chars = envelope.instructions.length;
  const files = part?.requiredOutputs?.length ?? 0;
  const fields = envelope.contract?.requiredFields.length ?? 0;
  const ties = (part?.dependencies.length ?? 0) + (part ? dependents(frame, part) : 0);
  const priority = part?.priority?.toLowerCase() ?? '';
  const bytes = bytesNamed(plan, envelope.instructions);
  return [
    { weight: 0.25, share: upTo(chars, FULL.chars), reason: `${chars} characters of instructions` },
    {
      weight: 0.25,
      share: upTo(files + fields, FULL.outputs),
      reason: `${files} files and ${fields} fields to bring`,
    },
    { weight: 0.15, share: upTo(ties, FULL.ties), reason: `${ties} ties to parts of the plan` },
    {
      weight: 0.1,
      share: PRIORITIES.get(priority) ?? 0,
      reason: `its priority is ${JSON.stringify(priority.slice(0, 20))}`,
    },
    {
      weight: 0.25,
      share: upTo(bytes, FULL.bytes),
      reason: `${bytes} bytes of inputs that it names`,
    },
  ];
}

function upTo(count: number, full: number): number {
  return Math.min(1, count / full);
}

function dependents({ delegation }: Frame, { id }: SubtaskState): number {
  const parts = [...(delegation?.subtasks.values() ?? [])];
  return parts.filter(({ dependencies }) => dependencies.includes(id)).length;
}

/** Bytes of the inputs whose name or path the instructions have. */
function bytesNamed({ inputs }: Plan, instructions: string): number {
  let sum = 0;
  for (const { name, path, bytes = 0 } of inputs) {
    if ([name, path].some((one) => one && instructions.includes(one))) sum += bytes;
  }
  return sum;
}
