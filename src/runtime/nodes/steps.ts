import { orAborted } from '../../base/concurrency.ts';
import { AwpError } from '../../base/errors.ts';
import { placeOf } from '../../events/graph-agents.ts';
import type { GraphPlace } from '../../events/graph-nodes.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { confidenceIn, said } from '../agent/check-output.ts';
import type { RunContext } from '../context.ts';
import type { Cut, Finished, Start } from '../effect.ts';
import { functionOf, moduleOf } from './find-steps.ts';
import { hideSensitive } from './hide-fields.ts';
import { runModule } from './module-step.ts';
import { callOf } from './step-call.ts';
import { stepOutput } from './step-output.ts';

/** Confidence of code that says none. */
const SURE = 1;

const OUT_OF_TIME: Cut = { code: 'budget/time', message: 'the wall time of the run is over' };

/**
 * The effect of a step: the function of the program, or the agent's module, is called with what its
 * node may see. It brings `agent.finished`, or `agent.failed` with what was thrown.
 */
export function stepStart(context: RunContext, id: string): Start {
  const ended = ({ code, message }: Cut): Finished => ({
    frame: id,
    facts: [{ type: 'agent.failed', agent: id, data: { code, message } }],
    files: [],
  });
  return {
    id,
    async perform(signal) {
      try {
        const step = stepOf(context.state, id);
        return finished(context, step, await returnedBy(context, step, signal));
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        return ended(failureOf(error));
      }
    },
    outOfTime: (cut = OUT_OF_TIME) => ended(cut),
  };
}

/** A frame that is code, and the node that it runs. */
interface Step extends GraphPlace {
  frame: Frame;
}

function stepOf(state: RunState, id: string): Step {
  const frame = state.frames.get(id);
  const place = frame && placeOf(state, frame);
  if (!place) throw new AwpError('internal/bug', `${id} is no step of a graph`);
  return { frame, ...place };
}

/** Calls the code of a step, and waits for it as long as nobody ends it. */
async function returnedBy(context: RunContext, step: Step, signal: AbortSignal): Promise<unknown> {
  const { host, plan } = context;
  const call = callOf(context, step, signal);
  const { agentKey: agent } = step.frame;
  if (agent !== undefined) {
    const module = moduleOf(plan, agent, host);
    return runModule(context, step.frame, {
      ...module,
      signal,
      call: call.forModule(agent, module.path),
    });
  }
  const returned = functionOf(host, call.node)(call);
  return isThenable(returned) ? orAborted(Promise.resolve(returned), signal) : returned;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

function finished({ plan }: RunContext, { frame, graph, node }: Step, returned: unknown): Finished {
  const made = stepOutput(returned);
  if ('problem' in made) throw new AwpError('step/bad-output', made.problem);
  const agent = plan.agents?.[frame.agentKey ?? ''];
  const output = hideSensitive(
    { node: node.plan.id, agent },
    graph.plan.state.sharing,
    made.output,
  );
  const { confidence } = confidenceIn(output, SURE);
  const data = { output, text: said(output, ''), confidence, problems: [] };
  return { frame: frame.id, facts: [{ type: 'agent.finished', agent: frame.id, data }], files: [] };
}

/** What a step failed with: errors of the program have no code of ours. */
function failureOf(error: unknown): Cut {
  if (error instanceof AwpError) {
    const { code, message, hint } = error;
    return { code, message: hint === undefined ? message : `${message} (${hint})` };
  }
  const message = error instanceof Error ? error.message : textOf(error);
  return { code: 'step/failed', message: message || 'the step failed without a word' };
}

/** Programs may throw anything, also what cannot become a text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return '';
  }
}
