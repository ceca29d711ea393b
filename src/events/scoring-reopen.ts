import { reopenGraph } from './graph-reopen.ts';
import { finalScore, type Score, settledAction } from './scoring.ts';
import type { Frame, RunState } from './state.ts';

/**
 * What of scores is forgotten when a run goes on that had ended: the score of all of it, and one that
 * had failed it. A graph tries the node again whose answer was too low.
 */
export function reopenScored(state: RunState, root: Frame): void {
  const graph = state.graphs.get(root.id);
  const score = finalScore(state);
  const low = score && lowNode(state, score);
  if (!score || score.target === root.id || low !== undefined) state.finalTarget = undefined;
  root.scored = undefined;
  if (graph) reopenGraph(graph, low);
}

function lowNode({ plan, frames }: RunState, score: Score): string | undefined {
  const evaluation = plan?.evaluation;
  if (!evaluation || settledAction(evaluation, score) !== 'fail_workflow') return undefined;
  return frames.get(score.target)?.node?.id;
}
