import { canonicalJson, type JsonObject } from '../../base/json.ts';
import { similarity } from '../../base/similarity.ts';

/** Characters of each text that are compared, and of the pieces that they are cut into. */
const COMPARED = 20_000;
const PIECE = 4;
/** From here on two results count as the same (spec, runtime 8.2, a fixed point). */
const SAME = 0.95;

/** Whether two outputs say the same, but for their confidence and small changes. Bounded work. */
export function isSameOutput(one: JsonObject, other: JsonObject): boolean {
  return similarity(textOf(one), textOf(other), PIECE) >= SAME;
}

function textOf({ confidence: _, ...output }: JsonObject): string {
  return canonicalJson(output).toLowerCase().replace(/\s+/g, ' ').slice(0, COMPARED);
}
