import type { Fact } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { ToolContext } from '../../ports/tool.ts';
import { policyOf } from '../plan-parts.ts';

/** What one tool call can see of its loop, and what it posts. */
export interface CallDesk {
  /** Parts of the tool's context; empty for an agent of no such loop. */
  parts: Pick<ToolContext, 'board' | 'digest'>;
  /** The post as a fact; its number is given when it is recorded (see `numberPosts`). */
  posted(): Fact[];
}

/** The loop of an agent, for one of its tool calls. Entries are read from the state: the log is the board. */
export function callDesk(
  { plan, state }: { plan: Plan; state: RunState },
  frame: Frame,
  call: string,
): CallDesk {
  const board = frame.role === 'worker' ? frame.parent : undefined;
  if (board === undefined) return { parts: {}, posted: () => [] };
  const policy = policyOf(plan, frame);
  let posted: Fact[] = [];
  return {
    parts: {
      ...(policy.board && {
        board: {
          entries: () => state.frames.get(board)?.delegation?.board ?? [],
          post: (topic, payload) => {
            const data = { id: '', board, topic, payload, call };
            posted = [{ type: 'board.posted', agent: frame.id, data }];
          },
        },
      }),
      ...(policy.digest && { digest: (sha256: string) => state.digests.get(sha256) }),
    },
    posted: () => posted,
  };
}
