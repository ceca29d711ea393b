import type { Heap } from '../base/heap.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Line } from '../base/line.ts';
import type { LoopEnd } from './graph-events.ts';
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
  /** Its last failure; it keeps its place among those at work until something follows from it. */
  failure: { code: string; message: string } | undefined;
  /** When it starts again, in milliseconds since 1970; undefined while nobody decided that. */
  retryAt: number | undefined;
  /** Agent that took over, and how many replacements were tried. */
  agent: string | undefined;
  degraded: number;
  /** Its output, when it ended well. */
  output: JsonObject | undefined;
  confidence: number;
  ended: boolean;
}

/** What a fan-out counts, so that no event looks at all instances. */
export interface FanOut {
  /** Instances in all. */
  count: number;
  /** Instances with an open frame. */
  open: Set<number>;
  /**
   * Instances whose agent failed and that have not ended: each is tried again, goes on with a
   * replacement, or fails for good. Each keeps its place among those at work.
   */
  failing: Set<number>;
  /** Instances that ended; of those, how many failed for good, and how many were stopped. */
  ended: number;
  failed: number;
  stopped: number;
  /** UTF-8 bytes of all results so far, as JSON. */
  bytes: number;
  /** Why it ended before its items had: the state has no room for more; left out when it has. */
  full?: string;
  /** The instance that ended well first, and the failure that was the first for good. */
  first: number | undefined;
  failure: { code: string; message: string } | undefined;
  /** Whether `fanout.finished` was said: no instance starts after that. */
  over: boolean;
}

/** The call of a tool that puts the results of a fan-out together. */
export interface Join {
  /** Id of the call. */
  call: string;
  /** What came of it; left out while it is out. */
  result?: { ok: boolean; data: Json; error?: string };
}

/** Kept results that a node fell back on. */
export interface KeptShare {
  /** How many: one, or one for each round or instance that did. */
  count: number;
  /** Age of the oldest when it was taken, in milliseconds. */
  ageMs: number;
}

/** A node of a graph that runs. */
export interface GraphNode {
  plan: PlanNode;
  /** Place in the graph, from 1. */
  place: number;
  status: NodeStatus;
  /** Nodes before it that have not ended. */
  left: number;
  /** Nodes that depend on it, in the order of their places. */
  after: readonly string[];
  /** The node that a sequential graph starts after it. */
  next: string | undefined;
  /** Agents started for it so far. */
  runs: number;
  /** The node itself, or its current round. */
  main: NodeTry;
  /**
   * Frames of its sub-workflow that had ended when the run was taken up again, by instance: the next
   * one goes on with their nodes. Left out while there are none.
   */
  carried?: Map<number | undefined, string>;
  /** Rounds of a loop that ended, in order. */
  rounds: { output: JsonObject; confidence: number }[];
  /** Why its loop goes no further; left out while it does. `person`: one wanted no other round. */
  loopEnd?: LoopEnd;
  /** Whether `loop.started` was said since it started, and `loop.finished`. */
  loop?: 'started' | 'finished';
  /** Instances of a fan-out, with holes for those that have not started; undefined before `fanout.started`. */
  instances: NodeTry[] | undefined;
  /** What its fan-out counts; left out before `fanout.started`. */
  fan?: FanOut;
  /** Kept results in what it brought; left out when all of it is fresh. */
  kept?: KeptShare;
  /** The call that puts its results together; left out before there is one. */
  join?: Join;
  /** Instances that are open now, and the first that was never started. */
  openInstances: number;
  nextInstance: number;
  /** Whether a person allowed it to start, or its output. */
  approved: boolean;
  /** Id of the request that it waits for. */
  held: string | undefined;
  /** What a person said for the next round of an interactive loop. */
  said: Json | undefined;
  /** What a person put in the place of its output. */
  edited: JsonObject | undefined;
  /** Expressions of it of which it was said that they failed, once each. */
  saidFailed: Set<string> | undefined;
  /** Why it was skipped or failed. */
  reason: string | undefined;
  /** What was said when it was skipped, in words. */
  note?: string | undefined;
  code: string | undefined;
  /** For failed nodes: what followed. */
  action: 'stop' | 'continue' | 'skip' | undefined;
}

/** When a try starts again. */
export interface Later {
  /** Milliseconds since 1970. */
  at: number;
  node: string;
  instance: number | undefined;
}

/** A failure of a node that the graph tells of when it ends. */
export interface GraphFailure {
  node: string;
  code: string;
  message: string;
}

/** A graph that runs: the root, or a sub-workflow. */
export interface Graph {
  /** Its frame. */
  frame: string;
  plan: PlanGraph;
  nodes: Map<string, GraphNode>;
  /** The shared state: initial values, and each node's output under its id. */
  state: JsonObject;
  /** Nodes at work that an event touched, and of which nobody decided what follows. */
  ready: Set<string>;
  /** Nodes that nothing stands before, and that wait for room: looked at only when there is some. */
  queue: Line;
  /** Tries that start again at a time; those that ended meanwhile are still in it. */
  later: Heap<Later>;
  /** Nodes that have not ended. */
  left: number;
  /** Places taken: tries with an open agent, and those that failed and have not ended. */
  open: number;
  /** Nodes that wait for a person. */
  held: number;
  /** The failure that stops it. */
  stopping: GraphFailure | undefined;
  /** The first failure that it went on after, and how many there were. */
  failure: GraphFailure | undefined;
  failures: number;
  /** The node that finished last, and the last one that no other depends on. */
  last: string | undefined;
  lastSink: string | undefined;
}
