import type { Json, JsonObject } from '../base/json.ts';
import type { KeptCall, Prepared } from './code-frames.ts';
import type { CreationState } from './creation-state.ts';
import type { Decision, Envelope, OutputContract } from './decision.ts';
import type { AgentRole, AskPurpose, EventData, Message, Reservation, ToolCall } from './event.ts';
import type { NodeRun } from './graph-events.ts';
import type { Graph } from './graph-state.ts';
import type { HeldClock } from './held-clock.ts';
import type { ReviewOf, WorkerOrder } from './loop-events.ts';
import type { LoopState } from './loop-state.ts';
import type { Dimension, Limits, Plan, Spend } from './plan.ts';
import type { Judging, Score, ScoredFrame } from './scoring.ts';
import type { Taint } from './taint.ts';

/** Statuses of a run (decision 3). */
export type RunStatus =
  | 'running'
  | 'waiting'
  | 'paused'
  | 'complete'
  | 'partial'
  | 'failed'
  | 'cancelled';

/** What a frame waits for or does next. Each phase has one row in the engine's table. */
export type Phase =
  /** The next question may be asked. */
  | 'ask'
  /** A model call is out. */
  | 'waiting'
  /** A model call failed and will be tried again. */
  | 'retry'
  /** The model call failed for good. */
  | 'failed'
  /** An answer came and has not been read. */
  | 'read'
  /** Tool calls of the answer are to be made. */
  | 'tools'
  /** Workers of this turn are out or still to start. */
  | 'workers'
  /** A worker's output was checked, or a manager decided to end. */
  | 'checked'
  | 'closed';

/** A tool call of the current answer. */
export interface PendingCall {
  /** Id of the effect: the model call's id and the place in its answer, `2.1/3.t1`. */
  id: string;
  call: ToolCall;
  /** `held`: a person must allow it first. */
  phase: 'asked' | 'held' | 'called' | 'returned';
  /** What the model is told of it. */
  reply?: string;
}

/** What calls brought that follow from an answer's text. */
export interface DerivedCalls {
  from: EventData['calls.derived']['from'];
  /** In the order in which they returned. */
  results: EventData['tool.returned'][];
}

/** Tokens, calls and money that one agent used itself, without its children. */
export interface AgentUsage {
  calls: number;
  tools: number;
  input: number;
  output: number;
  /** Input tokens from a cache, part of `input`; left out when there were none. */
  cached?: number;
  /** Output tokens spent on reasoning, part of `output`; left out when there were none. */
  reasoning?: number;
  cost: number;
  /** True when a figure in it is an estimate. */
  estimated: boolean;
}

/** One turn of a manager, as later prompts show it. */
export interface Turn {
  number: number;
  reasoning: string;
  /** Frames of its workers, in the order of the envelopes. */
  workers: string[];
}

/** An agent's place in the run: manager or worker, all alike (decision 4 of the architecture). */
export interface Frame {
  id: string;
  parent: string | undefined;
  role: AgentRole;
  /** Which run of which node it is, for children of a graph. */
  node: NodeRun | undefined;
  /** Key of `plan.agents` for nodes, of `plan.loops` for managers and workers of such nodes. */
  agentKey: string | undefined;
  /** Key of the manager that a sub-manager has; undefined is the loop's own. */
  managerKey: string | undefined;
  /** Id of the nearest budget that is not the run's; see `scopesOf`. */
  scope: string | undefined;
  /** What a graph's state starts with, or what the manager of a node was handed. */
  values: JsonObject | undefined;
  name: string;
  /** What it was asked for as; rules of access count for it, too. */
  askedAs: string | undefined;
  depth: number;
  /** Turn of the parent that started it. */
  loop: number | undefined;
  index: number;
  model: string;
  temperature: number;
  tools: readonly string[];
  instructions: string;
  contract: OutputContract | undefined;
  /** What else a worker is to keep to, what a reviewer looks at, what a repairer puts right. */
  order: WorkerOrder | undefined;
  review: ReviewOf | undefined;
  /** `over`: the call has returned, so that nobody waits for the repair any more. */
  mends: (NonNullable<EventData['agent.started']['mends']> & { over?: true }) | undefined;

  phase: Phase;
  /** The conversation as the model sees it; emptied when the frame closes. */
  transcript: Message[];
  /** Questions asked: turns of a manager, rounds of a worker; corrections and retries excluded. */
  round: number;
  /** Model calls asked so far, retries not counted. */
  asks: number;
  /** Id of the current model call, `2.1/3`, and which attempt of it. */
  call: string | undefined;
  /** What the current question is for. */
  purpose: AskPurpose | undefined;
  attempt: number;
  /** Attempts of the current call that failed; a crash is not a failure. */
  failures: number;
  /** When a failed call may be tried again, in milliseconds since 1970. */
  retryAt: number | undefined;
  /** Last failure of the current call. */
  failure: { code: string; message: string; hint?: string } | undefined;
  /** Models that failed for good before the one that is asked now, with what they said. */
  passedOver: { model: string; message: string }[];
  calls: PendingCall[];
  /**
   * Calls that follow from the text of the last answer, and what came of them; undefined when there
   * are none.
   */
  derived?: DerivedCalls | undefined;
  /** What its programs keep for their next, as long as it works; undefined while there is nothing. */
  session?: JsonObject | undefined;
  /** What must be put right in the next question, and how often in a row that was asked. */
  complaint: string | undefined;
  corrections: number;
  repairs: number;
  /** The last question that a limit refused this frame. */
  refused: { purpose: AskPurpose; dimension: Dimension } | undefined;
  /** Whether the time that its order gave it for work is over: it may only report. */
  overdue: boolean;
  /** What came of its tool calls, by tool; undefined while none has returned. */
  returned: Map<string, { ok: number; failed: number }> | undefined;
  checked: Checked | undefined;
  /** `problems`: what its contract misses in the result of a last turn. */
  decision: (Decision & { problems?: readonly string[] }) | undefined;
  /** Envelopes of this turn that have not been started. */
  waiting: WaitingEnvelope[];
  /** Children that are open. */
  open: Set<string>;
  turns: Turn[];
  /** Turns whose results a manager was told of. */
  told: number;
  /** What its context may hold; undefined while it holds nothing of that kind. */
  taint: Set<Taint> | undefined;
  /** What a manager has besides; undefined until there is something. */
  delegation: LoopState | undefined;
  /** Number of the turn after which a stall was noticed last. */
  stallSeen: number;
  /** What the next turn's question must mention, such as workers that were not started. */
  notes: string[];
  usage: AgentUsage;
  startedAt: number;
  /** Active time of the run when it started, in milliseconds. */
  startedActiveMs: number;
  /** What of the active time since then does not count as its own. */
  held: HeldClock;
  endedAt: number | undefined;
  /** Active time of the run when it ended, in milliseconds. */
  endedActiveMs: number | undefined;
  outcome: Outcome | undefined;
  /** Scores of its answers, and those who judge the present one; undefined while there are none. */
  scored: ScoredFrame | undefined;
  judging: Judging | undefined;
  /** What the code of a step asked of its run; left out while it asked nothing. */
  kept?: KeptCall[] | undefined;
  /** What the preprocessors of a node brought, in their order; left out while there are none. */
  prepared?: Prepared[];
}

/** A delegation that has not been started. */
export interface WaitingEnvelope {
  /** Its place among the delegations of the turn, from 1. */
  index: number;
  envelope: Envelope;
}

/** An output after it was held against its contract. */
export interface Checked {
  ok: boolean;
  problems: readonly string[];
  output: JsonObject;
  text: string;
  /** As it was said, or lower where facts speak against that. */
  confidence: number;
  /** The confidence that it said, where another one counts. */
  said?: number;
  /** Why another one counts. */
  reasons?: readonly string[];
  /** The confidence that facts allow at most, where that is less than 1. */
  most?: number;
  /** It is not ok, and may stand all the same when it cannot be mended. */
  acceptable?: true;
}

/** How an agent ended. */
export interface Outcome {
  ok: boolean;
  output: JsonObject;
  text: string;
  confidence: number;
  problems: readonly string[];
  code?: string;
  message?: string;
  /** A sub-manager that was cut short, and why. */
  status?: 'partial';
  reason?: string;
}

/** A file that the run handed out. */
export interface Artifact {
  /** Path below `artifacts/`. */
  path: string;
  /** Path that the agent gave it, below `output/`. */
  name: string;
  type: string;
  bytes: number;
  sha256: string;
  /** Id and name of the agent that wrote it. */
  agent: string;
  agentName: string;
}

/** The ledger of decision 6: folded from the log, never stored. */
export interface Ledger {
  used: Spend;
  reserved: { tokens: number; cost: number };
  /** True when a token figure in it is an estimate. */
  estimated: boolean;
  /** Calls whose price is unknown. */
  unpriced: number;
}

/** A limit that refused something. */
export interface Exhaustion {
  dimension: Dimension;
  limit: number;
}

/** A budget: the run's, or the share of a delegation loop that is a node. */
export interface Scope {
  limits: Limits;
  ledger: Ledger;
  /** First limit of it that refused an effect; what it is for can only end partial after that. */
  exhausted: Exhaustion | undefined;
  /** Dimensions that were warned about. */
  warned: Set<Dimension>;
  /** Times that a stall was noticed. */
  stalls: number;
  /** Whether the closing turn was asked. */
  closingAsked: boolean;
  /** Workers and nodes that are open. */
  openWorkers: number;
  /** Open scopes right below it, whose shares are set aside. */
  nested: Set<string>;
  /** What shares that ended did not use and do not give back; undefined while there is none. */
  lost: Spend | undefined;
}

/**
 * The share of a loop. It is set aside in every budget above when the loop starts, so that nobody
 * else can use it up, and what is charged to it is charged to those, too.
 */
export interface NestedScope extends Scope {
  /** Id of the manager's frame. */
  id: string;
  /** Id of the scope that it is a share of; undefined is the run's. */
  parent: string | undefined;
  /** Whether what it does not use comes back when it ends. */
  refund: boolean;
  /** Active time of the run when it started, in milliseconds. */
  startedActiveMs: number;
}

/** An effect that has started and not ended. */
export interface InFlight {
  frame: string;
  kind: 'model' | 'tool' | 'step';
  /** The id of the model or tool call. */
  call: string;
  attempt: number;
  reserved: Reservation | undefined;
  idempotent: boolean;
  tool?: string;
  /** The program that made the call. */
  parentCall?: string;
}

/** A call that a person must allow, and what came of asking. */
export interface Approval {
  /** `a1`, `a2`, ... in the run. */
  id: string;
  /** Frame of the agent that wants to call. */
  agent: string;
  agentName: string;
  call: string;
  tool: string;
  args: JsonObject;
  argsHash: string;
  reason: string;
  /** Milliseconds since 1970. */
  requestedAt: number;
  resolution: Omit<EventData['approval.resolved'], 'id' | 'call'> | undefined;
  /** Whether a call was made with it; then it counts no more. */
  used: boolean;
}

/** What the facts add up to. The fold owns it and changes it in place. It is the run's budget, too. */
export interface RunState extends Scope {
  run: string;
  seq: number;
  status: RunStatus;
  plan: Plan | undefined;
  /** Shares of loops that are nodes, by the id of their manager's frame; also of those that ended. */
  scopes: Map<string, NestedScope>;
  /** Ids of those that ended without `budget.settled`. */
  unsettled: Set<string>;
  /** Whether no real model was asked so far. */
  simulated: boolean;
  frames: Map<string, Frame>;
  /** Graphs, by the id of their frame. */
  graphs: Map<string, Graph>;
  /** Names of agents in use, so that each is unique. */
  names: Set<string>;
  /** Frames that an event touched since the engine last asked for them. */
  ready: Set<string>;
  /** Ids of open frames. */
  openFrames: Set<string>;
  inFlight: Map<string, InFlight>;
  artifacts: Map<string, Artifact>;
  /** By id, in the order of asking. */
  approvals: Map<string, Approval>;
  /** Digests of all loops, by their hash. */
  digests: Map<string, JsonObject>;
  /** Tools and skills that were made; undefined while nothing was. */
  creation: CreationState | undefined;
  /** By the key of an agent: SHA-256 of what its programs keep in the run; left out while nothing is. */
  sessions?: Map<string, string>;
  /** Every score of a result, in order. */
  scores: Score[];
  /** The frame whose answer was last scored as that of the run. */
  finalTarget: string | undefined;
  /** Calls of tools that some rule refused. */
  denied: number;
  /** Ids of those that are not answered and whose agent is at work. */
  pendingApprovals: Set<string>;
  /** Every folder that an artifact lies in. */
  artifactFolders: Set<string>;
  startedAt: number;
  lastAt: number;
  /** Active time so far, in milliseconds; gaps between processes are not counted. */
  activeMs: number;
  resumes: number;
  /** The run that it was forked from, and after which of its events. */
  forked: { from: string; seq: number } | undefined;
  /** Why a run was stopped or paused. */
  stopReason: string | undefined;
  ending:
    | {
        reason?: string;
        message?: string;
        text: string;
        result: JsonObject;
        output?: Json;
      }
    | undefined;
}
