import type { Graph } from '../../events/graph-state.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';

/** What engines decide from. */
export interface Moment {
  plan: Plan;
  state: RunState;
  /** Milliseconds since 1970. */
  now: number;
  /**
   * How often an agent may still be run below the frame of a graph; undefined where nothing makes it
   * wait. Left out when there is no rate at all.
   */
  agentRoom?(agent: string, frame: Frame): AgentRoom | undefined;
}

/** What the rate of an agent lets start. */
export interface AgentRoom {
  /** Runs that may start now. */
  free: number;
  /** When the next one may after those, in milliseconds since 1970. */
  until: number;
}

/** One look at a graph. What it admits counts for what comes after it in the same look. */
export interface Look extends Moment {
  graph: Graph;
  /** The frame of the graph. */
  frame: Frame;
  /** Agents that may still be started in this look; those that only start again have their place. */
  room: number;
  /** Nothing starts any more: a limit of the run is reached, or a failure stops the graph. */
  closing: boolean;
  /** What rates leave to the agents that were asked for in this look, by their keys. */
  rates: Map<string, AgentRoom | undefined>;
  /** When the first of those that a rate holds back may start; undefined while it holds none. */
  heldUntil: number | undefined;
}

/** A look at a graph with nothing decided yet. */
export function lookAt(moment: Moment, frame: Frame, graph: Graph): Look {
  const { state } = moment;
  const closing = state.exhausted !== undefined || graph.stopping !== undefined;
  const room = closing ? 0 : roomIn(state, graph);
  return { ...moment, graph, frame, closing, room, rates: new Map(), heldUntil: undefined };
}

/**
 * Places in the graph that are free. At most one more than the run has room for: the shell holds that
 * one back, and asks again as soon as there is some.
 */
function roomIn({ limits, openWorkers }: RunState, { plan, open }: Graph): number {
  const free = Math.max(0, Math.max(1, plan.maxParallel) - open);
  return Math.min(free, Math.max(1, limits.parallel - openWorkers));
}

/** The names that expressions of a graph may use. */
export function namesOf({ state }: Graph): ReadonlyMap<string, Graph['state']> {
  let names = kept.get(state);
  if (!names) {
    names = new Map([['state', state]]);
    kept.set(state, names);
  }
  return names;
}

const kept = new WeakMap<Graph['state'], ReadonlyMap<string, Graph['state']>>();
