import type { HandlerInput } from './analysis.ts';
import { fieldName, isPart, nameOf, type Part, type Placing, partsOf } from './parse-script.ts';

/** How a handler takes its arguments, and why it cannot be called as tools are, if so. */
export type ScriptInput = Omit<HandlerInput, 'problem'> & { error?: string };

const NOTHING: ScriptInput = { reads: [], open: false, used: false };

/** Reads the parameters of a handler, and what its body does with the object that holds them. */
export function inputOf(handler: Part): ScriptInput {
  const [parameter, ...more] = handler.params as Part[];
  if (parameter === undefined) return NOTHING;
  if (more.length > 0) return { ...NOTHING, error: 'it has more than one parameter' };
  const taken = parameter.type === 'AssignmentPattern' ? (parameter.left as Part) : parameter;
  if (taken.type === 'ObjectPattern') return patternInput(taken, handler);
  const name = nameOf(taken);
  if (name !== undefined) return objectInput(name, handler);
  return { ...NOTHING, error: 'its parameter is a list' };
}

function patternInput(pattern: Part, handler: Part): ScriptInput {
  const properties = pattern.properties as Part[];
  const fields = properties.filter(({ type }) => type === 'Property');
  const names = fields.map(({ key, computed }) => fieldName(key, computed));
  const rest = nameOf(properties.find(({ type }) => type === 'RestElement')?.argument);
  const restInput = rest === undefined ? NOTHING : objectInput(rest, handler);
  const locals = fields.flatMap(({ value }) => localNames(value));
  const mentioned = namesIn(handler.body);
  return {
    reads: [...names.filter((name) => name !== undefined), ...restInput.reads],
    open: names.includes(undefined) || restInput.open,
    used: restInput.used || locals.some((name) => mentioned.has(name)),
  };
}

/** Names that a part of a pattern makes; the names in its defaults do no harm. */
function localNames(pattern: unknown): string[] {
  return isPart(pattern) ? [...namesIn(pattern)] : [];
}

function namesIn(part: unknown): Set<string> {
  if (!isPart(part)) return new Set();
  return new Set(partsOf(part).flatMap((placing) => nameOf(placing.part) ?? []));
}

/** What is read of an object: `args.a`, `args['a']`, `const { a } = args`; anything else may read more. */
function objectInput(name: string, handler: Part): ScriptInput {
  const { body } = handler;
  const uses = isPart(body) ? partsOf(body).filter((one) => isMention(one, name)) : [];
  const read = uses.map(readOf);
  return {
    reads: read.flatMap((names) => names ?? []),
    open: read.includes(undefined),
    used: uses.length > 0,
  };
}

function isMention({ part, parent }: Placing, name: string): boolean {
  if (nameOf(part) !== name) return false;
  return !(
    parent?.type === 'MemberExpression' &&
    parent.property === part &&
    parent.computed !== true
  );
}

/** The names that one use reads; undefined when it cannot be seen. */
function readOf({ part, parent }: Placing): string[] | undefined {
  if (parent?.type === 'MemberExpression' && parent.object === part) {
    const field = fieldName(parent.property, parent.computed);
    return field === undefined ? undefined : [field];
  }
  if (parent?.type !== 'VariableDeclarator' || parent.init !== part) return undefined;
  const { id } = parent;
  if (!isPart(id) || id.type !== 'ObjectPattern') return undefined;
  const names = (id.properties as Part[]).map(({ type, key, computed }) =>
    type === 'Property' ? fieldName(key, computed) : undefined,
  );
  return names.includes(undefined) ? undefined : names.filter((one) => one !== undefined);
}
