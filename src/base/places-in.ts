import type { Place, YamlScalar } from './yaml-node.ts';

/**
 * Places of parts of a text that stands in a scalar; all of the scalar where quotes, escapes or
 * folded lines move its characters.
 */
export function placesIn(at: YamlScalar, text: string): (from: number, to: number) => Place {
  const start = text === '' ? -1 : at.source.text.slice(at.from, at.to).indexOf(text);
  if (start === -1) return () => at;
  const place = (offset: number): number => at.from + start + Math.min(offset, text.length);
  return (from, to) => ({ ...at, from: place(from), to: place(Math.max(from, to)) });
}
