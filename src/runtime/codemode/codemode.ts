import type { PlanCodemode } from '../../events/creation.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';

/** The tool that runs the programs of agents in code mode. */
export const SOLVES = 'code.solve';

/** How an agent works that writes programs instead of calling tools; undefined: it does not (R19). */
export function codemodeOf(
  { agents }: Pick<Plan, 'agents'>,
  { role, agentKey }: Pick<Frame, 'role' | 'agentKey'>,
): PlanCodemode | undefined {
  return role === 'node' ? agents?.[agentKey ?? '']?.codemode : undefined;
}
