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

/** Why a loop ended: its condition, its number of rounds, a condition that failed, a person. */
export type LoopEnd = 'condition' | 'max' | 'error' | 'person';

/**
 * The facts of graphs. `agent` of each is the frame of the graph. A plain node (no loop, no
 * fan-out, nothing to approve) ends with `agent.finished`; the others with `node.finished`.
 */
export interface GraphEventData {
  /**
   * It ended well: its output is that of the agent `from`, or `output`. With `instance` only that
   * instance of a fan-out ended, without an agent of its own, such as with a kept result.
   */
  'node.finished': {
    node: string;
    instance?: number;
    from?: string;
    output?: JsonObject;
    confidence?: number;
  };
  /**
   * It failed for good; `action` is what follows (spec, runtime 2.6). With `instance` only that
   * instance of a fan-out failed; the others go on.
   */
  'node.failed': {
    node: string;
    instance?: number;
    code: string;
    message: string;
    action: 'stop' | 'continue' | 'skip';
    output?: JsonObject;
  };
  'node.skipped': {
    node: string;
    /** `output`: its answer does not meet its contract, and `on_failure` of that is `skip`. */
    reason: 'disabled' | 'condition' | 'dependency' | 'upstream_failed' | 'output' | 'stopped';
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
    agent?: string;
    /** Age of the kept result, in milliseconds; left out when there is none that is young enough. */
    ageMs?: number;
    /** The kept result: what the node, its round or its instance has brought. */
    output?: JsonObject;
    confidence?: number;
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
  /**
   * A round ended, with what the agent `from` said; empty when no agent did, as with a kept result.
   * `goesOn` is whether another follows, `reason` why none does.
   */
  'loop.repeated': {
    node: string;
    round: number;
    from: string;
    goesOn: boolean;
    reason?: LoopEnd;
  };
  'loop.finished': { node: string; rounds: number; reason: LoopEnd };
  'fanout.started': { node: string; count: number };
  /** `full` is why it ended before its items had: the state has no room for all results. */
  'fanout.finished': { node: string; count: number; failed: number; full?: string };
  'subworkflow.started': { node: string; name: string };
  'subworkflow.finished': { node: string; ok: boolean };
  /** A value that the state could not take (limits of `state.limits`), or that a rule refused. */
  'state.refused': { node: string; key: string; reason: string };
  /** A score of a result (R27 to R30); its `agent` is the frame whose result it is. */
  'output.scored': {
    /**
     * What was scored: `final_answer`, or the hook; `target` is the agent's frame, or the name of a tool
     * with `generated_tool`.
     */
    hook: string;
    target: string;
    /** The model call that gave the result; left out for the result of a graph. */
    answer?: string;
    /** 0 to 1; null, with the verdict `none`, when no metric could be found. */
    score: number | null;
    verdict: 'accept' | 'warn' | 'retry' | 'fail' | 'none';
    metrics: readonly { name: string; score: number | null; weight: number; reason?: string }[];
  };
}
