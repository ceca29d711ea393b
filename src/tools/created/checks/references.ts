import { canonicalJson, isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { shown } from './problem.ts';

/** Keywords that make a reference mean something else than its place in the schema. */
const ANCHORS = [
  '$id',
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveAnchor',
  '$recursiveRef',
];
/** Keywords whose keys are names, with a schema for each. */
const NAMED = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);
/** Keywords whose values are no schemas. */
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'required', 'dependentRequired']);
/** Schemas that are looked at when every reference is followed. */
const MOST_SCHEMAS = 5000;
/** References that are in each other; each is followed by recursion. */
const MOST_OPEN = 50;

/** A problem that ends the walk. */
class Refused extends Error {}

/**
 * Why the references of a schema cannot be followed: out of it, in a circle, or to more parts than a
 * check may cost (spec, capabilities 12.6, 107). Undefined when they can. The schema is bounded in depth.
 */
export function referenceProblem(root: JsonObject): string | undefined {
  try {
    weigh(root, { root, open: new Set(), known: new Map() });
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

interface Walk {
  root: JsonObject;
  /** References that are being followed. */
  open: Set<string>;
  /** Schemas that a reference stands for. */
  known: Map<string, number>;
}

/** How many schemas a schema is, with those that it refers to. */
function weigh(schema: Json, walk: Walk): number {
  if (!isObject(schema)) return 1;
  const anchor = ANCHORS.find((keyword) => Object.hasOwn(schema, keyword));
  if (anchor !== undefined) throw new Refused(`\`${anchor}\` is not available here`);
  let weight = 1;
  if (Object.hasOwn(schema, '$ref')) weight += follow(schema.$ref, walk);
  for (const part of partsOf(schema)) weight += weigh(part, walk);
  if (weight > MOST_SCHEMAS)
    throw new Refused(`it has more than ${MOST_SCHEMAS} parts when \`$ref\` is followed`);
  return weight;
}

function partsOf(schema: JsonObject): Json[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (VALUES.has(keyword)) return [];
    if (Array.isArray(value)) return value;
    return NAMED.has(keyword) && isObject(value) ? Object.values(value) : [value];
  });
}

function follow(reference: Json | undefined, walk: Walk): number {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) {
    throw new Refused(`\`$ref\` ${shown(canonicalJson(reference))} is out of this schema`);
  }
  const known = walk.known.get(reference);
  if (known !== undefined) return known;
  if (reference === '#' || walk.open.has(reference)) {
    throw new Refused(`\`$ref\` ${shown(reference)} leads back to itself`);
  }
  if (walk.open.size >= MOST_OPEN)
    throw new Refused(`more than ${MOST_OPEN} \`$ref\` are in each other`);
  walk.open.add(reference);
  const weight = weigh(targetOf(reference, walk.root), walk);
  walk.open.delete(reference);
  walk.known.set(reference, weight);
  return weight;
}

function targetOf(reference: string, root: JsonObject): Json {
  let target: Json | undefined = root;
  for (const step of reference.slice(2).split('/')) {
    const key = stepOf(step);
    target = isObject(target) || Array.isArray(target) ? own(target, key) : undefined;
  }
  if (target === undefined) throw new Refused(`\`$ref\` ${shown(reference)} leads nowhere`);
  return target;
}

function own(holder: JsonObject | Json[], key: string): Json | undefined {
  return Object.hasOwn(holder, key) ? (holder as JsonObject)[key] : undefined;
}

function stepOf(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}
