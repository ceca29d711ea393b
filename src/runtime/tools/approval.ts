import { sha256 } from '../../base/hash.ts';
import { canonicalJson, type JsonObject } from '../../base/json.ts';
import { matchesTool } from '../../base/paths.ts';
import { languageNamed } from '../../events/languages.ts';
import type { ApprovalPolicy } from '../../events/plan.ts';
import type { Approval, Frame, RunState } from '../../events/state.ts';
import type { Tool } from '../../ports/tool.ts';
import type { RunContext } from '../context.ts';
import { argumentProblems } from './arguments.ts';
import { RUNS_PROGRAMS, toolPolicy } from './policy.ts';

/** What is asked about one call: the agent, the tool, and exactly these arguments. */
export interface Question {
  frame: Frame;
  /** Id of the call. */
  call: string;
  tool: Tool;
  args: JsonObject;
}

/** Whether a person must be asked. */
export type Need =
  | { ask: false }
  /** An answer that counts for this call is there. */
  | { ask: 'answered'; approval: Approval }
  /** The same was asked already and is not answered. */
  | { ask: 'pending'; approval: Approval }
  | { ask: true; reason: string; argsHash: string }
  /** A person would have to be asked, and nobody may be. */
  | { ask: 'never'; reason: string };

/** SHA-256 of the canonical arguments: an approval is bound to it (threat T15). */
export function hashOfArguments(args: JsonObject): string {
  return sha256(canonicalJson(args));
}

/** Whether a call needs a person's yes, and whether it is there already. */
export async function approvalNeed(context: RunContext, question: Question): Promise<Need> {
  const { frame, call, tool, args } = question;
  const { approve } = toolPolicy(context.plan);
  const { hosts } = context.plan.sandbox;
  if (!tool.approval && (approve === 'never' || approve.length === 0)) return { ask: false };
  const argsHash = hashOfArguments(args);
  const known = approvalFor(context.state, { frame, call, tool: tool.name, argsHash });
  if (known) return { ask: known.resolution ? 'answered' : 'pending', approval: known };
  // Nobody is asked about a call that would be refused anyway.
  if ((await argumentProblems(tool, args)).length > 0) return { ask: false };
  const reason = (await ownReason(tool, args)) ?? policyReason(approve, { tool, args, hosts });
  if (reason === undefined) return { ask: false };
  return approve === 'never' ? { ask: 'never', reason } : { ask: true, reason, argsHash };
}

interface Key {
  frame: Frame;
  call: string;
  tool: string;
  argsHash: string;
}

/**
 * The approval of this very call; else the newest one for the same agent, tool and arguments whose own
 * call is over, as that of a program that has ended. One that was used counts no more.
 */
function approvalFor(state: RunState, key: Key): Approval | undefined {
  const alike = [...state.approvals.values()].filter(
    ({ agent, tool, argsHash, used }) =>
      !used && agent === key.frame.id && tool === key.tool && argsHash === key.argsHash,
  );
  return (
    alike.find(({ call }) => call === key.call) ??
    alike.findLast(({ call }) => isOver(state, key.frame, call))
  );
}

/** Whether nobody waits for a call any more: it was answered, or the program that made it has ended. */
function isOver({ inFlight }: RunState, frame: Frame, call: string): boolean {
  const own = frame.calls.find(({ id }) => id === call);
  if (own) return own.phase === 'returned';
  return !inFlight.has(call.replace(/\.i\d+$/, ''));
}

async function ownReason(tool: Tool, args: JsonObject): Promise<string | undefined> {
  try {
    return await tool.approval?.(args);
  } catch {
    return `${tool.name} could not tell whether this needs a person`;
  }
}

/** What a group asks about. */
interface Asked {
  tool: Tool;
  args: JsonObject;
  /** Hosts that programs may reach. */
  hosts: readonly string[];
}

/** What is asked about a call; other groups ask about loops. */
const GROUPS: Readonly<Partial<Record<ApprovalPolicy, (asked: Asked) => string | undefined>>> = {
  tools: ({ tool: { sideEffects, name } }) =>
    sideEffects ? `${name} changes something outside of this run` : undefined,
  network({ tool, hosts }) {
    if (tool.network) return `${tool.name} reaches other hosts`;
    return reachesHosts(tool, hosts) ? `programs can reach ${hosts.join(', ')}` : undefined;
  },
  shell: ({ tool: { name }, args }) =>
    matchesTool('shell.*', name) ||
    matchesTool('terminal.*', name) ||
    (name === RUNS_PROGRAMS && languageNamed(String(args.language)) === 'shell')
      ? `${name} runs a command`
      : undefined,
  files: ({ tool: { name } }) =>
    name === 'file.write' || name === 'file.delete' ? `${name} changes files` : undefined,
};

/**
 * Whether a tool runs programs that can reach the hosts of the run by themselves. Tools that programs can
 * call have boxes of their own, and say themselves whether these reach any.
 */
export function reachesHosts({ needsBox, nested }: Tool, hosts: readonly string[]): boolean {
  return needsBox === true && !nested && hosts.length > 0;
}

function policyReason(
  approve: 'never' | readonly ApprovalPolicy[],
  asked: Asked,
): string | undefined {
  if (approve === 'never') return undefined;
  for (const group of approve) {
    const reason = GROUPS[group]?.(asked);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
