import { exhaustedFor, scopeOf } from '../../../events/scopes.ts';
import { critiques } from './critique.ts';
import type { LoopLook, LoopStep } from './look.ts';
import { repairs } from './repair.ts';
import { isSettled } from './results.ts';
import { validations } from './validate.ts';

/**
 * Sees to the results of the present turn as soon as each worker has ended: they are validated,
 * criticised and repaired, where the policy wants that. All of it runs beside the other workers, and no
 * failure of it is one of the run. A sub-manager looks after its own workers in its own loop.
 */
export const seeToResults: LoopStep = (look) => {
  const { state, frame, policy } = look;
  if (!policy.validation && !policy.critique) return undefined;
  const ended = (frame.turns.at(-1)?.workers ?? []).flatMap((id) => {
    const worker = state.frames.get(id);
    return worker?.role === 'worker' && worker.phase === 'closed' ? [worker] : [];
  });
  const mayStart = mayStartMore(look);
  const commands = [validations, critiques, repairs].flatMap((see) => see(look, ended, mayStart));
  const free = freeReviewers(look);
  let started = 0;
  const admitted = commands.filter((command) => {
    if (command.do !== 'start-review') return true;
    started += 1;
    return started <= free;
  });
  return admitted.length > 0 ? admitted : undefined;
};

/**
 * Whether a worker has ended and all that is to be found out about its result is: nobody reviews or
 * repairs it, and no reviewer of it waits for others to end first.
 */
export function isSeenTo(look: LoopLook, worker: string): boolean {
  const { state, frame, policy } = look;
  if (!isSettled(state, frame, worker)) return false;
  const result = state.frames.get(worker);
  const isPresent = frame.turns.at(-1)?.workers.includes(worker) === true;
  if (result?.role !== 'worker' || !isPresent) return true;
  if (!policy.validation && !policy.critique) return true;
  return ![validations, critiques]
    .flatMap((see) => see(look, [result], mayStartMore(look)))
    .some((command) => command.do === 'start-review');
}

function mayStartMore({ state, frame }: LoopLook): boolean {
  return !exhaustedFor(state, frame) && !scopeOf(state, frame).closingAsked;
}

/** Reviewers that may start now: as many are at work at once as workers may be. */
function freeReviewers({ state, frame }: LoopLook): number {
  const isReviewer = (id: string): boolean => state.frames.get(id)?.role === 'reviewer';
  const open = [...frame.open].filter(isReviewer).length;
  return Math.max(0, scopeOf(state, frame).limits.parallel - open);
}
