import type { Expression, Span } from './expression.ts';

/** A name that an expression uses, with the fields that are read of it one after the other. */
export interface Reference extends Span {
  name: string;
  /** Fields behind the name that are written out: `state.a['b']` has `a` and `b`. */
  path: readonly string[];
}

/** All names that an expression uses, in the order of the text. */
export function referencesOf(expression: Expression): Reference[] {
  const found: Reference[] = [];
  const stack: Expression[] = [expression];
  for (let at = stack.pop(); at; at = stack.pop()) {
    const reference = asReference(at);
    if (reference) found.push(reference);
    stack.push(...partsOf(at, reference !== undefined));
  }
  return found.sort((one, other) => one.from - other.from);
}

/** A chain of fields that ends in a name. */
function asReference(expression: Expression): Reference | undefined {
  const path: string[] = [];
  let at = expression;
  for (;;) {
    if (at.kind === 'name')
      return { name: at.name, path: path.reverse(), from: expression.from, to: expression.to };
    const step = stepOf(at);
    if (!step) return undefined;
    path.push(step.name);
    at = step.of;
  }
}

function stepOf(at: Expression): { name: string; of: Expression } | undefined {
  if (at.kind === 'field') return { name: at.name, of: at.of };
  const key = at.kind === 'index' ? at.at : at.kind === 'get' ? at.key : undefined;
  if (key?.kind !== 'literal' || typeof key.value !== 'string') return undefined;
  return at.kind === 'index' || at.kind === 'get' ? { name: key.value, of: at.of } : undefined;
}

/** Parts that are to be looked at too; those of a chain have been. */
function partsOf(at: Expression, chain: boolean): readonly Expression[] {
  switch (at.kind) {
    case 'literal':
    case 'name':
    case 'empty-map':
      return [];
    case 'list':
      return at.items;
    case 'field':
    case 'index':
    case 'get': {
      const rest = at.kind === 'get' && at.fallback ? [at.fallback] : [];
      if (chain) return [...inside(at), ...rest];
      return [
        at.of,
        ...(at.kind === 'index' ? [at.at] : at.kind === 'get' ? [at.key] : []),
        ...rest,
      ];
    }
    case 'len':
    case 'not':
    case 'sign':
      return [at.of];
    case 'and':
    case 'or':
      return at.parts;
    case 'arithmetic':
      return [at.left, at.right];
    case 'comparison':
      return [at.first, ...at.rest.map(({ value }) => value)];
  }
}

/** Defaults of `.get` further down a chain. */
function inside(at: Expression): Expression[] {
  const found: Expression[] = [];
  for (let step: Expression = at; 'of' in step; step = step.of) {
    if (step !== at && step.kind === 'get' && step.fallback) found.push(step.fallback);
  }
  return found;
}
