import type { RunEvent } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { RunContext } from '../context.ts';
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
  if (!sandbox || !usesBox(frame)) return;
  const folders = Promise.all([runFiles.inputsOf(frame), runFiles.shared(state, frame)]);
  folders.then(
    ([inputs, shared]) => sandbox.prepare({ policy: boxPolicyOf(plan, frame), inputs, shared }),
    () => {}, // a folder that cannot be made is told by the call that needs it
  );
}

function endBox(context: RunContext, frame: Frame): void {
  const { sandbox, plan } = context;
  if (!sandbox || !usesBox(frame) || plan.sandbox.session !== 'persistent') return;
  // What cannot be ended now is ended when the run gives its sandbox back.
  sandbox.endSession(frame.id).catch(() => {});
}

function usesBox(frame: Frame): boolean {
  return frame.tools.includes(RUNS_PROGRAMS);
}
