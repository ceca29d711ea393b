import type { EventOf } from './event.ts';
import type { GraphEventData } from './graph-events.ts';
import type { RunState } from './state.ts';

type GraphReducer<T extends keyof GraphEventData> = (state: RunState, event: EventOf<T>) => void;

/** What the facts of graphs change; one entry for each type. */
export const graphReducers: { [T in keyof GraphEventData]: GraphReducer<T> } = {
  'node.finished': () => {},
  'node.failed': () => {},
  'node.skipped': () => {},
  'node.retried': () => {},
  'node.degraded': () => {},
  'expression.failed': () => {},
  'loop.started': () => {},
  'loop.repeated': () => {},
  'loop.finished': () => {},
  'fanout.started': () => {},
  'fanout.finished': () => {},
  'subworkflow.started': () => {},
  'subworkflow.finished': () => {},
  'state.refused': () => {},
  'output.scored': () => {},
};
