import type { ToolMaking } from '../../events/creation.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { agentOf } from '../plan-parts.ts';

/** What an agent may make; undefined: nothing. */
export function makingOf(
  plan: Plan,
  frame: Pick<Frame, 'role' | 'agentKey' | 'order'>,
): ToolMaking | undefined {
  if (!plan.creation) return undefined;
  if (frame.role === 'worker') return frame.order?.making;
  return frame.role === 'node' ? agentOf(plan, frame).making : undefined;
}
