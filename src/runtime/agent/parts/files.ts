import { section } from '../sections.ts';
import { managerFiles } from '../shared-files.ts';
import type { ManagerPart } from './look.ts';

/** The files that there are when a conversation begins; later ones stand in the results of their turn. */
export const filesPart: ManagerPart = ({ state, frame, isFirst, marks }) => {
  if (!isFirst) return undefined;
  const files = managerFiles(state, frame);
  if (files.length === 0) return undefined;
  return section('Files in shared/', marks.block(JSON.stringify(files), 'earlier agents'));
};
