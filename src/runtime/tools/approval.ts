import { sha256 } from '../../base/hash.ts';
import { canonicalJson, type JsonObject } from '../../base/json.ts';
import { matchesTool } from '../../base/paths.ts';
import type { ApprovalPolicy } from '../../events/plan.ts';
import type { Approval, Frame, RunState } from '../../events/state.ts';
import type { Tool } from '../../ports/tool.ts';
import type { RunContext } from '../context.ts';
import { argumentProblems } from './arguments.ts';
import { toolPolicy } from './policy.ts';

/** What is asked about one call: the agent, the tool, and exactly these arguments. */
export interface Question {
  frame: Frame;
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
function hashOfArguments(args: JsonObject): string {
  return sha256(canonicalJson(args));
}

/** Whether a call needs a person's yes, and whether it is there already. */
export async function approvalNeed(context: RunContext, question: Question): Promise<Need> {
  const { frame, tool, args } = question;
  const { approve } = toolPolicy(context.plan);
  if (!tool.approval && (approve === 'never' || approve.length === 0)) return { ask: false };
  const argsHash = hashOfArguments(args);
  const known = approvalFor(context.state, { frame, tool: tool.name, argsHash });
  if (known) return { ask: known.resolution ? 'answered' : 'pending', approval: known };
  // Nobody is asked about a call that would be refused anyway.
  if ((await argumentProblems(tool, args)).length > 0) return { ask: false };
  const reason = (await ownReason(tool, args)) ?? policyReason(approve, tool);
  if (reason === undefined) return { ask: false };
  return approve === 'never' ? { ask: 'never', reason } : { ask: true, reason, argsHash };
}

interface Key {
  frame: Frame;
  tool: string;
  argsHash: string;
}

/** The newest approval for the same agent, tool and arguments; one that was used counts no more. */
function approvalFor({ approvals }: RunState, key: Key): Approval | undefined {
  return [...approvals.values()].findLast(
    ({ agent, tool, argsHash, used }) =>
      !used && agent === key.frame.id && tool === key.tool && argsHash === key.argsHash,
  );
}

async function ownReason(tool: Tool, args: JsonObject): Promise<string | undefined> {
  try {
    return await tool.approval?.(args);
  } catch {
    return `${tool.name} could not tell whether this needs a person`;
  }
}

const GROUPS: Readonly<Record<ApprovalPolicy, (tool: Tool) => string | undefined>> = {
  tools: ({ sideEffects, name }) =>
    sideEffects ? `${name} changes something outside of this run` : undefined,
  network: ({ network, name }) => (network ? `${name} reaches other hosts` : undefined),
  shell: ({ name }) =>
    matchesTool('shell.*', name) || matchesTool('terminal.*', name)
      ? `${name} runs a command`
      : undefined,
  files: ({ name }) =>
    name === 'file.write' || name === 'file.delete' ? `${name} changes files` : undefined,
};

function policyReason(
  approve: 'never' | readonly ApprovalPolicy[],
  tool: Tool,
): string | undefined {
  if (approve === 'never') return undefined;
  for (const group of approve) {
    const reason = GROUPS[group](tool);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
