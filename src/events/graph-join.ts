import type { Json } from '../base/json.ts';
import type { EventOf } from './event.ts';
import type { GraphNode, Join } from './graph-state.ts';
import type { Frame, RunState } from './state.ts';

/** A tool was called to put results together; nothing for calls of agents. */
export function joinCalled(state: RunState, frame: Frame, call: string): void {
  const node = joining(state, frame, call);
  if (node) node.join = { call };
}

/** It returned, or was refused: the engine says what follows. */
export function joinReturned(
  state: RunState,
  frame: Frame,
  { call, ok, data, error }: EventOf<'tool.returned'>['data'],
): void {
  end(state, frame, { call, result: { ok, data, ...(error !== undefined && { error }) } });
}

/**
 * The process died while it was out: a call that may be made again is made again, of any other it is
 * not known whether it took effect (decision 5).
 */
export function joinAbandoned(
  state: RunState,
  frame: Frame,
  { call, idempotent }: { call: string; idempotent: boolean },
): void {
  const node = joining(state, frame, call);
  if (!node) return;
  if (idempotent) delete node.join;
  else end(state, frame, { call, result: { ok: false, data: NOTHING, error: INTERRUPTED } });
}

const NOTHING: Json = {};
const INTERRUPTED =
  'tool/interrupted: the process stopped while this call was being made; whether it took effect is not known';

function end(state: RunState, frame: Frame, join: Join): void {
  const node = joining(state, frame, join.call);
  if (!node) return;
  node.join = join;
  state.graphs.get(frame.id)?.ready.add(node.plan.id);
  state.ready.add(frame.id);
}

/** The node whose results a call puts together; such calls have ids like `0/each.join3`. */
function joining(state: RunState, { id, role }: Frame, call: string): GraphNode | undefined {
  if (role !== 'graph') return undefined;
  const [, node = ''] = /^[^/]*\/(.*)\.join\d+$/s.exec(call) ?? [];
  return state.graphs.get(id)?.nodes.get(node);
}
