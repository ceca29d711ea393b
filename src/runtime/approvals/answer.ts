import { AwpError } from '../../base/errors.ts';
import type { Host } from '../../ports/host.ts';
import { loadState } from '../load-state.ts';
import { Recorder } from '../recorder.ts';
import { makeRedact } from '../redact.ts';
import { checkedAnswer } from './checked-answer.ts';
import { checkBound, unknown } from './desk.ts';
import { type ApprovalAnswer, putAnswer } from './inbox.ts';

/** What of a host is needed to answer. */
export type AnsweringHost = Pick<Host, 'store' | 'effects' | 'secretValues'>;

/**
 * Answers a request of a run that this process does not drive. When nobody drives it the answer goes
 * into its log, else to the process that does: `recorded` or `handed-over`. Throws
 * `approval/unknown`, `approval/answered`, `approval/changed`, `approval/bad-edit`, `store/...`.
 */
export async function answerApproval(
  host: AnsweringHost,
  { run, id, answer }: { run: string; id: string; answer: ApprovalAnswer },
): Promise<'recorded' | 'handed-over'> {
  const { store, effects } = host;
  const state = await loadState(store, run);
  const approval = state.approvals.get(id);
  if (!approval || !state.pendingApprovals.has(id)) throw unknown(id, approval);
  checkBound(approval, answer);
  const checked = await checkedAnswer(state, approval, answer);
  const owner = `process ${effects.processes.pid()}`;
  const lease = await store.claim(run, owner).catch((error: unknown) => {
    if (error instanceof AwpError && error.code === 'store/locked') return undefined;
    throw error;
  });
  const { argsHash: _, ...said } = checked;
  if (!lease) {
    const argsHash = approval.argsHash;
    const first = await putAnswer(effects, store.folder(run), {
      id,
      answer: { ...said, argsHash },
    });
    if (first) return 'handed-over';
    throw new AwpError('approval/answered', `${id} was answered already`);
  }
  try {
    // What came in between is read under the lease.
    const now = await loadState(store, run);
    if (!now.pendingApprovals.has(id)) throw unknown(id, now.approvals.get(id));
    const recorder = new Recorder({
      ...{ store, lease, state: now, clock: effects.clock, durability: 'full' },
      redact: makeRedact(host.secretValues()),
    });
    const data = { id, call: approval.call, ...said };
    await recorder.record([{ type: 'approval.resolved', agent: approval.agent, data }]);
    return 'recorded';
  } finally {
    await store.release(lease);
  }
}
