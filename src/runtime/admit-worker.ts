import type { Fact } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import { exhausted, type Refusal } from './budget.ts';
import type { Command } from './command.ts';
import { unused } from './engines/decision.ts';
import { skip } from './engines/delegation.ts';
import { startWorker } from './grants.ts';
import type { Pass } from './pass.ts';

/** Admits a worker of a manager's turn; when a limit refuses it, the rest of the turn is skipped. */
export function admitWorker(pass: Pass, command: Extract<Command, { do: 'start-worker' }>): void {
  const { context, admission, decided, skipped, names } = pass;
  const { state } = context;
  const { frame, envelope, index } = command;
  if (skipped.has(frame.id)) return;
  const verdict = admission.worker(frame);
  if (verdict === 'go') {
    const name = unused(envelope.workerId, (taken) => state.names.has(taken) || names.has(taken));
    names.add(name);
    decided.facts.push(startWorker(context, frame, { envelope, name, index }));
    return;
  }
  skipped.add(frame.id);
  if (verdict === 'wait') {
    decided.blocked.push(frame.id);
    return;
  }
  decided.facts.push(exhausted(frame.id, verdict), ...skipRest(frame, index, verdict));
}

function skipRest(frame: Frame, index: number, { dimension, limit }: Refusal): Fact[] {
  const rest = {
    ...frame,
    waiting: frame.waiting.filter((_, place) => place + firstIndex(frame) >= index),
  };
  return skip(rest, index, `the limit on ${dimension} (${limit}) is reached`);
}

/** Place of the first waiting envelope among the delegations of its turn, from 1. */
function firstIndex(frame: Frame): number {
  const total = frame.decision?.decision === 'delegate' ? frame.decision.delegations.length : 0;
  return total - frame.waiting.length + 1;
}
