import type { z } from 'zod';
import type { AccessRule, BreakerPolicy, ToolPolicy } from '../events/plan.ts';
import type { safetyEnvelopeSchema } from '../models/safety-envelope.ts';
import type { securitySchema } from '../models/security.ts';
import type { WorkflowOptions } from './options.ts';

type Security = z.infer<typeof securitySchema>;

/** What of a workflow rules the calls of tools. */
export interface ToolRuleSources {
  security: Security | undefined;
  /** `approvals` of the safety envelope. */
  approvals: z.infer<typeof safetyEnvelopeSchema>['approvals'] | undefined;
}

/** The rules of tool calls that a workflow sets, and what a person must allow (capabilities 9, decision 36). */
export function loopTools({
  security,
  approvals = [],
}: ToolRuleSources): Pick<WorkflowOptions, 'toolPolicy' | 'approve'> {
  const toolPolicy = {
    ...rateOf(security?.rate_limiting),
    ...breakerOf(security?.circuit_breaker),
    ...accessOf(security?.access_control),
  };
  return {
    ...(Object.keys(toolPolicy).length > 0 && { toolPolicy }),
    ...(approvals.length > 0 && { approve: approvals }),
  };
}

function rateOf(limits: Security['rate_limiting']): Partial<ToolPolicy> {
  if (!limits?.enabled) return {};
  const { per_agent, per_tool, on_exceeded } = limits;
  const overrides = Object.entries(per_tool?.overrides ?? {}).flatMap(([tool, rate]) => {
    const perMinute = rate.max_calls_per_minute;
    return perMinute === undefined ? [] : [{ tool, perMinute }];
  });
  return {
    rate: {
      perAgent: per_agent?.max_calls_per_minute ?? null,
      perTool: per_tool?.max_calls_per_minute ?? null,
      onExceeded: on_exceeded,
    },
    ...(overrides.length > 0 && { overrides }),
  };
}

type Breaker = NonNullable<Security['circuit_breaker']>;

function breakerOf(breaker: Security['circuit_breaker']): Partial<ToolPolicy> {
  if (!breaker?.enabled) return {};
  const { monitored_exceptions: named, per_tool = {} } = breaker;
  const perTool = Object.entries(per_tool).map(([tool, own]) => [tool, numbersOf(own)] as const);
  const monitored = named.flatMap((kind) => KINDS.get(kind.toLowerCase()) ?? []);
  return {
    breaker: {
      ...numbersOf(breaker),
      monitored: [...new Set(monitored)],
      perTool: Object.fromEntries(perTool),
    },
  };
}

/** Kinds of failure in the spellings of the standard and of its first implementation. */
const KINDS: ReadonlyMap<string, NonNullable<ToolPolicy['breaker']>['monitored'][number]> = new Map(
  [
    ['timeout', 'timeout'],
    ['timeouterror', 'timeout'],
    ['server_error', 'server_error'],
    ['rate_limit', 'rate_limit'],
    ['connection_error', 'connection_error'],
    ['connectionerror', 'connection_error'],
  ],
);

function numbersOf({
  failure_threshold,
  reset_timeout,
  half_open_max,
}: Pick<Breaker, 'failure_threshold' | 'reset_timeout' | 'half_open_max'>): BreakerPolicy {
  return {
    failures: failure_threshold,
    resetMs: Math.ceil(reset_timeout * 1000),
    halfOpen: half_open_max,
  };
}

type Policies = NonNullable<Security['access_control']>['agent_policies'];

/** File tools that an agent with less access does not get. */
const FILE_TOOLS: Readonly<Record<Policies[string]['filesystem_access'], readonly string[]>> = {
  none: ['file.*'],
  read: ['file.write', 'file.delete'],
  write: [],
  full: [],
};

function accessOf(control: Security['access_control']): Partial<ToolPolicy> {
  if (!control?.enabled) return {};
  const { default_policy, agent_policies, rules } = control;
  const named = Object.entries(agent_policies);
  const access: AccessRule[] = [
    ...named.map(([agent, policy]) => ({
      agent,
      ...(policy.allowed_tools && { allowed: policy.allowed_tools }),
      denied: [...(policy.denied_tools ?? []), ...FILE_TOOLS[policy.filesystem_access]],
    })),
    ...rules.map(({ agent, allowed_tools, deny_tools }) => ({
      agent,
      ...(allowed_tools && { allowed: allowed_tools }),
      ...(deny_tools && { denied: deny_tools }),
    })),
  ];
  if (default_policy === 'deny') {
    const except = access.filter(({ allowed }) => allowed).map(({ agent }) => agent);
    access.push({ agent: '*', ...(except.length > 0 && { except }), allowed: [] });
  }
  return { access };
}
