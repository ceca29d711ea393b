import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { RunContext } from '../context.ts';
import { askerId, policyOf } from '../plan-parts.ts';
import { accessProblem } from '../tools/policy.ts';

const BOARD = ['board.post', 'board.read'];
const DIGEST = ['digest.fetch'];

/** Names of the tools that workers get because some loop of a plan has a board or digests. */
export function loopToolsOf(plan: Plan): Set<string> {
  const keys = [...(plan.manager ? [undefined] : []), ...Object.keys(plan.loops ?? {})];
  return new Set(keys.flatMap((agentKey) => ownTools(plan, { agentKey })));
}

function ownTools(plan: Plan, frame: Pick<Frame, 'agentKey'>): string[] {
  const { board, digest } = policyOf(plan, frame);
  return [...(board ? BOARD : []), ...(digest ? DIGEST : [])];
}

/**
 * The tools of a worker with those of its loop's board and digests (spec, runtime 4.4): nobody has to
 * grant them, rules of access and forbidden tools still take them away, and a worker whose model
 * cannot call tools has none.
 */
export function withLoopTools(
  context: Pick<RunContext, 'plan' | 'tools' | 'models'>,
  worker: Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'> & { model: string },
  tools: readonly string[],
): readonly string[] {
  const { plan } = context;
  const own = ownTools(plan, worker).filter(
    (name) =>
      context.tools.has(name) &&
      !tools.includes(name) &&
      accessProblem(plan, worker, name) === undefined,
  );
  if (own.length === 0) return tools;
  const model = context.models.get(askerId(worker))?.get(worker.model);
  return model?.capabilities?.tools === false ? tools : [...tools, ...own];
}
