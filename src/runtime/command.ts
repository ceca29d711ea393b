import type { JsonObject } from '../base/json.ts';
import type { Envelope } from '../events/decision.ts';
import type { AskPurpose, Fact } from '../events/event.ts';
import type { NodeRun } from '../events/graph-events.ts';
import type { Graph } from '../events/graph-state.ts';
import type { ReviewOf } from '../events/loop-events.ts';
import type { LoopQuestion } from '../events/loop-requests.ts';
import type { ScoreHook } from '../events/scoring.ts';
import type { Frame, PendingCall } from '../events/state.ts';

/** What an engine may ask for. It is admitted, written ahead and done by the shell. */
export type Command =
  /** Ask the frame's model; `reason` is told to it where the purpose needs one. */
  | { do: 'ask'; frame: Frame; purpose: AskPurpose; reason?: string; notBefore?: number }
  /** Read the answer: a manager's decision, or an output against its contract. */
  | { do: 'read'; frame: Frame }
  | { do: 'call-tool'; frame: Frame; pending: PendingCall }
  | { do: 'start-worker'; frame: Frame; envelope: Envelope; index: number }
  /** Start an agent of a node; `agentKey` when a replacement takes over. */
  | { do: 'start-node'; graph: Graph; node: string; run: NodeRun; agentKey?: string }
  /** Run a step again that a crash had ended. */
  | { do: 'call-step'; frame: Frame }
  /** Run the preprocessor of a node's agent with this place among them, from 0. */
  | { do: 'preprocess'; frame: Frame; index: number }
  /** End frames and all below them: their effects are cut off, their failure is recorded. */
  | { do: 'stop-frames'; frames: readonly string[]; code: string; message: string }
  /** Take a kept result of a node, if there is one that is young enough; else it goes on failing. */
  | {
      do: 'use-cached';
      graph: Graph;
      node: string;
      instance?: number;
      maxStalenessMs: number | null;
    }
  /** End the calls of a frame itself, which goes on: what is recorded of them says why. */
  | { do: 'cut-calls'; frame: string; code: string; message: string }
  /** Ask a person about a node: before it starts, about its output, or for the next round. */
  | {
      do: 'ask-person';
      graph: Graph;
      node: string;
      about: 'before' | 'after' | 'input';
      args: JsonObject;
    }
  /**
   * Ask a person about a loop: its turn, a sub-manager, a limit. `call` names the request, so that it is
   * asked once.
   */
  | { do: 'ask-about-loop'; frame: Frame; about: LoopQuestion; call: string; args: JsonObject }
  /**
   * Put the results of instances together with a tool; what it returns is the node's output. `id` is
   * the id of the call: while it is in flight, nobody commands it again.
   */
  | { do: 'fan-in-tool'; graph: Graph; node: string; id: string; tool: string; args: JsonObject }
  /** Start the judge of one metric, by its place from 1, for the present answer of a frame. */
  | { do: 'start-judge'; frame: Frame; metric: number }
  /** Start a reviewer of the result of a worker, or of one that repaired it. */
  | { do: 'start-review'; frame: Frame; result: Frame; kind: ReviewOf['kind'] }
  /** Let somebody go over the result of a worker again, `attempt` from 1, with so many tokens at most. */
  | { do: 'start-repair'; frame: Frame; worker: Frame; attempt: number; tokens: number }
  /** Hold the manager's ending against the gates, which look at files. */
  | { do: 'inspect'; frame: Frame }
  /** Score the present answer of a frame; its judges have ended. */
  | { do: 'score'; frame: Frame; hook: ScoreHook }
  /** Look at the frame again at this time, in milliseconds since 1970. */
  | { do: 'wait'; frame: string; until: number }
  /** Write down what follows from the state alone. */
  | { do: 'record'; facts: readonly Fact[] };
