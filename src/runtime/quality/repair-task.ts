import type { Critique, Review } from '../../events/loop-state.ts';
import type { Frame } from '../../events/state.ts';
import { clip } from '../agent/clip.ts';
import { DataText } from '../nodes/data-text.ts';

/** Characters of the result that is to be repaired that its repairer is shown. */
const RESULT_CHARS = 16_000;

/**
 * The instructions of a worker that goes over a result again (spec, runtime 8.2): those of the worker,
 * its own output, the critical defects and warnings of it, and what was prescribed. What models wrote
 * stands there as data.
 */
export function repairTask(
  worker: Frame,
  counted: Frame,
  { critique, validated }: { critique: Critique; validated: Review['validated'] },
): string {
  const output = JSON.stringify(clip(counted.outcome?.output ?? {}, RESULT_CHARS));
  const defects = critique.defects
    .filter(({ severity }) => severity !== 'info')
    .map(({ severity, category, description, location }) => {
      const place = location === undefined ? '' : ` (${location})`;
      return `- ${severity}, ${category}${place}: ${description}`;
    });
  const refused = validated && !validated.valid ? [`- ${validated.feedback}`] : [];
  const found = [...defects, ...refused].join('\n') || '- no single defect was named';
  const advice = critique.prescriptions.map((text) => `- ${text}`).join('\n');
  const data = new DataText([output, found, advice]);
  const parts = [
    worker.instructions,
    'This was done before, and the result is not good enough. Do not begin anew: mend what is wrong with it, keep what is right, and report all of it again. Its files are in shared/; write those that you change under the same names below output/.',
    `The result so far:\n${data.block(output)}`,
    `What is wrong with it:\n${data.block(found)}`,
    ...(advice === '' ? [] : [`What was advised:\n${data.block(advice)}`]),
  ];
  return [...parts, data.note ?? ''].join('\n\n').trim();
}
