import { matchesTool } from '../base/paths.ts';
import type { Envelope } from '../events/decision.ts';
import type { Fact } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import type { Tool } from '../ports/tool.ts';
import type { RunContext } from './context.ts';
import { loopOf, toolboxOf } from './plan-parts.ts';
import { accessProblem } from './tools/policy.ts';

/**
 * The fact that a worker starts, with the tools that it gets: what the workflow allows, narrowed by
 * what the manager asked for, without what is denied. A manager can narrow, never widen.
 */
export function startWorker(
  context: RunContext,
  parent: Frame,
  { envelope, name, index }: { envelope: Envelope; name: string; index: number },
): Fact {
  const { plan } = context;
  const loop = parent.turns.length;
  const { worker } = loopOf(plan, parent);
  const controls = new Set(worker.managerControls);
  const temperature = controls.has('temperature') ? envelope.temperature : undefined;
  return {
    type: 'agent.started',
    agent: `${parent.parent === undefined ? '' : `${parent.id}-`}${loop}.${index}`,
    parent: parent.id,
    depth: parent.depth + 1,
    loop,
    data: {
      role: 'worker',
      ...(parent.agentKey !== undefined && { agentKey: parent.agentKey }),
      name,
      ...(envelope.workerId !== name && { askedAs: envelope.workerId }),
      model: worker.model,
      temperature: temperature ?? worker.temperature,
      tools: toolsOf(
        context,
        { name, askedAs: envelope.workerId, role: 'worker', agentKey: parent.agentKey },
        controls.has('tools_allowed') ? envelope.toolsAllowed : undefined,
      ),
      instructions: envelope.instructions,
      ...(envelope.contract && controls.has('output_contract') && { contract: envelope.contract }),
      index,
    },
  };
}

/**
 * Names of the tools that a worker or a node gets: of those in its toolbox the ones that are `wanted`,
 * all when left out; names that do not exist are dropped (spec, runtime 4.2).
 */
export function toolsOf(
  { plan, tools }: Pick<RunContext, 'plan' | 'tools'>,
  worker: Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'>,
  wanted?: readonly string[],
): string[] {
  const toolbox = toolboxOf(plan, worker);
  const all = [...tools].filter(([, tool]) => isGranted(tool, toolbox)).map(([name]) => name);
  const chosen = wanted?.some((pattern) => all.some((name) => matchesTool(pattern, name)))
    ? all.filter((name) => wanted.some((pattern) => matchesTool(pattern, name)))
    : all;
  return chosen.filter((name) => accessProblem(plan, worker, name) === undefined);
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
