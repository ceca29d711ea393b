import type { Message } from '../events/event.ts';
import { scopeOf } from '../events/scopes.ts';
import type { Frame } from '../events/state.ts';
import { handed } from './agent/handed.ts';
import {
  correction,
  lastTurnNote,
  managerSystem,
  managerTurn,
  summarise,
  workerStart,
} from './agent/prompt.ts';
import type { Command } from './command.ts';
import type { RunContext } from './context.ts';
import { judgeStart } from './evaluation/judge.ts';
import { nodeFollowUp, nodeStart } from './nodes/node-prompt.ts';
import { agentOf } from './plan-parts.ts';

/** What is asked, why, and of whom. */
export type Ask = Extract<Command, { do: 'ask' }>;

/** The new messages of a question, and how much of the conversation before it stays. */
export interface Question {
  keep: number;
  messages: readonly Message[];
  /** Files that the messages name; to be kept before the question is recorded. */
  files?: readonly { name: string; text: string }[];
}

/** Puts a question of a frame into words. */
export function questionFor(context: RunContext, ask: Ask): Question {
  const { frame, purpose, reason = '' } = ask;
  const keep = frame.transcript.length;
  if (frame.phase === 'retry') return { keep, messages: [] };
  const user = (text: string): Question => ({ keep, messages: [{ role: 'user', text }] });
  switch (purpose) {
    case 'turn':
    case 'closing':
      return turn(context, ask);
    case 'correction':
      return user(correction(reason));
    case 'repair':
    case 'summary':
      return user(followUp(context, frame, { purpose, reason }));
    case 'work':
      return keep > 0 ? { keep, messages: [] } : { keep: 0, ...firstQuestion(context, ask) };
  }
}

/** A manager's turn: everything from the running state is in its two messages. */
function turn(
  { plan, state, surroundings }: RunContext,
  { frame, purpose, reason = '' }: Ask,
): Question {
  const { agentKey, parent } = frame;
  const { limits } = scopeOf(state, frame);
  const notes = purpose === 'closing' ? [...frame.notes, lastTurnNote(reason)] : frame.notes;
  return {
    keep: 0,
    messages: [
      { role: 'system', text: managerSystem(plan, surroundings, { agentKey, parent, limits }) },
      { role: 'user', text: managerTurn(state, frame, notes) },
    ],
  };
}

function firstQuestion(context: RunContext, { frame }: Ask): Pick<Question, 'messages' | 'files'> {
  if (frame.role === 'node') return nodeStart(context, frame);
  if (frame.role === 'judge') return { messages: judgeStart(context.state, frame) };
  const { state, plan, surroundings } = context;
  const manager = state.frames.get(frame.parent ?? '');
  const files = (manager && handed(plan, manager)?.files) ?? [];
  return { messages: workerStart(state, frame, surroundings), files };
}

function followUp(
  { plan }: RunContext,
  frame: Frame,
  { purpose, reason }: { purpose: 'repair' | 'summary'; reason: string },
): string {
  if (frame.role === 'node') return nodeFollowUp(agentOf(plan, frame), purpose, reason);
  return purpose === 'repair' ? correction(reason) : summarise(reason);
}
