import { matchesTool } from '../base/paths.ts';
import type { Envelope } from '../events/decision.ts';
import type { Fact } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import type { Tool } from '../ports/tool.ts';
import { withLoopTools } from './board/loop-tools.ts';
import type { RunContext } from './context.ts';
import { creationTools, ownCreationTools } from './creation/grant.ts';
import { CREATION_TOOLS } from './creation/names.ts';
import { loopOf, toolboxOf } from './plan-parts.ts';
import { withinOrder, withinTools } from './submanagers/narrow.ts';
import { accessProblem } from './tools/policy.ts';
import { orderedWorker } from './worker-order.ts';

/**
 * The fact that a worker starts, with what the policy left of its delegation: a manager can choose what
 * it controls and narrow the rest, never widen. What was not taken is in `notes`. Facts about skills that
 * the delegation brings come before it; `context.skills` then has texts to write.
 */
export function startWorker(
  context: RunContext,
  parent: Frame,
  { envelope, name, index }: { envelope: Envelope; name: string; index: number },
): Fact[] {
  const { plan, skills } = context;
  const loop = parent.turns.length;
  const { agentKey } = parent;
  const { model } = loopOf(plan, parent).worker;
  const who = { name, askedAs: envelope.workerId, role: 'worker', agentKey, model } as const;
  const all = withLoopTools(
    context,
    who,
    withinTools(parent, toolsOf(context, who), context.tools),
  );
  const asked = withinOrder(parent, envelope);
  const creating = creationTools(context, who);
  const ordered = orderedWorker(plan, { parent, worker: who, all, creating, made: skills }, asked);
  const { instructions, temperature, tools, contract, order } = ordered;
  const notes = ordered.notes.map((note) => `Worker ${name}: ${note}.`);
  const started: Fact = {
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
  return [...(ordered.written ? skills.factsOf(parent, ordered.written) : []), started];
}

/**
 * Names of the tools that a worker or a node may have: those in its toolbox that no rule takes away.
 * Tools that agents made come along for workers; a node has those that its patterns name, and those for
 * making tools when it may make some.
 */
export function toolsOf(
  context: Pick<RunContext, 'plan' | 'tools' | 'models'>,
  worker: Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'>,
): string[] {
  const { plan, tools } = context;
  const toolbox = toolboxOf(plan, worker);
  const own = [...tools].flatMap(([name, tool]) => {
    if (CREATION_TOOLS.includes(name) || !isGranted(tool, toolbox)) return [];
    const isMade = tool.origin === 'dynamic';
    if (isMade && worker.role === 'node' && !isNamed(tool, toolbox)) return [];
    return accessProblem(plan, worker, name) === undefined ? [name] : [];
  });
  return [...own, ...ownCreationTools(context, worker)];
}

/**
 * Whether a tool is among those of a toolbox: one that ships must be named, others come with the
 * run unless they ask to be named; denied wins.
 */
export function isGranted(
  tool: Tool,
  { tools, denied }: { tools: readonly string[]; denied: readonly string[] },
): boolean {
  const { name, grant, origin = 'builtin' } = tool;
  const comesAlong = origin !== 'builtin' && (grant === undefined || grant === 'usual');
  if (!comesAlong && !isNamed(tool, { tools })) return false;
  return !denied.some((pattern) => matchesTool(pattern, name));
}

/** Whether a pattern names a tool; one of stars alone does not name those that ask to be named. */
function isNamed({ name, grant }: Tool, { tools }: { tools: readonly string[] }): boolean {
  return tools.some(
    (pattern) =>
      matchesTool(pattern, name) &&
      !(grant === 'explicit' && /^[*.]+$/.test(pattern)) &&
      !(grant === 'exact' && pattern !== name),
  );
}
