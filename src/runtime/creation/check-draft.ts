import type { CreationStage, DraftProblem, ToolDraft } from '../../events/creation.ts';
import type { Clock } from '../../ports/effects.ts';
import type { DraftContext, DraftPlace, Toolsmith } from '../../ports/toolsmith.ts';
import { boundedProblem } from './draft-problem.ts';

/** One stage that a draft went through. */
export interface Checked {
  stage: CreationStage;
  ok: boolean;
  /** How long it took, in milliseconds. */
  ms: number;
  problem?: DraftProblem;
}

/** Who checks, and who is told of every stage. */
export interface Checker {
  toolsmith: Toolsmith;
  clock: Clock;
  context: DraftContext;
  checked(stage: Checked): void;
}

/**
 * A draft through all checks of the toolsmith, until one finds something; undefined when none does.
 * Rejects with the reason of the context's signal, and with `sandbox/...` when there is no box.
 */
export async function checkDraft(
  { toolsmith, clock, context, checked }: Checker,
  draft: ToolDraft,
  place: DraftPlace,
): Promise<DraftProblem | undefined> {
  for (const { stage, check } of toolsmith.checks) {
    const problem = await timed({ stage, clock, checked }, () => check(draft, place, context));
    if (context.signal.aborted) throw context.signal.reason;
    if (problem) return problem;
  }
  return undefined;
}

/** Times one stage and tells of it. */
export async function timed(
  { stage, clock, checked }: Pick<Checker, 'clock' | 'checked'> & Pick<Checked, 'stage'>,
  check: () => DraftProblem | undefined | Promise<DraftProblem | undefined>,
): Promise<DraftProblem | undefined> {
  const started = clock.monotonic();
  const found = await check();
  const problem = found && boundedProblem(found);
  const ms = Math.max(0, Math.round(clock.monotonic() - started));
  checked({ stage, ok: problem === undefined, ms, ...(problem && { problem }) });
  return problem;
}
