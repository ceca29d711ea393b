/** Longer words are like nothing. */
const LONGEST = 64;

/** The candidate most like `word`, if one is near enough to be what was meant. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return closest(word, candidates)?.best;
}

/** The same, but only if no other candidate is as near: sure enough to be written by itself. */
export function onlyNearest(word: string, candidates: Iterable<string>): string | undefined {
  const found = closest(word, candidates);
  return found?.alone ? found.best : undefined;
}

/** Advice for a word that must be one of `values`: the one that was meant, or all of them. */
export function choiceHelp(word: string | undefined, values: readonly string[]): string {
  const near = word === undefined ? undefined : nearest(word, values);
  return near === undefined ? `write one of ${values.join(', ')}` : `did you mean \`${near}\`?`;
}

function closest(
  word: string,
  candidates: Iterable<string>,
): { best: string; alone: boolean } | undefined {
  let best: string | undefined;
  let alone = true;
  let bestDistance = Math.max(1, Math.floor(word.length * 0.4)) + 1;
  for (const candidate of candidates) {
    // Words whose lengths differ by more than that cannot be nearer.
    if (Math.abs(candidate.length - word.length) > bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance === bestDistance && candidate !== best) alone = false;
    if (distance < bestDistance) [best, bestDistance, alone] = [candidate, distance, true];
  }
  return best === undefined ? undefined : { best, alone };
}

/** Letters put in, taken out, changed or swapped with their neighbour, to get from one to the other. */
function editDistance(from: string, to: string): number {
  if (from.length > LONGEST || to.length > LONGEST) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (same ? 0 : 1),
        swapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = above;
    above = current;
  }
  return at(above, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
