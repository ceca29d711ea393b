import type { Message } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import { scopeOf } from '../../events/scopes.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { policyOf } from '../plan-parts.ts';
import { Marks } from './data-marks.ts';
import {
  MANAGER_START_PARTS,
  MANAGER_SYSTEM_PARTS,
  MANAGER_TURN_PARTS,
  WORKER_SYSTEM_PARTS,
  WORKER_TURN_PARTS,
} from './parts/lists.ts';
import type { ManagerLook, Part, Surroundings, WorkerLook } from './parts/look.ts';
import { sections } from './sections.ts';

/** Who is asked, and where. */
export interface Asked {
  plan: Plan;
  state: RunState;
  frame: Frame;
  surroundings: Surroundings;
}

/** What a manager's question is about besides the state. */
export interface TurnAbout {
  /** Turns whose results need not be told. */
  told: number;
  /** Why no turn follows. */
  closing?: string | undefined;
  /** Characters that each report has when there is no room for the whole; left out: as the policy says. */
  squeeze?: number;
}

/** A manager's conversation from its beginning: rules, task, one line for each turn told, the turn. */
export function managerStart(asked: Asked, about: TurnAbout): Message[] {
  const look = managerLook(asked, about, true);
  return [
    { role: 'system', text: written(MANAGER_SYSTEM_PARTS, look) },
    { role: 'user', text: written([...MANAGER_START_PARTS, ...MANAGER_TURN_PARTS], look) },
  ];
}

/** What is put behind a manager's conversation for its next turn. */
export function managerTurn(asked: Asked, about: TurnAbout): Message {
  return { role: 'user', text: written(MANAGER_TURN_PARTS, managerLook(asked, about, false)) };
}

function managerLook(asked: Asked, about: TurnAbout, isFirst: boolean): ManagerLook {
  const { told, closing, squeeze } = about;
  const { plan, state, frame } = asked;
  const { limits } = scopeOf(state, frame);
  const policy = policyOf(plan, frame);
  return { ...asked, policy, limits, told, isFirst, closing, squeeze, marks: new Marks() };
}

/** The worker's conversation before its first answer. */
export function workerStart(asked: Asked): Message[] {
  const { plan, state, frame } = asked;
  const manager = state.frames.get(frame.parent ?? '');
  const look = { ...asked, manager, policy: policyOf(plan, frame), marks: new Marks() };
  return [
    sharedSystem(state, written(WORKER_SYSTEM_PARTS, look)),
    { role: 'user', text: written(WORKER_TURN_PARTS, look) },
  ];
}

const systems = new WeakMap<RunState, Map<string, Message>>();

/** Workers of a run have few system prompts between them: each is one message, measured and hashed once. */
function sharedSystem(state: RunState, text: string): Message {
  const known = systems.get(state) ?? new Map<string, Message>();
  systems.set(state, known);
  const message = known.get(text) ?? { role: 'system', text };
  known.set(text, message);
  return message;
}

/** A message of these parts, with marks of its own. */
function written<L extends ManagerLook | WorkerLook>(parts: readonly Part<L>[], look: L): string {
  const marks = new Marks();
  return marks.finish(sections(parts.map((part) => part({ ...look, marks }))));
}

/** Asks for the same answer again, with what was wrong. */
export function correction(problem: string): string {
  return `Your answer was not accepted: ${problem}\n\nAnswer again with one complete JSON object and nothing else.`;
}

/** Asks a worker to call what it had to call, and to report then. */
export function callFirst(problem: string): string {
  return `Your report was not accepted: ${problem}\n\nCall what is missing now. Then report again with one complete JSON object and nothing else.`;
}

/** Asks a worker to report from what it has, without tools. */
export function summarise(reason: string): string {
  return `${reason} No more tools can be called. Report now, from what you have, with one JSON object; say in it what is missing.`;
}
