import { matchesTool } from '../base/paths.ts';
import type { Envelope } from '../events/decision.ts';
import type { Fact } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import type { Tool } from '../ports/tool.ts';
import { withLoopTools } from './board/loop-tools.ts';
import type { RunContext } from './context.ts';
import { loopOf, toolboxOf } from './plan-parts.ts';
import { withinOrder, withinTools } from './submanagers/narrow.ts';
import { accessProblem } from './tools/policy.ts';
import { orderedWorker } from './worker-order.ts';

/**
 * The fact that a worker starts, with what the policy left of its delegation: a manager can choose what
 * it controls and narrow the rest, never widen. What was not taken is in `notes`.
 */
export function startWorker(
  context: RunContext,
  parent: Frame,
  { envelope, name, index }: { envelope: Envelope; name: string; index: number },
): Fact {
  const { plan } = context;
  const loop = parent.turns.length;
  const { agentKey } = parent;
  const { model } = loopOf(plan, parent).worker;
  const who = { name, askedAs: envelope.workerId, role: 'worker', agentKey, model } as const;
  const all = withLoopTools(context, who, withinTools(parent, toolsOf(context, who)));
  const asked = withinOrder(parent, envelope);
  const ordered = orderedWorker(plan, { parent, worker: who, all }, asked);
  const { instructions, temperature, tools, contract, order } = ordered;
  const notes = ordered.notes.map((note) => `Worker ${name}: ${note}.`);
  return {
    type: 'agent.started',
    agent: `${parent.parent === undefined ? '' : `${parent.id}-`}${loop}.${index}`,
    parent: parent.id,
    depth: parent.depth + 1,
    loop,
    data: {
      role: 'worker',
      ...(agentKey !== undefined && { agentKey }),
      name,
      ...(envelope.workerId !== name && { askedAs: envelope.workerId }),
      model,
      temperature,
      tools: withLoopTools(context, who, tools),
      instructions,
      ...(contract && { contract }),
      ...(order && { order }),
      ...(notes.length > 0 && { notes }),
      index,
    },
  };
}

/** Names of the tools that a worker or a node may have: those in its toolbox that no rule takes away. */
export function toolsOf(
  { plan, tools }: Pick<RunContext, 'plan' | 'tools'>,
  worker: Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'>,
): string[] {
  const toolbox = toolboxOf(plan, worker);
  const all = [...tools].filter(([, tool]) => isGranted(tool, toolbox)).map(([name]) => name);
  return all.filter((name) => accessProblem(plan, worker, name) === undefined);
}

/**
 * Whether a tool is among those of a toolbox: one that ships must be named, others come with the
 * run unless they ask to be named; denied wins.
 */
export function isGranted(
  { name, grant, origin = 'builtin' }: Tool,
  { tools, denied }: { tools: readonly string[]; denied: readonly string[] },
): boolean {
  const isNamed = (pattern: string): boolean =>
    matchesTool(pattern, name) && !(grant === 'explicit' && /^[*.]+$/.test(pattern));
  const comesAlong = origin !== 'builtin' && grant !== 'explicit';
  if (!comesAlong && !tools.some(isNamed)) return false;
  return !denied.some((pattern) => matchesTool(pattern, name));
}
