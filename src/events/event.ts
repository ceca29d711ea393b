import type { Json, JsonObject } from '../base/json.ts';
import type { CreationEventData } from './creation-events.ts';
import type { Decision, OutputContract } from './decision.ts';
import type { GraphEventData, NodeRun } from './graph-events.ts';
import type { LoopEventData, ReviewOf, WorkerOrder } from './loop-events.ts';
import type { Dimension, Limits, Plan, Spend } from './plan.ts';
import type { Taint } from './taint.ts';

/** Tokens that one model call used. */
export interface Usage {
  input: number;
  output: number;
  /** Input tokens read from the provider's cache; part of `input`. */
  cached?: number;
  /** Input tokens written into the provider's cache; part of `input`. */
  cacheWritten?: number;
  /** Output tokens spent on reasoning; part of `output`. */
  reasoning?: number;
  /** True when the provider was silent or absurd and the reservation was charged (decision 12). */
  estimated?: boolean;
}

/** A tool call as a model asked for it. `args` that were not JSON are `{ _unparsed: text }`. */
export interface ToolCall {
  id: string;
  name: string;
  args: JsonObject;
}

/** An image that belongs to a message. Its bytes are in a file, never in the log. */
export interface MessageImage {
  /** Path below the run's folder. */
  path: string;
  /** Media type, `image/png`. */
  type: string;
  sha256: string;
}

/** One message of a conversation. */
export type Message =
  | { role: 'system'; text: string }
  | { role: 'user'; text: string; images?: readonly MessageImage[] }
  | { role: 'assistant'; text: string; toolCalls: readonly ToolCall[] }
  | { role: 'tool'; call: string; name: string; text: string };

/**
 * What a question is for: a manager's turn, its correction, its last turn, a worker's round, the
 * repair of an output, a report without tools.
 */
export type AskPurpose = 'turn' | 'correction' | 'closing' | 'work' | 'repair' | 'summary';

/**
 * What an agent is in its run: a manager, a worker of one, a graph (the root, or a sub-workflow), a
 * node of a graph that asks a model, one that runs code, a judge of results, a reviewer of the result
 * of one worker, one who repairs a tool that was refused.
 */
export type AgentRole =
  | 'manager'
  | 'worker'
  | 'graph'
  | 'node'
  | 'step'
  | 'judge'
  | 'reviewer'
  | 'repairer';

/** What is set aside before an effect starts. */
export interface Reservation {
  tokens: number;
  /** US dollars; null when the price is unknown and no cost limit asks for it. */
  cost: number | null;
}

/** The box that code of a run goes into. */
export interface BoxName {
  name: string;
  isolation: string;
}

/** Kinds of security events (spec, capabilities 9). */
export type SecurityKind =
  | 'acl.tool.denied'
  | 'acl.sandbox.denied'
  | 'rate_limit.exceeded'
  | 'circuit_breaker.opened'
  | 'secret.leak_prevented'
  | 'network.denied'
  | 'approval.rejected'
  | 'input.refused'
  | 'integrity.violation';

/** The data of every event type. An event type is a fact, in the past tense. */
export interface EventData extends GraphEventData, LoopEventData, CreationEventData {
  /** `sandbox` names the box and what it keeps apart; it is left out when no code may run. */
  'run.started': { plan: Plan; simulated: boolean; version: string; sandbox?: BoxName };
  /** `abandoned` are the effects in flight when the process before this one ended. */
  'run.resumed': {
    raise?: Partial<Limits>;
    abandoned: readonly string[];
    version: string;
    sandbox?: BoxName;
  };
  'run.finished': {
    status: 'complete' | 'partial' | 'failed';
    /** Why it is not complete, as `family/what`. */
    reason?: string;
    message?: string;
    text: string;
    result: JsonObject;
    /** The typed output, when the plan asks for one. */
    output?: Json;
  };
  'run.stopped': { reason: string };
  'run.paused': { reason: string };
  /** The root manager of a run that had ended goes on after a resume with raised limits. */
  'run.reopened': { reason: string };
  'input.resolved': {
    name: string;
    kind: string;
    path?: string;
    bytes?: number;
    sha256?: string;
    /** How the value was understood, when that is not plain. */
    note?: string;
  };

  'agent.started': {
    role: AgentRole;
    /** Which run of which node of a graph it is; its parent is the frame of the graph. */
    node?: NodeRun;
    /** Key of `plan.agents` for nodes, of `plan.loops` for managers and workers of such nodes. */
    agentKey?: string;
    /** Key of the manager that a sub-manager has, of `submanagers` of its loop; left out: the loop's own. */
    managerKey?: string;
    /** A slug that is unique in the run. */
    name: string;
    /** The name that it was asked for with, if another agent had that already. */
    askedAs?: string;
    model: string;
    temperature: number;
    /** Names of the tools it was given. */
    tools: readonly string[];
    instructions: string;
    contract?: OutputContract;
    /** What else a worker is to keep to. */
    order?: WorkerOrder;
    /** What of its delegation was not taken as it was, and why: its manager is told. */
    notes?: readonly string[];
    /** What a reviewer looks at. */
    review?: ReviewOf;
    /**
     * The call whose draft a repairer puts right, which repair of it, from 1, and what its agent is,
     * whose model is asked.
     */
    mends?: { call: string; attempt: number; as: 'worker' | 'node' };
    /** What a graph's state starts with, or what the manager of a node is handed. */
    values?: JsonObject;
    /** The frame of a graph that failed in an earlier process, whose ended nodes count for this one. */
    continues?: string;
    /** 1-based place among the delegations of its turn; 0 for the root manager. */
    index: number;
  };
  'agent.finished': {
    output: JsonObject;
    text: string;
    confidence: number;
    problems: readonly string[];
    /** A sub-manager that was cut short, and why, as `family/what`. */
    status?: 'partial';
    reason?: string;
  };
  'agent.failed': { code: string; message: string; output?: JsonObject; text?: string };

  'manager.decided': Decision & {
    call: string;
    repaired?: boolean;
    /** What its contract misses in the result of a last turn, after which nothing is asked. */
    problems?: readonly string[];
  };
  'manager.rejected': { call: string; reason: string };
  /** A worker of this turn that was not started, and why; the next turn's question says so. */
  'agent.skipped': {
    worker: string;
    index: number;
    reason: string;
    /** The rule that held it back, when it was no limit (spec, runtime 4.6). */
    guard?: 'turn-limit' | 'redundant' | 'low-score' | 'dependency' | 'rejected';
  };

  'model.asked': {
    call: string;
    attempt: number;
    model: string;
    /** Messages of the conversation that stay; `messages` are put behind them. */
    keep: number;
    messages: readonly Message[];
    tools: readonly string[];
    temperature: number;
    maxOutputTokens: number;
    /** SHA-256 of the whole request, for audit. */
    inputHash: string;
    reserved: Reservation;
    /** What this question is for. */
    purpose: AskPurpose;
    /** A real model, in a run that began with simulated ones. */
    real?: true;
  };
  'model.responded': {
    call: string;
    attempt: number;
    text: string;
    toolCalls: readonly ToolCall[];
    usage: Usage;
    cost: number | null;
    ms: number;
    /** The service's own name of the model, when it said one. */
    servedBy?: string;
  };
  'model.failed': {
    call: string;
    attempt: number;
    code: string;
    message: string;
    hint?: string;
    usage: Usage;
    cost: number | null;
    /** Set when it will be tried again, this many milliseconds after this event. */
    retryInMs?: number;
    /** How long the service asked to wait, in milliseconds. */
    retryAfterMs?: number;
  };
  /** A model failed for good, and its agent goes on with the next of its list (A0-4). */
  'model.switched': {
    call: string;
    /** Model strings, as the user wrote them. */
    from: string;
    to: string;
    /** The code of the last failure, `model/overloaded`, and what it said. */
    reason: string;
    message: string;
  };

  'tool.called': {
    call: string;
    tool: string;
    args: JsonObject;
    idempotent: boolean;
    /** The call of the program that made this one from inside of its box. */
    parentCall?: string;
    /** The approval that it uses up. */
    approval?: string;
  };
  'tool.returned': {
    call: string;
    tool: string;
    parentCall?: string;
    ok: boolean;
    status: number;
    data: Json;
    error?: string;
    log?: string;
    ms: number;
    /** Paths of the artifacts that it wrote. */
    files?: readonly string[];
    /** What its result may hold. */
    taint?: readonly Taint[];
  };
  /** A file that its agent took back; its path below `artifacts/`. */
  'artifact.removed': { path: string };
  'artifact.written': { path: string; name: string; type: string; bytes: number; sha256: string };

  'output.checked': {
    ok: boolean;
    problems: readonly string[];
    output: JsonObject;
    text: string;
    confidence: number;
    /** The confidence that was said, where another one counts. */
    said?: number;
    /** Why another one counts. */
    reasons?: readonly string[];
    /** The confidence that facts allow at most, where that is less than 1. */
    most?: number;
    /** It may stand all the same when it cannot be mended. */
    acceptable?: true;
  };
  /** `scope` of these is the frame of the loop whose share it is; left out: the run's budget. */
  'budget.warned': { scope?: string; dimension: Dimension; used: number; limit: number };
  'budget.exhausted': {
    scope?: string;
    dimension: Dimension;
    limit: number;
    used: number;
    reserved: number;
    wanted: number;
    /** The question that was refused, if it was one. */
    purpose?: AskPurpose;
  };
  /** A share is set aside for a loop that starts next; null is limited by what is around it alone. */
  'budget.reserved': {
    scope: string;
    limits: Limits;
    /** What it does not use stays charged to who gave it. */
    noRefund?: true;
  };
  /** A loop has ended: what it did not use of its share is given back. */
  'budget.settled': { scope: string; used: Spend };
  'security.denied': { tool: string; reason: string; kind?: SecurityKind };
  /** A person must allow a call; bound to exactly these arguments (threat T15). */
  'approval.requested': {
    /** `a1`, `a2`, ... in the run. */
    id: string;
    call: string;
    tool: string;
    args: JsonObject;
    /** SHA-256 of the canonical arguments. */
    argsHash: string;
    /** Why somebody is asked, in words. */
    reason: string;
    parentCall?: string;
  };
  'approval.resolved': {
    id: string;
    call: string;
    decision: 'approved' | 'rejected';
    /** Where the answer came from: `terminal`, `cli`, `api`, `studio`. */
    by: string;
    /** Arguments that the person put in the place of those asked for. */
    args?: JsonObject;
    reason?: string;
  };
  /**
   * A loop goes nowhere. `stop`: a last turn follows, and it ends partial; `warn`: it is told; left out,
   * in logs of before: the second time counts as `stop`. `reason` is that of the end, `stall` when left
   * out.
   */
  'stall.noticed': {
    turns: number;
    message: string;
    action?: 'warn' | 'stop';
    reason?: string;
  };
}

/** Names of all event types. */
export type RunEventType = keyof EventData;

/** Where an event belongs in the tree of agents. */
export interface EventPlace {
  /** Id of the agent's frame: `0` for the root manager, `2.1` for the first worker of turn 2. */
  agent?: string;
  /** Id of the frame that started it. */
  parent?: string;
  /** 0 for the root manager, 1 for its workers. */
  depth: number;
  /** Turn of the manager above, from 1. */
  loop?: number;
}

/** One event of type T in the envelope of decision 1. */
export interface EventOf<T extends RunEventType> extends EventPlace {
  v: 1;
  run: string;
  /** From 1, without gaps. */
  seq: number;
  /** ISO 8601 in UTC, with milliseconds. */
  ts: string;
  type: T;
  data: EventData[T];
}

/** Any event of a run's log. */
export type RunEvent = { [T in RunEventType]: EventOf<T> }[RunEventType];

/** An event before it has a number, a time and a place. */
export type Fact = {
  [T in RunEventType]: { type: T; agent?: string; data: EventData[T] } & (T extends 'agent.started'
    ? { parent?: string; depth: number; loop?: number }
    : object);
}[RunEventType];

/** What is shown while a run is watched, and is never in the log. */
interface Live<T extends string> extends EventPlace {
  v: 1;
  run: string;
  ts: string;
  type: T;
  data: { call: string; text: string };
}

/** A piece of a model's answer. */
export type ModelDelta = Live<'model.delta'>;

/** What a tool says of a call that is out. */
export type ToolProgress = Live<'tool.progress'>;

/** Everything that only those who watch see. */
export type LiveEvent = ModelDelta | ToolProgress;
