import type { Message } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import { callFirst, correction, summarise, workerStart } from './agent/prompt.ts';
import { contextFiles } from './agent/spilled.ts';
import type { Command } from './command.ts';
import type { RunContext } from './context.ts';
import { repairStart } from './creation/repair-prompt.ts';
import { judgeStart } from './evaluation/judge.ts';
import { type ManagerQuestion, managerCorrection, managerQuestion } from './manager-question.ts';
import { nodeFollowUp, nodeStart } from './nodes/node-prompt.ts';
import { agentOf } from './plan-parts.ts';
import { reviewStart } from './quality/review-prompt.ts';
import { uncalledTools } from './worker-tools.ts';

/** Characters of an unreadable answer that are sent back where there is no room for the whole. */
const WRONG_CHARS = 2000;

/** What is asked, why, and of whom. */
export type Ask = Extract<Command, { do: 'ask' }>;

/** The new messages of a question, and how much of the conversation before it stays. */
export interface Question extends ManagerQuestion {
  /** Files that the messages name; to be kept before the question is recorded. */
  files?: readonly { name: string; text: string }[];
}

/**
 * Puts a question of a frame into words; `tight` where there are no tokens for more than the least
 * that a manager can sum up from.
 */
export function questionFor(context: RunContext, ask: Ask, tight = false): Question {
  const { frame, purpose, reason = '' } = ask;
  const keep = frame.transcript.length;
  if (frame.phase === 'retry') return { keep, messages: [] };
  const user = (text: string): Message => ({ role: 'user', text });
  switch (purpose) {
    case 'turn':
      return managerQuestion(context, { frame, closing: undefined, tight });
    case 'closing':
      return managerQuestion(context, { frame, closing: reason, tight });
    case 'correction': {
      const wrong = frame.transcript.at(-1)?.text.slice(0, WRONG_CHARS).toWellFormed() ?? '';
      const answer: Message = { role: 'assistant', text: wrong, toolCalls: [] };
      const behind = [answer, user(correction(reason))];
      return managerCorrection(context, { frame, closing: undefined, behind });
    }
    case 'repair':
    case 'summary':
      return { keep, messages: [user(followUp(context, frame, { purpose, reason }))] };
    case 'work':
      return keep > 0 ? { keep, messages: [] } : { keep: 0, ...firstQuestion(context, ask) };
  }
}

function firstQuestion(context: RunContext, { frame }: Ask): Pick<Question, 'messages' | 'files'> {
  if (frame.role === 'node') return nodeStart(context, frame);
  if (frame.role === 'judge') return { messages: judgeStart(context.state, frame) };
  if (frame.role === 'repairer') return { messages: repairStart(frame) };
  if (frame.role === 'reviewer') {
    return { messages: reviewStart(context.plan, context.state, frame) };
  }
  const { state, plan, surroundings } = context;
  const manager = state.frames.get(frame.parent ?? '');
  const files = manager ? contextFiles(plan, state, { manager, turn: frame.loop ?? 1 }) : [];
  return { messages: workerStart({ plan, state, frame, surroundings }), files };
}

function followUp(
  { plan }: RunContext,
  frame: Frame,
  { purpose, reason }: { purpose: 'repair' | 'summary'; reason: string },
): string {
  if (frame.role === 'node') return nodeFollowUp(agentOf(plan, frame), purpose, reason);
  if (purpose === 'summary') return summarise(reason);
  return uncalledTools(frame).length > 0 ? callFirst(reason) : correction(reason);
}
