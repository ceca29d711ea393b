import { mostMaking } from '../../creation/grant.ts';
import { CREATES_TOOLS } from '../../creation/names.ts';
import { makingText, namespaceLine, namespacesOf } from '../making-text.ts';
import { section } from '../sections.ts';
import type { ManagerPart, WorkerPart } from './look.ts';

/** Tells a manager that its workers can make tools, and where, when it may let them. */
export const makingPart: ManagerPart = ({ plan, frame }) => {
  const making = mostMaking(plan, frame);
  if (!making) return undefined;
  const lines = [
    'A worker that you let make tools writes code once for work that is done more than once; the tools are there for every worker that starts later, by their names. Say in its instructions what the tool is to do, and what it is to be called. What was made, refused or taken away stands under Tools and skills in your next turn.',
    `One worker makes ${making.maxTools} tools at most, in these namespaces:`,
    ...namespacesOf(plan, making).map(namespaceLine),
  ];
  return section('Making tools', lines.join('\n'));
};

/** How it makes tools, for a worker that may: nothing in it is its own but how many. */
export const workerMaking: WorkerPart = ({ plan, frame, surroundings }) => {
  const { making } = frame.order ?? {};
  if (!plan.creation || !making || !frame.tools.includes(CREATES_TOOLS)) return undefined;
  const languages = (surroundings.box?.languages ?? []).map(({ language }) => language);
  return section('Making tools', makingText(plan, making, { create: CREATES_TOOLS, languages }));
};
