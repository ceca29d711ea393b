import type { HandlerForm } from './analysis.ts';
import { isFunction, isPart, nameOf, type Part, type Placing } from './parse-script.ts';

/** A meaning of the name `handler`, and the function that it is. */
export interface HandlerBinding extends HandlerForm {
  part: Part;
  made?: Part;
}

const NAME = 'handler';

/** Names that the code gives a meaning of its own, anywhere in it. */
export function bindingsOf(parts: readonly Placing[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ part }) => boundBy(part)));
}

function boundBy(part: Part): string[] {
  if (isFunction(part))
    return [...named(part.id), ...(part.params as Part[]).flatMap(patternNames)];
  if (part.type === 'VariableDeclarator') return patternNames(part.id);
  if (part.type === 'CatchClause') return patternNames(part.param);
  if (/^Class(?:Declaration|Expression)$/.test(part.type)) return named(part.id);
  return /^Import\w*Specifier$/.test(part.type) ? named(part.local) : [];
}

function named(part: unknown): string[] {
  const name = nameOf(part);
  return name === undefined ? [] : [name];
}

/** Names in a pattern such as `{ a, b: [c] }`. */
function patternNames(pattern: unknown): string[] {
  const names: string[] = [];
  const open: unknown[] = [pattern];
  for (let next = open.pop(); next !== undefined || open.length > 0; next = open.pop()) {
    if (!isPart(next)) continue;
    names.push(...named(next));
    open.push(...innerPatterns(next));
  }
  return names;
}

function innerPatterns(pattern: Part): unknown[] {
  if (pattern.type === 'ObjectPattern') {
    return (pattern.properties as Part[]).map((one) =>
      one.type === 'Property' ? one.value : one.argument,
    );
  }
  if (pattern.type === 'ArrayPattern') return pattern.elements as unknown[];
  if (pattern.type === 'AssignmentPattern') return [pattern.left];
  return pattern.type === 'RestElement' ? [pattern.argument] : [];
}

/** Every meaning that the name `handler` gets at the top of a module or by being set anywhere. */
export function handlersOf(tree: Part, parts: readonly Placing[]): HandlerBinding[] {
  const top = (tree.body as Part[]).flatMap((statement) => {
    const exported = /^Export(?:Named|Default)Declaration$/.test(statement.type);
    const declared = exported ? statement.declaration : statement;
    return isPart(declared) ? declaredBy(declared) : [];
  });
  const set = parts
    .filter(
      ({ part }) => part.type === 'AssignmentExpression' && patternNames(part.left).includes(NAME),
    )
    .map(({ part }): HandlerBinding => ({ part, kind: 'other' }));
  return [...top, ...set];
}

function declaredBy(declared: Part): HandlerBinding[] {
  if (declared.type === 'VariableDeclaration') {
    return (declared.declarations as Part[]).flatMap(variableBinding);
  }
  if (declared.type === 'ImportDeclaration') {
    const taken = (declared.specifiers as Part[]).filter(({ local }) => nameOf(local) === NAME);
    return taken.map((part) => ({ part, kind: 'other' }));
  }
  if (nameOf(declared.id) !== NAME) return [];
  return isFunction(declared)
    ? [{ part: declared, kind: kindOf(declared), made: declared }]
    : [{ part: declared, kind: 'other' }];
}

function variableBinding({ id, init, ...rest }: Part): HandlerBinding[] {
  const part = { id, init, ...rest } as Part;
  if (nameOf(id) === NAME && isPart(init) && isFunction(init))
    return [{ part, kind: kindOf(init), made: init }];
  return patternNames(id).includes(NAME) ? [{ part, kind: 'other' }] : [];
}

function kindOf(made: Part): 'function' | 'generator' {
  return made.generator === true ? 'generator' : 'function';
}
