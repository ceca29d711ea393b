import { budgetReport } from '../../budget-report.ts';
import { oneLine, section } from '../sections.ts';
import type { ManagerPart } from './look.ts';

/** Characters of one note, and notes of one turn. */
const NOTE_CHARS = 2000;
const MOST_NOTES = 40;

/** The number of the turn. */
export const turnPart: ManagerPart = ({ frame }) => section('Turn', String(frame.turns.length + 1));

/** What was used and what is left. */
export const budgetPart: ManagerPart = ({ state, frame }) =>
  section('Budget', JSON.stringify(budgetReport(state, frame)));

/** What the runtime has to say about the last turn; others' words in it are on a line of ours. */
export const notesPart: ManagerPart = ({ frame: { notes } }) => {
  if (notes.length === 0) return undefined;
  const shown = notes.slice(-MOST_NOTES).map((note) => oneLine(note, NOTE_CHARS));
  const left = notes.length - shown.length;
  return section('Note', [...(left > 0 ? [`(${left} more)`] : []), ...shown].join('\n'));
};

/** Tells the manager that no turn follows. */
export const closingPart: ManagerPart = ({ closing }) => {
  if (closing === undefined) return undefined;
  return `This is the last turn (${closing}). Nothing more can be delegated. Answer with "complete" and sum up what there is; say plainly what is missing.`;
};
