import { handed } from '../handed.ts';
import { inputsJson } from '../inputs-json.ts';
import { section, sections } from '../sections.ts';
import { sharedWith } from '../shared-files.ts';
import type { WorkerPart } from './look.ts';
import { handedSection } from './task.ts';

/** What the run is for, and what its manager is to do in it. */
export const runTask: WorkerPart = ({ plan, manager, marks }) => {
  const own = manager?.parent === undefined ? plan.task : manager.instructions;
  return sections([
    section('Task of the whole run', marks.block(plan.task, 'the user', 'task')),
    own !== plan.task &&
      section('Task of your manager', marks.block(own, 'who started it', 'task')),
  ]);
};

/** The inputs of the run. */
export const workerInputs: WorkerPart = ({ plan, marks }) =>
  section('Inputs', marks.block(inputsJson(plan.inputs), 'inputs of the run'));

/** What its manager was handed. */
export const workerHanded: WorkerPart = ({ plan, manager, marks }) => {
  const given = manager && handed(plan, manager);
  return given && handedSection(given, marks, 'who started your manager');
};

/** The files of earlier turns. */
export const sharedFilesPart: WorkerPart = ({ state, frame, marks }) => {
  const files = sharedWith(state, frame);
  if (files.length === 0) return undefined;
  return section('Files in shared/', marks.block(JSON.stringify(files), 'earlier agents'));
};
