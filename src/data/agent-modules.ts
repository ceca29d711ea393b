import { AgentRunner } from '../modules/agent-runner.ts';
import type { Effects } from '../ports/effects.ts';
import type { StepRunner } from '../ports/step.ts';
import { type TrustOption, trustGate } from './trust.ts';

/**
 * Runs the code of agents (`agents/<id>/agent.ts`) for one run. Nothing of it runs before the run
 * begins, and then only if it is trusted: its contents are known, or `trust` says yes. Default no.
 */
export function agentModules(effects: Effects, trust: TrustOption | undefined): StepRunner {
  const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new AgentRunner({
    effects,
    entry: new URL(`./module-entry.${kind}`, import.meta.url).href,
    trust: trustGate(effects, trust),
  });
}
