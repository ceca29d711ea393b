import { formatDuration } from '../../../base/time.ts';
import { section } from '../sections.ts';
import type { WorkerPart } from './look.ts';

/** What else it was ordered to keep to. */
export const ownLimits: WorkerPart = ({ frame: { order = {} } }) => {
  const { requiredTools = [], packages, timeoutMs } = order;
  const lines = [
    requiredTools.length > 0 &&
      `You must really call these tools before you report: ${requiredTools.join(', ')}.`,
    packages &&
      (packages.length > 0
        ? `Of the packages your programs have these only: ${packages.join(', ')}.`
        : 'Your programs have none of the packages.'),
    timeoutMs !== undefined &&
      `You have ${formatDuration(timeoutMs)} for all of it: report in time.`,
  ];
  const said = lines.filter(Boolean).join('\n');
  return said === '' ? undefined : section('Keep to', said);
};
