import { asksAbout } from '../events/loop-requests.ts';
import { exhausted } from './budget.ts';
import type { Command } from './command.ts';
import { unused } from './engines/decision.ts';
import { skip } from './engines/loop/start-workers.ts';
import { startWorker } from './grants.ts';
import type { Pass } from './pass.ts';
import { admitSubmanager } from './submanagers/admit.ts';

/** Admits a worker or a sub-manager of a manager's turn; when a limit refuses it, the rest of the turn is skipped. */
export async function admitWorker(
  pass: Pass,
  command: Extract<Command, { do: 'start-worker' }>,
): Promise<void> {
  admit(pass, command);
  // Files come before the facts that name them.
  await pass.context.skills.write();
}

function admit(pass: Pass, command: Extract<Command, { do: 'start-worker' }>): void {
  const { context, admission, decided, skipped, names } = pass;
  const { state } = context;
  const { frame, envelope, index } = command;
  if (skipped.has(frame.id)) return;
  if (envelope.asSubmanager) {
    admitSubmanager(pass, command);
    return;
  }
  const verdict = admission.worker(frame);
  if (verdict === 'go') {
    const name = unused(envelope.workerId, (taken) => state.names.has(taken) || names.has(taken));
    names.add(name);
    decided.facts.push(...startWorker(context, frame, { envelope, name, index }));
    return;
  }
  skipped.add(frame.id);
  if (verdict === 'wait') {
    decided.blocked.push(frame.id);
    return;
  }
  // A person may raise the limit: the delegations wait for the answer.
  const isFinal = !asksAbout(context.plan, 'budget');
  const rest = isFinal ? frame.waiting.filter((one) => one.index >= index) : [];
  const reason = `the limit on ${verdict.dimension} (${verdict.limit}) is reached`;
  decided.facts.push(exhausted(frame.id, verdict), ...skip(frame, rest, reason));
}
