import { matchesTool } from '../base/paths.ts';
import type { Envelope, Fact } from '../events/event.ts';
import type { Frame } from '../events/state.ts';
import type { RunContext } from './context.ts';
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
  const controls = new Set(plan.worker.managerControls);
  const temperature = controls.has('temperature') ? envelope.temperature : undefined;
  return {
    type: 'agent.started',
    agent: `${loop}.${index}`,
    parent: parent.id,
    depth: parent.depth + 1,
    loop,
    data: {
      role: 'worker',
      name,
      ...(envelope.workerId !== name && { askedAs: envelope.workerId }),
      model: plan.worker.model,
      temperature: temperature ?? plan.worker.temperature,
      tools: granted(
        context,
        { name, askedAs: envelope.workerId },
        controls.has('tools_allowed') ? envelope.toolsAllowed : undefined,
      ),
      instructions: envelope.instructions,
      ...(envelope.contract && controls.has('output_contract') && { contract: envelope.contract }),
      index,
    },
  };
}

/** Names of the tools that a worker gets; names that do not exist are dropped (spec, runtime 4.2). */
function granted(
  { plan, tools }: RunContext,
  worker: Pick<Frame, 'name' | 'askedAs'>,
  wanted: readonly string[] | undefined,
): string[] {
  const all = [...tools.keys()];
  const chosen = wanted?.some((pattern) => all.some((name) => matchesTool(pattern, name)))
    ? all.filter((name) => wanted.some((pattern) => matchesTool(pattern, name)))
    : all;
  return chosen.filter((name) => accessProblem(plan, worker, name) === undefined);
}
