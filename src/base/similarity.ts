/**
 * How alike two texts are, from 0 to 1: the share of pieces of so many characters that both have
 * (Sørensen and Dice). In one pass over each, so that long texts from models cost no more than reading
 * them, unlike the search for common passages (spec, runtime 4.10).
 */
export function similarity(one: string, other: string, size = 2): number {
  if (one === other) return 1;
  const pieces = countOf(one, size) + countOf(other, size);
  const counts = new Map<string, number>();
  for (let at = 0; at + size <= one.length; at += 1) {
    const piece = one.slice(at, at + size);
    counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  let common = 0;
  for (let at = 0; at + size <= other.length; at += 1) {
    const piece = other.slice(at, at + size);
    const left = counts.get(piece) ?? 0;
    if (left === 0) continue;
    counts.set(piece, left - 1);
    common += 1;
  }
  return pieces === 0 ? 0 : (2 * common) / pieces;
}

function countOf(text: string, size: number): number {
  return Math.max(0, text.length - size + 1);
}
