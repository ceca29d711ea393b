import { AwpError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import { answerApproval } from '../runtime/approvals/answer.ts';
import type { ApprovalRequest, AskPerson } from '../runtime/approvals/desk.ts';
import type { ApprovalAnswer } from '../runtime/approvals/inbox.ts';
import { loadState } from '../runtime/load-state.ts';
import { openHome } from './home.ts';
import { effectsWith } from './node-host.ts';
import { machineSecrets } from './secret-store.ts';

export type { ApprovalRequest } from '../runtime/approvals/desk.ts';

/**
 * What is said to a request: yes or no, or with other arguments and a reason. Of a node of a graph
 * `args` is `{ output }`, of a loop that asks `{ input }` (docs/approvals.md).
 */
export type ApprovalReply =
  | 'approve'
  | 'reject'
  | { decision: 'approve' | 'reject'; args?: JsonObject; reason?: string };

/** Answers requests of a run while it goes on; `ask` leaves it to `handle.resolve` or another process. */
export type OnApproval = (
  request: ApprovalRequest,
  signal: AbortSignal,
) => 'ask' | ApprovalReply | Promise<'ask' | ApprovalReply>;

/** The reply as the log has it. Throws `usage/bad-option`. */
export function readReply(reply: ApprovalReply, by: string): ApprovalAnswer {
  const { decision, args, reason }: Partial<Exclude<ApprovalReply, string>> =
    typeof reply === 'object' ? (reply ?? {}) : { decision: reply };
  if (decision !== 'approve' && decision !== 'reject') {
    throw new AwpError('usage/bad-option', `an approval cannot be ${JSON.stringify(decision)}`, {
      hint: "answer 'approve' or 'reject', or { decision, args, reason }",
    });
  }
  return {
    decision: decision === 'approve' ? 'approved' : 'rejected',
    by,
    ...(args !== undefined && decision === 'approve' && { args }),
    ...(reason !== undefined && { reason }),
  };
}

/** A caller's function as the runtime asks it. */
export function askWith(onApproval: OnApproval, by: string): AskPerson {
  return async (request, signal) => {
    const reply = await onApproval(request, signal);
    return reply === 'ask' ? undefined : readReply(reply, by);
  };
}

/** Where a run is looked for. */
export interface ApprovalPlace {
  /** The `.awp` folder; found as for `AgentWorkflow` when left out. */
  home?: string | undefined;
  effects?: Effects;
}

/** The requests of a run that wait for an answer, oldest first. Throws `store/not-found`. */
export async function pendingApprovals(
  run: string,
  place: ApprovalPlace = {},
): Promise<readonly ApprovalRequest[]> {
  return withStore(place, async (store) => {
    const { run: id } = await store.find(run);
    const { pendingApprovals: pending, approvals } = await loadState(store, id);
    return [...pending].flatMap((one) => {
      const approval = approvals.get(one);
      if (!approval) return [];
      const { resolution: _, used: __, ...request } = approval;
      return [{ ...request, run: id }];
    });
  });
}

/**
 * Answers a request of any run: of one that another process drives, or that waits for somebody to
 * take it up again. Resolves with whether a process has it now (`handed-over`) or the log
 * (`recorded`). Throws `approval/unknown`, `approval/answered`, `approval/changed`,
 * `approval/bad-edit`, `store/...`.
 */
export async function resolveApproval(
  run: string,
  id: string,
  { reply, by = 'api', argsHash, ...place }: ApprovalPlace & Resolution,
): Promise<{ run: string; how: 'recorded' | 'handed-over' }> {
  const answer = { ...readReply(reply, by), ...(argsHash !== undefined && { argsHash }) };
  return withStore(place, async (store, effects) => {
    const { run: whole } = await store.find(run);
    const host = { store, effects, secretValues: () => machineSecrets(effects) };
    return { run: whole, how: await answerApproval(host, { run: whole, id, answer }) };
  });
}

/** What is said, and by whom. */
interface Resolution {
  reply: ApprovalReply;
  /** `cli`, `studio`, ...; `api` when left out. */
  by?: string;
  /** SHA-256 of the arguments that were looked at, to be sure that they are the same. */
  argsHash?: string;
}

async function withStore<T>(
  { home, effects = effectsWith({}) }: ApprovalPlace,
  act: (store: Awaited<ReturnType<typeof openHome>>['store'], effects: Effects) => Promise<T>,
): Promise<T> {
  const opened = await openHome({
    ...(home !== undefined && { home }),
    ...{ cwd: process.cwd(), effects },
  });
  try {
    return await act(opened.store, effects);
  } finally {
    await opened.close();
  }
}
