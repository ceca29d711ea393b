import { section, sections } from '../sections.ts';
import type { ManagerPart } from './look.ts';
import { reportsOf } from './report.ts';

/** What the workers of the turns brought that the conversation does not have. */
export const resultsPart: ManagerPart = (look) => {
  const { frame, told, marks } = look;
  const turns = frame.turns.slice(told).map((turn) => {
    const reports = JSON.stringify(reportsOf(look, turn));
    return section(`Results of turn ${turn.number}`, marks.block(reports, 'workers'));
  });
  return turns.length === 0 ? undefined : sections(turns);
};
