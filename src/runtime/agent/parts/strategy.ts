import type { Strategy } from '../../../events/plan-policy.ts';
import { section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/** What each way to go on asks of the manager (spec, runtime 4.10). */
const DIRECTIVES: Readonly<Record<Strategy, string>> = {
  decompose_finer:
    'Go on in smaller pieces: split what does not get on into work that one worker can finish and check.',
  simplify: 'Solve a smaller version of the problem first, then extend it.',
  reframe:
    'Look at the task from another side: question what was taken for granted so far, and cut the work differently.',
  escalate:
    'Use stronger means for what is hard: other tools, another method, a higher temperature.',
};

/** The way to go on after turns that brought nothing new; told when it is taken. */
export const strategyPart: ManagerPart = ({ frame, isFirst }) => {
  const strategy = frame.delegation?.strategies.at(-1);
  const isNew = isFirst || frame.stallSeen === frame.turns.length;
  if (strategy === undefined || !isNew) return undefined;
  return section('Strategy', `No progress so far. ${DIRECTIVES[strategy]}`);
};
