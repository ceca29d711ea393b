import type { Node } from 'acorn';
import { type CodePlace, placeOf } from './problem.ts';

/** A part of a program, with its fields as they come. */
export type Part = Node & { readonly [field: string]: unknown };

/** A part and what it is in. */
export interface Placing {
  part: Part;
  parent: Part | undefined;
}

/** A program as a tree, or why it is none. */
export type Parsed = { tree: Part } | ({ problem: string } & Partial<CodePlace>);

/** Reads a JavaScript module. The reader is loaded at the first use. Never rejects for what the code is. */
export async function parseScript(code: string): Promise<Parsed> {
  const { parse } = await import('acorn');
  try {
    return {
      tree: parse(code, { ecmaVersion: 'latest', sourceType: 'module' }) as unknown as Part,
    };
  } catch (error) {
    if (error instanceof RangeError) return { problem: 'too many parts are in each other' };
    if (!(error instanceof SyntaxError)) throw error;
    const { pos } = error as SyntaxError & { pos?: number };
    const problem = error.message.replace(/ \(\d+:\d+\)$/, '');
    return { problem, ...(pos !== undefined && placeOf(code, pos)) };
  }
}

/** All parts of a tree, each before what is in it, in the order of the code. Without recursion. */
export function partsOf(tree: Part, closed: (part: Part) => boolean = () => false): Placing[] {
  const found: Placing[] = [];
  const open: Placing[] = [{ part: tree, parent: undefined }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    found.push(next);
    const { part } = next;
    if (part !== tree && closed(part)) continue;
    for (const child of childrenOf(part).reverse()) open.push({ part: child, parent: part });
  }
  return found;
}

function childrenOf(part: Part): Part[] {
  return Object.values(part)
    .flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isPart);
}

/** Whether a value is a part of a program. */
export function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** Deepest text or value that is put together. */
const MOST_DEPTH = 30;

/** Text that code says as it is, in one or in several pieces; undefined when it does not. */
export function folded(part: unknown, depth = 0): string | undefined {
  if (!isPart(part) || depth > MOST_DEPTH) return undefined;
  if (part.type === 'Literal') return typeof part.value === 'string' ? part.value : undefined;
  if (part.type === 'TemplateLiteral') return foldedTemplate(part, depth);
  if (part.type !== 'BinaryExpression' || part.operator !== '+') return undefined;
  const left = folded(part.left, depth + 1);
  const right = left === undefined ? undefined : folded(part.right, depth + 1);
  return left === undefined || right === undefined ? undefined : left + right;
}

function foldedTemplate({ quasis, expressions }: Part, depth: number): string | undefined {
  const texts = (quasis as Part[]).map(({ value }) => (value as { cooked?: string }).cooked ?? '');
  const values = (expressions as Part[]).map((one) => folded(one, depth + 1));
  if (values.includes(undefined)) return undefined;
  return texts.map((text, at) => `${text}${values[at] ?? ''}`).join('');
}

/** The name of a field as code writes it: `a.name`, `a['name']`, `{ name: 1 }`; undefined when it is made. */
export function fieldName(key: unknown, computed: unknown): string | undefined {
  if (!isPart(key)) return undefined;
  if (computed !== true && key.type === 'Identifier') return String(key.name);
  if (key.type === 'Literal' && typeof key.value === 'number') return String(key.value);
  return folded(key);
}

/** The name, if a part is one. */
export function nameOf(part: unknown): string | undefined {
  return isPart(part) && part.type === 'Identifier' ? String(part.name) : undefined;
}

/** Whether a part is a function. */
export function isFunction(part: Part): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(part.type);
}
