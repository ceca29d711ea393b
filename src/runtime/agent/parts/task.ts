import type { Marks } from '../data-marks.ts';
import { type Handed, handed } from '../handed.ts';
import { inputsJson } from '../inputs-json.ts';
import { section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/** What a manager is to do: the task of the run, or what whoever started it asks for. */
export const taskPart: ManagerPart = ({ plan, frame, marks }) => {
  if (frame.parent === undefined)
    return section('Task', marks.block(plan.task, 'the user', 'task'));
  return section('Task', marks.block(frame.instructions, 'who started you', 'task'));
};

/** The inputs of the run. */
export const inputsPart: ManagerPart = ({ plan, marks }) =>
  section('Inputs', marks.block(inputsJson(plan.inputs), 'inputs of the run'));

/** What a manager was handed by who started it. */
export const handedPart: ManagerPart = ({ plan, frame, marks }) => {
  const given = handed(plan, frame);
  return given && handedSection(given, marks, 'who started you');
};

/** What was handed down; where something is cut, where the whole of it is. */
export function handedSection({ json, files }: Handed, marks: Marks, from: string): string {
  const block = marks.block(json, from);
  const note = 'Workers find what is cut whole in the files that are named.';
  return section('Input', files.length > 0 ? `${block}\n${note}` : block);
}
