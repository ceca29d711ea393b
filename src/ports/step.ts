import type { Json, JsonObject } from '../base/json.ts';
import type { BoxToolReply } from './sandbox.ts';

/** One run of a node that is code: an attempt, a round of a loop, or an instance of a fan-out. */
export interface StepCall {
  /** Id of the node; in a sub-workflow with the nodes around it before it, `sub/node`. */
  node: string;
  /** From 1; more than 1 when it is tried again. */
  attempt: number;
  /** What the run was asked. */
  task: string;
  /** What the node may see of the state: outputs of nodes by their ids, and initial values. Frozen. */
  input: Readonly<JsonObject>;
  /** The item of a fan-out, and which one it is, from 0. */
  item?: Json;
  index?: number;
  /** Round of a loop, from 1, and what the round before brought. */
  round?: number;
  last?: JsonObject;
  /** What a person said before this round. */
  said?: Json;
  /** Aborts when the node's time is over or the run is stopped. What comes after that is not kept. */
  signal: AbortSignal;
  /** Shows a line to whoever watches; it also says that there is progress. */
  log(text: string): void;
}

/** What a function of the program is called with. */
export interface FunctionCall extends StepCall {
  /**
   * The whole state of the graph, whatever the rules of sharing say: outputs by node, initial values
   * by key. It cannot be changed here, and shows what other nodes bring meanwhile. Looking at one key
   * costs the same in a graph of any size; `input` is put together from all that the node may see.
   */
  state: Readonly<JsonObject>;
}

/**
 * A node that is a function of the program. An object that it returns is the node's output, any
 * other value becomes `{ result: value }`, nothing becomes `{}`. What it throws fails the attempt
 * with `step/failed`; an `AwpError` keeps its code.
 */
export type StepFunction = (call: FunctionCall) => unknown;

/** A message of a conversation with a model. */
export interface AskMessage {
  role: 'system' | 'user' | 'assistant';
  text: string;
}

/** How one question differs from what the agent's file says. */
export interface AskOptions {
  /** Stands before the messages as the system prompt. */
  system?: string;
  /** 0 to 2. */
  temperature?: number;
  /** Most tokens of the answer. */
  maxOutputTokens?: number;
}

/** A question of code to the model of its agent. */
export interface AskRequest extends Omit<AskOptions, 'system'> {
  messages: readonly AskMessage[];
}

/** What the model answered. */
export interface AskAnswer {
  text: string;
  /** Tokens. */
  usage: { input: number; output: number };
  /** US dollars; null when the price of the model is not known. */
  cost: number | null;
}

/** What the code of an agent is called with: `export default async function (call: AgentCall)`. */
export interface AgentCall extends StepCall {
  /**
   * Asks the model of the agent, with the settings of its file, through the budget and the log of the
   * run. A text is one message of the user. Rejects with the code of the error: `model/...`,
   * `budget/...`.
   */
  ask(question: string | readonly AskMessage[], options?: AskOptions): Promise<AskAnswer>;
  /** Tools that were given to the agent. */
  tools: {
    /** Names of those that it may call. */
    readonly names: readonly string[];
    /**
     * Calls one: grants, rates, approvals and the budget count as for a model. Never rejects for a tool
     * that fails: `ok` is false then, and `error` says why.
     */
    call(name: string, args?: JsonObject): Promise<BoxToolReply>;
  };
}

/** What the code of an agent returns: the output of its node. */
export type AgentOutput = JsonObject;

/** The module of an agent, as it is run, and what it may have done. */
export interface ModuleCall extends StepCall {
  /** Key of the agent in `plan.agents`. */
  agent: string;
  /** Absolute path of its file. */
  module: string;
  /** Names of the tools that it may call. */
  tools: readonly string[];
  /** Asks the model of the agent. Rejects with `model/...`, `budget/...`. */
  ask(request: AskRequest): Promise<AskAnswer>;
  /** Calls a tool. Never rejects. */
  callTool(name: string, args: JsonObject): Promise<BoxToolReply>;
}

/** Runs the own code of agents, each call in a process of its own. */
export interface StepRunner {
  /**
   * Looks at the files of these modules, by absolute path, before the run begins; gives what ends all
   * that is left of them. Throws `trust/needed`, `step/broken`. Left out where nothing is to be looked at.
   */
  open?(modules: readonly string[], signal: AbortSignal): Promise<() => Promise<void>>;
  /** Resolves with what the module returned; rejects with an `AwpError`, or when the signal aborts. */
  run(call: ModuleCall): Promise<Json | undefined>;
}
