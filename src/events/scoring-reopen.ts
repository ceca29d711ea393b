import { reopenGraph } from './graph-reopen.ts';
import { finalScore, settledAction } from './scoring.ts';
import type { Frame, RunState } from './state.ts';

/**
 * What of scores is forgotten when a run goes on that had ended: its answer is scored anew. A graph
 * that its score had failed tries the node again whose answer that was.
 */
export function reopenScored(state: RunState, root: Frame): void {
  const graph = state.graphs.get(root.id);
  const low = graph && lowNode(state);
  state.finalTarget = undefined;
  root.scored = undefined;
  if (graph) reopenGraph(graph, low);
}

function lowNode(state: RunState): string | undefined {
  const score = finalScore(state);
  const evaluation = state.plan?.evaluation;
  if (!score || !evaluation || settledAction(evaluation, score) !== 'fail_workflow')
    return undefined;
  return state.frames.get(score.target)?.node?.id;
}
