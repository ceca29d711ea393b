import type { JsonObject } from '../../../src/base/json.ts';
import type { WorkflowOptions } from '../../../src/data/options.ts';
import type { LoopPlan, Plan } from '../../../src/events/plan.ts';
import type { Host } from '../../../src/ports/host.ts';
import type { ModelRequest } from '../../../src/ports/model-provider.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import type { ScriptedAnswer } from '../../../src/providers/scripted.ts';
import type { ApprovalRequest } from '../../../src/runtime/approvals/desk.ts';
import type { ApprovalAnswer } from '../../../src/runtime/approvals/inbox.ts';
import type { Resumption } from '../../../src/runtime/run.ts';
import type { Played } from './play.ts';

/** A question to a model. The same one after a crash gets the same answer, so nothing else is known. */
export interface Asked {
  /** Name of the agent that asks. */
  name: string;
  /** Answers that it has given before. */
  rounds: number;
  /** The last message, and all of them. */
  last: string;
  text: string;
  request: ModelRequest;
}

/** What an agent says, or how it finds out. */
export type Says = ScriptedAnswer | ((asked: Asked) => ScriptedAnswer);

/**
 * One story of a delegation loop. Its events are in `expected/`, in a file with its name, one line for
 * each.
 */
export interface Scenario {
  /**
   * Answers of agents by their names, one after the other, the last one again and again. `*` is everyone
   * who is not named; who is not named at all answers well.
   */
  script: Readonly<Record<string, readonly Says[]>>;
  options?: Partial<WorkflowOptions>;
  change?: Partial<LoopPlan>;
  /** A plan of its own, in the place of a loop; `folder` is where the scenario is played. */
  plan?: (folder: string) => Plan;
  /** What else the host is, and files that lie there before the run. */
  host?: (host: Host, folder: string) => Host;
  /** Default: those that ship and need no box. Made anew for each run, as they count their calls. */
  tools?: () => readonly Tool[];
  box?: () => Sandbox;
  /** What a person says to a request; `away` answers when the process has ended and takes it up again. */
  person?: (request: ApprovalRequest) => ApprovalAnswer;
  away?: true;
  /** A run that ends partial is taken up once more with these limits. */
  raise?: NonNullable<Resumption['raise']>;
  /** The run is stopped when this agent asks its first question, and taken up again. */
  stopAt?: string;
  /** Its time passes only where nothing else can happen. */
  clock?: true;
  /** US dollars for a thousand tokens in and out, where cost counts. */
  price?: { input: number; output: number };
  /** How it ends. */
  ends: { status: string; reason?: string };
  /** What else must be true of it, also of each that was taken up again. */
  holds?: (played: Played) => void;
  /**
   * An effect that a crash cuts off is charged as if it had been done, so a limit that counts it may be
   * reached sooner: such a run need only end as well as this one does. Left out: it ends the same.
   */
  countsCrashes?: true;
}

/** Scenarios by their names. */
export type Scenarios = Readonly<Record<string, Scenario>>;

/** A worker's report. */
export function report(summary: string, more: JsonObject = {}): JsonObject {
  return { summary, confidence: 0.9, ...more };
}

/** An answer that calls tools. */
export function calls(
  ...wanted: readonly (readonly [name: string, args?: JsonObject])[]
): ScriptedAnswer {
  return { toolCalls: wanted.map(([name, args = {}]) => ({ name, args })) };
}

/** An answer that writes a file. */
export function writes(path: string, content = `content of ${path}\n`): ScriptedAnswer {
  return calls(['file.write', { path, content }]);
}

/** An order for a worker. */
export function order(id: string, more: JsonObject = {}): JsonObject {
  return { worker_id: id, instructions: `do ${id}`, ...more };
}

/** An order for a sub-manager. */
export function sub(id: string, more: JsonObject = {}): JsonObject {
  return order(id, { instructions: `lead ${id}`, as_submanager: true, ...more });
}

/** A decision to plan. */
export function plans(...subtasks: readonly JsonObject[]): JsonObject {
  return {
    ...{ decision: 'plan', reasoning: 'step by step' },
    subtasks: subtasks.map((one) => ({ description: `do ${one.id}`, ...one })),
  };
}

/** A part of a plan. */
export function part(id: string, ...dependencies: readonly string[]): JsonObject {
  return { id, dependencies: [...dependencies] };
}

/** A policy under which managers plan. */
export const PLANNING = { planning: { maxSubtasks: 6, commit: 'strict' } } as const;

/** Says this until its manager has its last turn, then sums up what there is. */
export function untilTheLast(answer: JsonObject | ((asked: Asked) => JsonObject)): Says {
  return (asked) => {
    if (asked.last.includes('This is the last turn')) {
      return { decision: 'complete', final_result: { summary: 'what there is' }, confidence: 0.5 };
    }
    return typeof answer === 'function' ? answer(asked) : answer;
  };
}

/**
 * What a manager says turn after turn, the last again and again: by the number of the turn, which it is
 * told also in a conversation that begins anew.
 */
export function byTurn(...answers: readonly Says[]): Says {
  return (asked) => {
    const said = answers[Math.min(turnIn(asked), answers.length) - 1] ?? '';
    return typeof said === 'function' ? said(asked) : said;
  };
}

/** New work for one worker, turn after turn. */
export function anotherWorker(asked: Asked): JsonObject {
  const turn = turnIn(asked);
  const instructions = `step ${turn} of many`;
  return { decision: 'delegate', delegations: [{ worker_id: `w${turn}`, instructions }] };
}

function turnIn({ text }: Asked): number {
  return Number([...text.matchAll(/## Turn\n(\d+)/g)].at(-1)?.[1] ?? 1);
}
