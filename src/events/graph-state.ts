import type { Json, JsonObject } from '../base/json.ts';
import type { PlanGraph, PlanNode } from './plan-graph.ts';

/** Where a node stands. */
export type NodeStatus =
  /** Nodes before it have not ended. */
  | 'waiting'
  /** It may start as soon as there is room. */
  | 'ready'
  /** Its agents are at work, or it decides what follows. */
  | 'running'
  | 'finished'
  | 'failed'
  | 'skipped';

/** One thing of a node that is tried until it ends: the node, a round of it, or an instance. */
export interface NodeTry {
  /** Attempts so far. */
  attempt: number;
  /** Frame that is open. */
  open: string | undefined;
  /** Frame that ended last. */
  last: string | undefined;
  /** Its last failure. */
  failure: { code: string; message: string } | undefined;
  /** When it may be tried again, in milliseconds since 1970. */
  retryAt: number | undefined;
  /** Agent that took over, and how many replacements were tried. */
  agent: string | undefined;
  degraded: number;
  /** Its output, when it ended well. */
  output: JsonObject | undefined;
  confidence: number;
  ended: boolean;
}

/** A node of a graph that runs. */
export interface GraphNode {
  plan: PlanNode;
  /** Place in the graph, from 1. */
  place: number;
  status: NodeStatus;
  /** Nodes before it that have not ended. */
  left: number;
  /** Nodes that depend on it. */
  after: readonly string[];
  /** Agents started for it so far. */
  runs: number;
  /** The node itself, or its current round. */
  main: NodeTry;
  /** Rounds of a loop that ended, in order. */
  rounds: { output: JsonObject; confidence: number }[];
  /** Instances of a fan-out; undefined before `fanout.started`. */
  instances: NodeTry[] | undefined;
  /** Instances that are open now, and the first that was never started. */
  openInstances: number;
  nextInstance: number;
  /** Whether a person allowed it to start, or its output. */
  approved: boolean;
  /** Id of the request that it waits for. */
  held: string | undefined;
  /** What a person said for the next round of an interactive loop. */
  said: Json | undefined;
  /** Why it was skipped or failed. */
  reason: string | undefined;
  code: string | undefined;
  /** For failed nodes: what followed. */
  action: 'stop' | 'continue' | 'skip' | undefined;
}

/** A graph that runs: the root, or a sub-workflow. */
export interface Graph {
  /** Its frame. */
  frame: string;
  plan: PlanGraph;
  nodes: Map<string, GraphNode>;
  /** The shared state: initial values, and each node's output under its id. */
  state: JsonObject;
  /** Nodes to look at: what an event touched, in the order of their places. */
  ready: Set<string>;
  /** Nodes that may start and wait for room, in order. */
  queue: Set<string>;
  /** Nodes that have not ended; agents that are open. */
  left: number;
  open: number;
  /** The failure that stops it. */
  stopping: { node: string; code: string; message: string } | undefined;
}
