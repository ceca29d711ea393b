import type { LoopEventData } from './loop-events.ts';
import { boardReducers } from './loop-fold-board.ts';
import { personReducers } from './loop-fold-person.ts';
import { planReducers } from './loop-fold-plan.ts';
import { qualityReducers } from './loop-fold-quality.ts';
import { submanagerReducers } from './loop-fold-submanagers.ts';
import { workerReducers } from './loop-fold-worker.ts';
import type { LoopReducer } from './loop-reducer.ts';

/** One entry per fact of a delegation loop. */
export const loopReducers: { [T in keyof LoopEventData]: LoopReducer<T> } = {
  ...planReducers,
  ...boardReducers,
  ...qualityReducers,
  ...submanagerReducers,
  ...workerReducers,
  ...personReducers,

  // The question behind it says what stays.
  'context.compacted': () => {},
};
