import type { EventOf } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import { counted } from './markdown.ts';
import type { Chapter } from './note.ts';

/** A decision as the beginning of a chapter. */
export function decidedChapter(
  data: EventOf<'manager.decided'>['data'],
  { turns }: Frame,
): Omit<Chapter, 'lines'> {
  const { reasoning = '' } = data;
  switch (data.decision) {
    case 'delegate': {
      const title = `Turn ${turns.length}: ${counted(data.delegations.length, 'delegation')}`;
      return { title, reasoning, turn: turns.length };
    }
    case 'plan':
      return { title: `Plan of ${counted(data.subtasks.length, 'part')}`, reasoning };
    case 'diagnose':
      return { title: `Diagnosis of ${data.failedWorker}`, reasoning };
    case 'complete': {
      const sure = data.confidence === undefined ? '' : `, confidence ${data.confidence}`;
      return { title: `Ending: complete${sure}`, reasoning };
    }
    case 'fail':
      return { title: 'Ending: given up', reasoning: reasoning || data.reason };
  }
}
