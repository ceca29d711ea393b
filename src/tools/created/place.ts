import type { CreatedTool, PlanNamespace } from '../../events/creation.ts';
import type { SandboxPolicy } from '../../events/plan.ts';
import type { BoxSecrets } from '../../ports/sandbox.ts';

/** Messages of one handler to the host: its result, and a few that are refused. */
const MESSAGES = 16;

/**
 * The policy of a box for tools of a namespace (rule NC2): the run's own limits, the hosts of the
 * namespace and no others, and a fresh box for each call. `hosts`: none for a trial.
 */
export function policyIn(
  { capabilities, hosts }: Pick<PlanNamespace, 'capabilities' | 'hosts'>,
  policy: SandboxPolicy,
): SandboxPolicy {
  const reached = capabilities.includes('network') ? hosts : [];
  return { ...policy, hosts: reached, toolCalls: MESSAGES, session: 'fresh' };
}

/** The policy of the box in which drafts are read and tried: that of tools without capabilities. */
export function trialPolicy(policy: SandboxPolicy): SandboxPolicy {
  return policyIn({ capabilities: ['compute'], hosts: [] }, policy);
}

/** Whether its tools see the files of the run; others have an empty output/ of their own. */
export function seesFiles({ capabilities }: Pick<PlanNamespace, 'capabilities'>): boolean {
  return capabilities.includes('filesystem');
}

/** Whether its tools can reach any host. */
export function reachesOut({
  capabilities,
  hosts,
}: Pick<PlanNamespace, 'capabilities' | 'hosts'>): boolean {
  return capabilities.includes('network') && hosts.length > 0;
}

/**
 * Those of the author's secrets that the tool asked for, that its namespace has, and that requests may
 * carry; undefined when there are none.
 */
export function secretsIn(
  { secrets: allowed }: Pick<PlanNamespace, 'secrets'>,
  { secrets: asked }: Pick<CreatedTool, 'secrets'>,
  given: BoxSecrets | undefined,
): BoxSecrets | undefined {
  const names = (given?.names ?? []).filter((one) => asked.includes(one) && allowed.includes(one));
  if (!given || names.length === 0) return undefined;
  return {
    names,
    valueFor: (name, host) => (names.includes(name) ? given.valueFor(name, host) : undefined),
  };
}
