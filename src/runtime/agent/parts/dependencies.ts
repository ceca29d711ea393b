import type { JsonObject } from '../../../base/json.ts';
import { outcomeOf } from '../../engines/loop/results.ts';
import { clip } from '../clip.ts';
import { section } from '../sections.ts';
import type { WorkerLook, WorkerPart } from './look.ts';

/**
 * What the parts of the plan brought that a worker's own part depends on, also those of the same turn:
 * the manager could not put them into the instructions.
 */
export const earlierResults: WorkerPart = (look) => {
  const results = resultsBefore(look);
  if (results.length === 0) return undefined;
  return section(
    'Results to build on',
    look.marks.block(JSON.stringify(results), 'earlier workers'),
  );
};

function resultsBefore({ state, frame, manager, policy }: WorkerLook): JsonObject[] {
  const loop = manager?.delegation;
  const own = loop?.work.get(frame.id);
  if (!manager || !own || own.builtOn.length === 0) return [];
  const before = new Set(loop?.subtasks.get(own.part ?? '')?.dependencies);
  const parts = own.builtOn.flatMap((id) => {
    const part = loop?.work.get(id)?.part;
    return part !== undefined && before.has(part) ? [{ id, part }] : [];
  });
  const { totalChars, minPerEntry } = policy.context;
  const each = Math.max(minPerEntry, Math.floor(totalChars / Math.max(1, parts.length)));
  return parts.map(({ id, part }) => {
    const { output = {}, confidence = 0 } = outcomeOf(state, manager, id) ?? {};
    const name = state.frames.get(id)?.name ?? id;
    return { part, worker_id: name, confidence, output: clip(output, each) };
  });
}
