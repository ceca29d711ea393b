import { parseExpression } from '../base/expression/parse.ts';
import { referencesOf } from '../base/expression/references.ts';
import { statePath } from '../base/paths.ts';
import type { GraphSource } from './graph-plan-source.ts';
import { sensitiveIn } from './graph-plan-state.ts';

/** A sub-workflow, as the graph around it knows it. */
interface Inner {
  /** Id of its node. */
  id: string;
  source: GraphSource;
  /** What its node takes out of it: fields from expressions over its state. */
  outputMapping?: Readonly<Record<string, string>>;
}

/**
 * The names of hidden fields inside of a sub-workflow (R14): its own, and those of the graph around it,
 * `around`. A bare name counts at any depth, in there too; a name of a field of its node leads to
 * what that field is taken from.
 */
export function sensitiveInside(around: readonly string[], inner: Inner): readonly string[] {
  const handed = around.map(statePath).flatMap((name) => {
    const isBare = !name.includes('.');
    return [...(isBare ? [name] : []), ...insideOf(name, inner)];
  });
  return [...new Set([...sensitiveIn(inner.source.manifest), ...handed])];
}

/** Where in the state of the sub-workflow the values of a field around it come from. */
function insideOf(name: string, { id, source, outputMapping }: Inner): string[] {
  const [first, ...path] = name.split('.');
  const isBare = path.length === 0;
  if (!outputMapping) {
    if (first !== id) return [];
    return isBare ? idsOf(source) : [path.join('.')];
  }
  return Object.entries(outputMapping).flatMap(([field, text]) => {
    if (isBare) return first === id || first === field ? pathsIn(text, []) : [];
    return first === id && path[0] === field ? pathsIn(text, path.slice(1)) : [];
  });
}

function idsOf({ manifest }: GraphSource): string[] {
  return (manifest.orchestration?.graph ?? []).map(({ id }) => id);
}

/** The places in the state that an expression reads, with `below` behind them. */
function pathsIn(text: string, below: readonly string[]): string[] {
  const parsed = parseExpression(text);
  if (!parsed.ok) return [];
  return referencesOf(parsed.expression).flatMap(({ name, path }) => {
    const place = [...(name === 'state' ? path : [name, ...path]), ...below];
    return place.length === 0 ? [] : [place.join('.')];
  });
}
