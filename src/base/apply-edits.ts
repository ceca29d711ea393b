import type { Edit } from './diagnostic.ts';

/** What became of a text. */
export interface Edited {
  text: string;
  /** Positions of the changes that were made; those that overlap one before them are not. */
  applied: readonly number[];
}

type Replacement = Pick<Edit, 'from' | 'to' | 'text'>;

/**
 * A text with changes made, each with all of its edits or not at all, first come first served.
 * What overlaps or touches an insertion of an earlier one, or is not inside of the text, is left.
 */
export function applyEdits(text: string, changes: readonly (readonly Replacement[])[]): Edited {
  let made: readonly Replacement[] = [];
  const applied: number[] = [];
  for (const [index, edits] of changes.entries()) {
    const together = [...made, ...edits].sort(
      (one, other) => one.from - other.from || one.to - other.to,
    );
    if (edits.length === 0 || !fits(together, text.length)) continue;
    made = together;
    applied.push(index);
  }
  let result = '';
  let at = 0;
  for (const { from, to, text: replacement } of made) {
    result += text.slice(at, from) + replacement;
    at = to;
  }
  return { text: result + text.slice(at), applied };
}

/** Whether sorted edits lie inside of a text, one behind the other and none at the same place. */
function fits(edits: readonly Replacement[], length: number): boolean {
  return edits.every(({ from, to }, index) => {
    const before = edits[index - 1];
    const free = before === undefined || (before.to <= from && before.from < from);
    return free && from >= 0 && from <= to && to <= length;
  });
}
