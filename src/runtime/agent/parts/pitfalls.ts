import { pitfalls } from '../../quality/patterns.ts';
import { section } from '../sections.ts';
import type { ManagerPart, WorkerPart } from './look.ts';

/** What went wrong in earlier results of the loop, for its workers (spec, runtime 8.2). */
export const workerPitfalls: WorkerPart = ({ manager, policy, marks }) => {
  const known = manager && pitfalls(manager, policy.critique);
  return known && section('Known pitfalls', marks.block(known, 'reviewers of earlier results'));
};

/** The same for the manager, whenever something came up since it was told last. */
export const pitfallsPart: ManagerPart = ({ frame, policy, told, marks }) => {
  const isNew = [...(frame.delegation?.patterns.values() ?? [])].some(
    ({ lastTurn }) => lastTurn > told,
  );
  const known = isNew ? pitfalls(frame, policy.critique) : undefined;
  return known && section('Known pitfalls', marks.block(known, 'reviewers of results'));
};
