import type { Span } from '../../base/expression/expression.ts';
import type { Place, YamlScalar } from '../../base/yaml-node.ts';

/** The place of a part of a text; of all of it where quotes or folded lines move its characters. */
export function partOf(at: YamlScalar, text: string, { from, to }: Span): Place {
  const start = at.source.text.slice(at.from, at.to).indexOf(text);
  if (start === -1) return at;
  return { ...at, from: at.from + start + from, to: at.from + start + to };
}
