import type { JsonObject } from '../../../base/json.ts';
import type { BoardEntry } from '../../../events/loop-state.ts';
import { clip } from '../clip.ts';
import { section } from '../sections.ts';
import type { ManagerPart, WorkerPart } from './look.ts';

/** Entries that a manager's question shows, and a worker's (spec, runtime 4.3). */
const SIGNALS = 20;
const SEEN_BY_WORKERS = 10;
/** Characters of one entry's payload in a prompt; the tool returns all of it. */
const PAYLOAD_CHARS = 600;

/** Tells a manager that its workers have a board. */
export const boardRules: ManagerPart = ({ policy }) => {
  if (!policy.board) return undefined;
  return section(
    'Board',
    'Your workers share a board: they post and read findings with board.post and board.read, which they have anyway. What is new on it stands under Signals.',
  );
};

/**
 * What workers posted since the last question. What the runtime posted of those that have ended is left
 * out: their results stand in the same question.
 */
export const signalsPart: ManagerPart = ({ frame, marks }) => {
  const { board = [], boardTold = 0 } = frame.delegation ?? {};
  const posted = board.slice(boardTold).filter(({ call }) => call !== undefined);
  if (posted.length === 0) return undefined;
  return section('Signals', marks.block(lines(posted, SIGNALS), 'the board of your workers'));
};

/** What was on the board when the worker started. */
export const boardPart: WorkerPart = ({ manager, policy, marks }) => {
  const { board = [] } = manager?.delegation ?? {};
  if (!policy.board || board.length === 0) return undefined;
  return section('Board', marks.block(lines(board, SEEN_BY_WORKERS), 'sibling workers'));
};

function lines(entries: readonly BoardEntry[], most: number): string {
  const shown = entries.slice(-most).map(({ id, topic, worker, payload }) => {
    const line: JsonObject = { id, topic, worker, payload: clip(payload, PAYLOAD_CHARS) };
    return JSON.stringify(line);
  });
  const left = entries.length - shown.length;
  return (left > 0 ? [`(${left} before these)`, ...shown] : shown).join('\n');
}
