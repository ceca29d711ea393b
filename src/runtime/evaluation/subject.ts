import type { JsonObject } from '../../base/json.ts';
import type { Graph } from '../../events/graph-state.ts';
import { resultOf } from '../../events/loop-results.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { openState } from '../nodes/visible.ts';
import { keptAnswer } from './decide.ts';
import type { Figures, Subject } from './metrics.ts';

/** What a frame has brought at this moment, as metrics look at it. */
export function subjectOf(state: RunState, frame: Frame): Subject {
  return { ...valuesOf(state, frame), figures: figuresOf(state) };
}

/**
 * What a judge may see of it: of a graph's node nothing that is shared with nobody, and no sensitive
 * values (capabilities 7.1, R14).
 */
export function judgedOf(state: RunState, frame: Frame): JsonObject {
  const { result } = valuesOf(state, frame);
  const [graph, id] = placeOf(state, frame);
  if (!graph || id === undefined) return result;
  const open = openState(state, withOutput(graph, id, result))[id];
  return typeof open === 'object' && open !== null && !Array.isArray(open) ? open : {};
}

/** What a run has brought that has ended; a failed one brought an error, and nothing for sure. */
export function endedSubject(state: RunState): Subject {
  const { status, ending } = state;
  const found = endOf(state);
  if (status !== 'failed' || ending?.reason === 'evaluation/failed') return found;
  const error = ending?.message ?? ending?.reason ?? 'the run failed';
  return { ...found, result: { ...found.result, error, confidence: 0 } };
}

/** What a judge may see of the result of a run that has ended. */
export function judgedOfRun(state: RunState): JsonObject {
  const root = state.frames.get('0');
  return root?.role === 'graph' ? judgedOf(state, root) : endOf(state).result;
}

function endOf(state: RunState): Subject {
  const root = state.frames.get('0');
  if (root?.role === 'graph') return subjectOf(state, root);
  const decision = (root && keptAnswer(root)?.decision) ?? root?.decision;
  const isOwn = decision?.decision === 'complete';
  const result = withConfidence(state.ending?.result ?? {}, isOwn ? sureness(decision) : 0);
  return { result, state: root ? reportsOf(state, root) : {}, figures: figuresOf(state) };
}

/** What a run has used so far, as metrics look at it. */
export function figuresOf(state: RunState): Figures {
  const { limits, ledger, activeMs, denied } = state;
  return { limits, used: ledger.used, activeMs, denied };
}

function valuesOf(state: RunState, frame: Frame): Pick<Subject, 'result' | 'state'> {
  if (frame.role === 'graph') return resultOfGraph(state, frame);
  const answer = answerIn(frame);
  const graph = state.graphs.get(frame.parent ?? '');
  if (graph && frame.node)
    return { result: answer, state: { ...graph.state, [frame.node.id]: answer } };
  return { result: answer, state: reportsOf(state, frame) };
}

/** What the node brought that ended last of those that no other depends on. */
function resultOfGraph(state: RunState, { id }: Frame): Pick<Subject, 'result' | 'state'> {
  const graph = state.graphs.get(id);
  if (!graph) return { result: {}, state: {} };
  const main = graph.nodes.get(lastOf(graph))?.main;
  const result = withConfidence(main?.output ?? {}, main?.confidence ?? 0);
  return { result, state: { ...graph.state } };
}

function lastOf({ lastSink, last }: Graph): string {
  return lastSink ?? last ?? '';
}

function answerIn({ role, checked, decision }: Frame): JsonObject {
  if (role !== 'manager') return withConfidence(checked?.output ?? {}, checked?.confidence ?? 0);
  if (decision?.decision !== 'complete') return {};
  return withConfidence(decision.result, sureness(decision));
}

function sureness({ confidence = 0.8 }: { confidence?: number }): number {
  return confidence;
}

function withConfidence(output: JsonObject, confidence: number): JsonObject {
  return Object.hasOwn(output, 'confidence') ? output : { ...output, confidence };
}

/** What the workers of a loop have brought, by their names. */
function reportsOf(state: RunState, frame: Frame): JsonObject {
  const manager = frame.role === 'manager' ? frame : state.frames.get(frame.parent ?? '');
  if (!manager) return {};
  return Object.fromEntries(
    manager.turns.flatMap(({ workers }) =>
      workers.flatMap((id) => {
        const outcome = resultOf(state, manager, id)?.outcome;
        return outcome?.ok ? [[state.frames.get(id)?.name ?? id, outcome.output] as const] : [];
      }),
    ),
  );
}

/** The graph and the node whose result it is. */
function placeOf(state: RunState, frame: Frame): [Graph | undefined, string | undefined] {
  const own = state.graphs.get(frame.id);
  if (own) return [own, lastOf(own)];
  return [state.graphs.get(frame.parent ?? ''), frame.node?.id];
}

function withOutput(graph: Graph, id: string, output: JsonObject): Graph {
  return { ...graph, state: { ...graph.state, [id]: output } };
}
