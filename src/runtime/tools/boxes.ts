import type { RunEvent } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { codemodeOf } from '../codemode/codemode.ts';
import type { RunContext } from '../context.ts';
import { makingOf } from '../creation/making.ts';
import { boxPolicyOf } from './box-policy.ts';
import { RUNS_PROGRAMS } from './policy.ts';

/** Lets the sandbox know what is to come: a worker that starts will need a box, one that ended none. */
export function followBoxes(context: RunContext, { type, agent = '' }: RunEvent): void {
  const frame = context.state.frames.get(agent);
  if (!frame) return;
  if (type === 'agent.started') prepareBox(context, frame);
  else if (type === 'agent.finished' || type === 'agent.failed') endBox(context, frame);
}

/** Has a box made ready while the worker's model thinks. */
export function prepareBox(context: RunContext, frame: Frame): void {
  const { sandbox, runFiles, state, plan } = context;
  if (!sandbox) return;
  prepareTrial(context, sandbox, frame);
  if (!usesBox(plan, frame)) return;
  const language = codemodeOf(plan, frame)?.language;
  const policy = boxPolicyOf(plan, frame);
  const folders = Promise.all([runFiles.inputsOf(frame), runFiles.shared(state, frame)]);
  folders.then(
    ([inputs, shared]) =>
      sandbox.prepare({ policy, inputs, shared, ...(language && { language }) }),
    () => {}, // a folder that cannot be made is told by the call that needs it
  );
}

/** Who may make tools will have drafts read and tried. */
function prepareTrial({ host, plan }: RunContext, sandbox: Sandbox, frame: Frame): void {
  const { toolsmith } = host;
  if (!toolsmith?.trialPolicy || !makingOf(plan, frame)) return;
  // Drafts that name no language are in that of the agent's own programs.
  const language = codemodeOf(plan, frame)?.language;
  const policy = toolsmith.trialPolicy(boxPolicyOf(plan, frame));
  const nothing = { inputs: undefined, shared: undefined };
  sandbox.prepare({ policy, ...nothing, ...(language && { language }) });
}

function endBox(context: RunContext, frame: Frame): void {
  const { sandbox, plan } = context;
  if (!sandbox || !usesBox(plan, frame) || plan.sandbox.session !== 'persistent') return;
  // What cannot be ended now is ended when the run gives its sandbox back.
  sandbox.endSession(frame.id).catch(() => {});
}

function usesBox(plan: Plan, frame: Frame): boolean {
  return frame.tools.includes(RUNS_PROGRAMS) || codemodeOf(plan, frame) !== undefined;
}
