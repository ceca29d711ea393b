import { isObject, type Json } from '../../base/json.ts';
import { LOOP_REQUESTS, type LoopQuestion } from '../../events/loop-requests.ts';
import type { Frame } from '../../events/state.ts';
import type { Command } from '../command.ts';
import type { Pass } from '../pass.ts';
import { hashOfArguments } from '../tools/approval.ts';

type AskAboutLoop = Extract<Command, { do: 'ask-about-loop' }>;

/** Why somebody is asked, in words. */
const REASONS: Readonly<
  Record<LoopQuestion, (frame: Frame, args: AskAboutLoop['args']) => string>
> = {
  turn: ({ turns }, { delegations }) =>
    `the workers of turn ${turns.length} (${namesIn(delegations)}) start only when a person allows it`,
  submanager: (_frame, { name }) =>
    `${name} gets a manager of its own only when a person allows it`,
  raise: (_frame, { dimension }) =>
    `the limit on ${dimension} is reached; without a higher one it ends here`,
};

/** Names that a reason has at most. */
const MOST_NAMES = 6;

/** What a person would start, since lists of requests cut the orders themselves. */
function namesIn(delegations: Json | undefined): string {
  const all = Array.isArray(delegations) ? delegations : [];
  const names = all.flatMap((one) => (isObject(one) ? [String(one.worker)] : []));
  const more = names.length - MOST_NAMES;
  return [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Puts a question about a loop into the queue of requests: it waits there like a call of a tool. */
export function askAboutLoop(pass: Pass, { frame, about, call, args }: AskAboutLoop): void {
  const data = {
    ...{ id: pass.admission.approvalId(), call, tool: LOOP_REQUESTS[about] },
    ...{ args, argsHash: hashOfArguments(args), reason: REASONS[about](frame, args) },
  };
  pass.decided.facts.push({ type: 'approval.requested', agent: frame.id, data });
}
