import { AwpError } from '../base/errors.ts';
import type { ApprovalPolicy, Plan, ToolPolicy } from '../events/plan.ts';
import { DEFAULT_TOOL_POLICY } from '../runtime/tools/policy.ts';
import { unknownOption } from './unknown-option.ts';

/** The option `approve`. */
export type ApproveOption = 'never' | ApprovalPolicy | readonly ApprovalPolicy[];

/** The option `toolPolicy`; what is left out has its default. */
export type ToolPolicyOptions = Partial<Omit<ToolPolicy, 'approve'>>;

/** What a person can be asked for. */
const APPROVALS: readonly ApprovalPolicy[] = [
  ...(['tools', 'network', 'shell', 'files'] as const),
  ...(['loops', 'submanagers', 'budget'] as const),
];

/** What counts of the options here. */
export interface ToolRuleOptions {
  approve?: ApproveOption;
  toolPolicy?: ToolPolicyOptions;
}

/**
 * The rules of tool calls for the plan; none when the options say nothing. Throws
 * `usage/bad-option`, `usage/unknown-option`.
 */
export function toolRules({ approve, toolPolicy = {} }: ToolRuleOptions): Pick<Plan, 'tools'> {
  const known = Object.keys(DEFAULT_TOOL_POLICY).concat('breaker');
  for (const name of Object.keys(toolPolicy)) {
    if (!known.includes(name)) throw unknownOption(`toolPolicy.${name}`, known);
  }
  if (approve === undefined && Object.keys(toolPolicy).length === 0) return {};
  checkNumbers(toolPolicy);
  return {
    tools: { ...DEFAULT_TOOL_POLICY, ...toolPolicy, approve: approvalsOf(approve) },
  };
}

function approvalsOf(approve: ApproveOption = []): ToolPolicy['approve'] {
  if (approve === 'never') return 'never';
  const all = typeof approve === 'string' ? [approve] : [...approve];
  const wrong = all.find((one) => !APPROVALS.includes(one));
  if (wrong === undefined) return all;
  throw new AwpError('usage/bad-option', `approve cannot be ${JSON.stringify(wrong)}`, {
    hint: `one of: never, ${APPROVALS.join(', ')}`,
  });
}

function checkNumbers({ callsPerAgent, parallel, timeoutMs, rate }: ToolPolicyOptions): void {
  const numbers: readonly [name: string, value: number | null | undefined, least: number][] = [
    ['callsPerAgent', callsPerAgent, 0],
    ['parallel', parallel, 1],
    ['timeoutMs', timeoutMs, 1],
    ['rate.perAgent', rate?.perAgent, 1],
    ['rate.perTool', rate?.perTool, 1],
  ];
  for (const [name, value, least] of numbers) {
    if (value === undefined || (value === null && name !== 'parallel')) continue;
    if (Number.isInteger(value) && Number(value) >= least) continue;
    throw new AwpError('usage/bad-option', `toolPolicy.${name} cannot be ${value}`, {
      hint: `a whole number of at least ${least}, or null for unlimited`,
    });
  }
}
