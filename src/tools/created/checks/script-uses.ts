import type { Imported, Used } from './analysis.ts';
import { fieldName, folded, isPart, nameOf, type Part, type Placing } from './parse-script.ts';
import { SCRIPT_CONSTRUCTS } from './rules.ts';

type At<T> = T & { part: Part };

/** The modules that a program imports. */
export function importsOf(parts: readonly Placing[]): At<Imported>[] {
  return parts
    .filter(({ part }) => /^(?:Import|ExportNamed|ExportAll)Declaration$/.test(part.type))
    .flatMap(({ part }) => {
      const module = folded(part.source);
      return module === undefined ? [] : [{ part, module, names: [] }];
    });
}

/** What of a program the rules list; names of its own are left out where the rules say so. */
export function usesOf(parts: readonly Placing[], own: ReadonlySet<string>): At<Used>[] {
  return parts.flatMap((placing) => {
    const used = useOf(placing, own);
    return used ? [{ part: placing.part, ...used }] : [];
  });
}

function useOf(placing: Placing, own: ReadonlySet<string>): Used | undefined {
  const { part } = placing;
  if (part.type === 'Identifier') return nameUse(placing, own);
  if (part.type === 'ImportExpression') return { kind: 'import-call', name: 'import()' };
  if (part.type === 'MemberExpression') return fieldUse(placing, own);
  if (part.type === 'AssignmentExpression' && isPart(part.left)) return patchUse(part.left, own);
  return part.type === 'CallExpression' ? definingUse(part, own) : undefined;
}

function nameUse({ part, parent }: Placing, own: ReadonlySet<string>): Used | undefined {
  const name = String(part.name);
  const { names, ownable } = SCRIPT_CONSTRUCTS;
  if (!names.has(name) || (ownable.has(name) && own.has(name))) return undefined;
  if (!parent || isLabel(part, parent)) return undefined;
  const kindOnly =
    parent.type === 'BinaryExpression' && parent.operator === 'instanceof' && name === 'Function';
  return kindOnly ? undefined : { kind: 'name', name };
}

/** Whether a name only stands for itself: a field, a key, a part of an import. */
function isLabel(part: Part, parent: Part): boolean {
  if (parent.type === 'MemberExpression')
    return parent.property === part && parent.computed !== true;
  if (/^(?:Property|PropertyDefinition|MethodDefinition)$/.test(parent.type)) {
    return parent.key === part && parent.computed !== true && parent.shorthand !== true;
  }
  return /^(?:(?:Import|Export)\w*Specifier|LabeledStatement|BreakStatement|ContinueStatement|MetaProperty)$/.test(
    parent.type,
  );
}

const GLOBALS = new Set(['globalThis', 'global', 'window', 'self', 'this']);

function fieldUse({ part, parent }: Placing, own: ReadonlySet<string>): Used | undefined {
  const name = fieldName(part.property, part.computed);
  if (name === undefined) return undefined;
  const { fields, calls, names } = SCRIPT_CONSTRUCTS;
  if (fields.has(name)) return { kind: 'field', name };
  const holder = part.object as Part;
  const holderName = holder.type === 'ThisExpression' ? 'this' : nameOf(holder);
  const global = holderName !== undefined && GLOBALS.has(holderName) && !own.has(holderName);
  if (global && names.has(name)) return { kind: 'name', name };
  return calls.has(name) && goesOn(part, parent) ? { kind: 'call', name } : undefined;
}

/** Whether a field is called, or the same field is taken of it again: `a.constructor.constructor`. */
function goesOn(part: Part, parent: Part | undefined): boolean {
  if (!parent) return false;
  if (/^(?:Call|New)Expression$/.test(parent.type)) return parent.callee === part;
  if (parent.type === 'TaggedTemplateExpression') return parent.tag === part;
  if (parent.type !== 'MemberExpression' || parent.object !== part) return false;
  return SCRIPT_CONSTRUCTS.calls.has(fieldName(parent.property, parent.computed) ?? 'constructor');
}

const BUILT_IN = new Set(
  'Object Array String Number Boolean Function Promise Map Set WeakMap WeakSet Symbol Error RegExp Date JSON Math Reflect Proxy BigInt Uint8Array ArrayBuffer'.split(
    ' ',
  ),
);

/** `Array.prototype.map = ...` changes what everything else relies on. */
function patchUse(left: Part, own: ReadonlySet<string>): Used | undefined {
  if (left.type !== 'MemberExpression') return undefined;
  const name = prototypeOf(left.object, own);
  return name === undefined ? undefined : { kind: 'built-in', name };
}

const DEFINING = new Set(['defineProperty', 'defineProperties', 'assign', 'setPrototypeOf', 'set']);

function definingUse(call: Part, own: ReadonlySet<string>): Used | undefined {
  const { callee, arguments: given } = call;
  if (!isPart(callee) || callee.type !== 'MemberExpression') return undefined;
  if (!['Object', 'Reflect'].includes(nameOf(callee.object) ?? '')) return undefined;
  if (!DEFINING.has(fieldName(callee.property, callee.computed) ?? '')) return undefined;
  const name = prototypeOf((given as unknown[])[0], own);
  return name === undefined ? undefined : { kind: 'built-in', name };
}

/** `Array.prototype`, if that is what a part is. */
function prototypeOf(part: unknown, own: ReadonlySet<string>): string | undefined {
  if (!isPart(part) || part.type !== 'MemberExpression') return undefined;
  const name = nameOf(part.object);
  if (name === undefined || !BUILT_IN.has(name) || own.has(name)) return undefined;
  return fieldName(part.property, part.computed) === 'prototype' ? `${name}.prototype` : undefined;
}
