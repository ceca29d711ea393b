import { resultOf } from '../../events/loop-results.ts';
import type { Critique } from '../../events/loop-state.ts';
import type { Frame, RunState } from '../../events/state.ts';

/** The critique of a result of a manager's loop, by the frame that brought it. */
export function critiqueOf({ delegation }: Frame, result: string): Critique | undefined {
  return delegation?.reviews.get(result)?.critique;
}

/** What critics said of the last turn in which somebody worked. */
export interface MeanScore {
  /** 0 to 1. */
  mean: number;
  /** Critical defects and warnings of results that count, one line each. */
  defects: readonly string[];
}

/** The mean score of the last turn's results, repaired ones as repaired; undefined when none has one. */
export function meanScore(state: RunState, manager: Frame): MeanScore | undefined {
  const turn = manager.turns.findLast(({ workers }) => workers.length > 0);
  const found = (turn?.workers ?? []).flatMap((worker) => {
    const counted = resultOf(state, manager, worker);
    const critique = counted && critiqueOf(manager, counted.id);
    return critique ? [{ name: state.frames.get(worker)?.name ?? worker, critique }] : [];
  });
  if (found.length === 0) return undefined;
  const sum = found.reduce((total, { critique }) => total + critique.score, 0);
  const defects = found.flatMap(({ name, critique }) =>
    critique.defects
      .filter(({ severity }) => severity !== 'info')
      .map(({ category, description }) => `${name}: ${category}: ${description}`),
  );
  return { mean: sum / found.length, defects };
}
