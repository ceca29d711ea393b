import type { Frame, RunState } from '../../../events/state.ts';
import { isLocked } from '../../engines/loop/diagnose.ts';
import { defectsFrom } from '../../engines/loop/guards/defects.ts';
import { outcomeOf } from '../../engines/loop/results.ts';
import { section } from '../sections.ts';
import type { ManagerLook, ManagerPart } from './look.ts';

/** How the guesses of the last diagnosis stand, and when a diagnosis would help (spec, runtime 4.8). */
export const hypothesesPart: ManagerPart = (look) => {
  const { frame, policy, isFirst, marks } = look;
  const hypotheses = frame.delegation?.hypotheses ?? [];
  const causes = hypotheses.map(({ id, cause, test }) => ({ id, cause, test }));
  const states = hypotheses.map(({ id, status }) => `${id} ${status}`).join(', ');
  const lines = [
    isFirst && causes.length > 0 && marks.block(JSON.stringify(causes), 'your diagnosis'),
    states !== '' && `Hypotheses: ${states}.`,
    policy.diagnosis && suggestion(look, policy.diagnosis.threshold),
    defects(look),
  ];
  const said = lines.filter(Boolean).join('\n');
  return said === '' ? undefined : section('Diagnosis', said);
};

function suggestion({ state, frame, told }: ManagerLook, threshold: number): string | undefined {
  if (isLocked(frame.delegation)) return undefined;
  const low = frame.turns
    .slice(told)
    .flatMap(({ workers }) => workers)
    .filter((id) => confidence(state, frame, id) < threshold)
    .map((id) => state.frames.get(id)?.name ?? id);
  if (low.length === 0) return undefined;
  return `Failed, or not sure at all: ${low.join(', ')}. If you do not know why, diagnose before you try again.`;
}

function confidence(state: RunState, manager: Frame, id: string): number {
  const outcome = outcomeOf(state, manager, id);
  return outcome?.ok ? outcome.confidence : 0;
}

function defects({ frame, policy }: ManagerLook): string | undefined {
  const { critique } = policy;
  if (!critique) return undefined;
  const often = defectsFrom(critique.diagnoseAt, frame, critique);
  if (often.length === 0) return undefined;
  const kinds = often.map(({ category, count }) => `${category} (${count})`).join(', ');
  return `The same kinds of defects come up again: ${kinds}. Find out why before more work; at ${critique.endAt} of a kind the loop ends.`;
}
