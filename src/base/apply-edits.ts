import type { Edit } from './diagnostic.ts';

/** What became of a text. */
export interface Edited {
  text: string;
  /** Edits that were made; those that overlap an earlier one are left for another round. */
  applied: number;
}

/** A text with edits made, first come first served; what overlaps another one is left out. */
export function applyEdits(
  text: string,
  edits: readonly Pick<Edit, 'from' | 'to' | 'text'>[],
): Edited {
  const sorted = [...edits].sort((one, other) => one.from - other.from || one.to - other.to);
  let result = '';
  let at = 0;
  let applied = 0;
  for (const { from, to, text: replacement } of sorted) {
    if (from < at || to > text.length) continue;
    result += text.slice(at, from) + replacement;
    at = to;
    applied++;
  }
  return { text: result + text.slice(at), applied };
}
