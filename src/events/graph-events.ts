import type { Json, JsonObject } from '../base/json.ts';

/** Which run of which node an agent is. */
export interface NodeRun {
  /** Id of the node. */
  id: string;
  /** From 1; counts all attempts of the node's current round or instance. */
  attempt: number;
  /** Round of a loop, from 1. */
  round?: number;
  /** Instance of a fan-out, from 0. */
  instance?: number;
  /** What a person said before this round. */
  said?: Json;
}

/**
 * The facts of graphs. `agent` of each is the frame of the graph. A plain node (no loop, no
 * fan-out, nothing to approve) ends with `agent.finished`; the others with `node.finished`.
 */
export interface GraphEventData {
  /** It ended well: its output is that of the agent `from`, or `output`. */
  'node.finished': { node: string; from?: string; output?: JsonObject; confidence?: number };
  /** It failed for good; `action` is what follows (spec, runtime 2.6). */
  'node.failed': {
    node: string;
    code: string;
    message: string;
    action: 'stop' | 'continue' | 'skip';
    output?: JsonObject;
  };
  'node.skipped': {
    node: string;
    reason: 'disabled' | 'condition' | 'dependency' | 'upstream_failed' | 'stopped';
    message: string;
  };
  /** It is tried again; `inMs` after this event. */
  'node.retried': {
    node: string;
    instance?: number;
    attempt: number;
    inMs: number;
    code: string;
    message: string;
  };
  /** It goes on with a replacement (spec, runtime 2.1): an agent, a kept result, or nothing. */
  'node.degraded': {
    node: string;
    instance?: number;
    fallback: 'agent' | 'cached_results' | 'skip';
    /** The agent, or the age of the kept result in milliseconds. */
    agent?: string;
    ageMs?: number;
    /** What it was tried after. */
    code: string;
    message: string;
  };
  'expression.failed': {
    node: string;
    /** Key of the manifest: `when`, `enabled`, `depends_on`, `loop.condition`, `fan_in.expr`... */
    at: string;
    expression: string;
    message: string;
  };
  'loop.started': { node: string; max: number };
  /** A round ended; `goesOn` is what the condition said. */
  'loop.repeated': { node: string; round: number; from: string; goesOn: boolean };
  'loop.finished': {
    node: string;
    rounds: number;
    reason: 'condition' | 'max' | 'error' | 'person';
  };
  'fanout.started': { node: string; count: number };
  'fanout.finished': { node: string; count: number; failed: number };
  'subworkflow.started': { node: string; name: string };
  'subworkflow.finished': { node: string; ok: boolean };
  /** A value that the state could not take (limits of `state.limits`), or that a rule refused. */
  'state.refused': { node: string; key: string; reason: string };
  /** A score of a result (R27 to R30). */
  'output.scored': {
    /** What was scored: `final_answer`, or the hook; `target` is the agent's frame. */
    hook: string;
    target: string;
    score: number;
    verdict: 'accept' | 'warn' | 'retry' | 'fail';
    metrics: readonly { name: string; score: number | null; weight: number; reason?: string }[];
  };
}
