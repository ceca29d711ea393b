import type { Envelope } from './decision.ts';
import type { LoopEventData } from './loop-events.ts';
import type { LoopReducer } from './loop-reducer.ts';
import { scopeById, scopesOf } from './scopes.ts';
import type { Frame, RunState, Scope } from './state.ts';

/** The facts of a loop that a person brought about. */
export const personReducers: {
  [T in Extract<keyof LoopEventData, 'budget.raised' | 'run.forked'>]: LoopReducer<T>;
} = {
  'budget.raised': (state, { data }) => {
    const { dimension, to } = data;
    const scope = scopeById(state, data.scope);
    scope.limits = { ...scope.limits, [dimension]: to };
    scope.warned.delete(dimension);
    if (scope.exhausted?.dimension === dimension) scope.exhausted = undefined;
    scope.closingAsked = false;
    for (const id of state.openFrames) {
      state.ready.add(id);
      const frame = state.frames.get(id);
      if (frame && isWithin(state, frame, scope)) goOn(state, frame, `budget/${dimension}`);
    }
  },

  'run.forked': (state, { data }) => {
    const { from, seq, models, order } = data;
    state.forked = { from, seq };
    for (const id of state.openFrames) {
      const frame = state.frames.get(id);
      const model = frame?.role === 'manager' ? models?.manager : models?.worker;
      if (!frame || model === undefined || frame.role === 'graph') continue;
      frame.model = model;
      frame.passedOver = [];
    }
    const manager = state.frames.get(order?.agent ?? '');
    if (manager && order) changeOrder(manager, order.index, order.changes);
  },
};

/** A delegation that was not started is put another way. */
export function changeOrder(
  manager: Frame,
  index: number,
  { index: _, ...changes }: Partial<Envelope> & { index?: number },
): void {
  manager.waiting = manager.waiting.map((one) =>
    one.index === index ? { index, envelope: { ...one.envelope, ...changes } } : one,
  );
}

function isWithin(state: RunState, frame: Frame, scope: Scope): boolean {
  return scopesOf(state, frame).includes(scope);
}

/** What a limit refused an agent, or cut off, is asked again. */
function goOn(state: RunState, frame: Frame, code: string): void {
  if (frame.refused && `budget/${frame.refused.dimension}` === code) frame.refused = undefined;
  if (frame.phase !== 'failed' || frame.failure?.code !== code) return;
  frame.phase = 'retry';
  frame.retryAt = state.lastAt;
  frame.failure = undefined;
}
