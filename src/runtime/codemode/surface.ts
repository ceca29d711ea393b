import { matchesTool } from '../../base/paths.ts';
import { namespaceOf } from '../../base/tool-names.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import { CREATION_TOOLS } from '../creation/names.ts';
import { codemodeOf, SOLVES } from './codemode.ts';

/** Whose tools they are. */
type Holder = Pick<Frame, 'role' | 'agentKey'>;

/** Whether a tool is the one that runs the programs of this agent: its author gave it with code mode. */
export function runsItsPrograms(plan: Plan, holder: Holder, tool: string): boolean {
  return tool === SOLVES && codemodeOf(plan, holder) !== undefined;
}

/**
 * Whether a tool is one that the programs of this agent may call: true without code mode, and without an
 * explicit surface (R22). What it makes itself is on every surface.
 */
export function isOnSurface(plan: Plan, holder: Holder, tool: string): boolean {
  const only = codemodeOf(plan, holder)?.only;
  if (!only || CREATION_TOOLS.includes(tool)) return true;
  const { making } = plan.agents?.[holder.agentKey ?? ''] ?? {};
  const namespace = namespaceOf(tool);
  if (plan.creation && making?.namespaces.includes(namespace)) return true;
  return only.some((pattern) => matchesTool(pattern, tool));
}
