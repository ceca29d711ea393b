/** The name most like `wanted`, if any is close: at most one change for every three characters. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = changes(wanted.toLowerCase().slice(0, 100), name);
    const close = distance <= Math.max(1, Math.floor(name.length / 3));
    if (close && (!best || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** How many characters must be added, removed or replaced to turn one text into the other. */
function changes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, char] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (char === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
