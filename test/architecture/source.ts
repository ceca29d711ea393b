import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** A node of a syntax tree, as far as checks look at it. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** One module that a file names, and what it takes from it. */
export interface Import {
  /** As it is written. */
  from: string;
  /** Path below `src/`, for a relative one; outside of it it begins with `../`. */
  target: string | undefined;
  /** Names in the other module; `*` for all of them, as of `import * as x` and `import('x')`. */
  names: readonly string[];
  /** Only types: nothing of it is there when the program runs. */
  typeOnly: boolean;
  line: number;
}

/** One name that a file gives to others. */
export interface Export {
  name: string;
  line: number;
  /** Whether a comment for readers of the code stands before it; undefined for a mere re-export. */
  documented: boolean | undefined;
  /** Whether it is an interface or a type, of which nothing is left when the program runs. */
  isType: boolean;
}

/** One source file, parsed. */
export interface Source {
  /** Relative to `src/`, such as `runtime/run.ts`; a file of another folder begins with `../`. */
  path: string;
  text: string;
  imports: readonly Import[];
  exports: readonly Export[];
  nodes: readonly Node[];
}

/** Every TypeScript file below a folder; its path is kept relative to `src/`. */
export function sourcesOf(root: string, folder = 'src'): Source[] {
  const prefix = folder === 'src' ? '' : `../${folder}/`;
  return globSync('**/*.ts', { cwd: join(root, folder) })
    .sort()
    .map((path) => parseSource(prefix + path, readFileSync(join(root, folder, path), 'utf8')));
}

/** Reads one file. */
export function parseSource(path: string, text: string): Source {
  const nodes: Node[] = [];
  collect(parseAst(text, { lang: 'ts' }), nodes);
  const lineOf = (node: Node): number => text.slice(0, node.start).split('\n').length;
  return {
    path,
    text,
    nodes,
    imports: nodes.flatMap((node) => importOf(node, path, lineOf(node))),
    exports: nodes.flatMap((node) => exportsOf(node, { text, nodes, line: lineOf(node) })),
  };
}

/** The line of a node, for a complaint. */
export function placeOf({ path, text }: Source, { start }: Node): string {
  return `${path}:${text.slice(0, start).split('\n').length}`;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function collect(value: unknown, nodes: Node[]): void {
  if (Array.isArray(value)) for (const item of value) collect(item, nodes);
  if (!isNode(value)) return;
  nodes.push(value);
  for (const field of Object.values(value)) collect(field, nodes);
}

/** The text of an identifier or of a string, as import lists have them. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  return String(node.name ?? node.value ?? '');
}

function nodesOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function importOf(node: Node, path: string, line: number): Import[] {
  const { type, source } = node;
  const known = /^(?:Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$/.test(type);
  if (!known || !isNode(source) || typeof source.value !== 'string') return [];
  const from = source.value;
  // Seen from another folder, `src/` is left and entered again.
  const joined = posix.join(posix.dirname(path), from).replace(/^\.\.\/src\//, '');
  const target = from.startsWith('.') ? joined : undefined;
  const parts = nodesOf(node.specifiers);
  const inline = (part: Node): boolean => (part.importKind ?? part.exportKind) === 'type';
  const typeOnly =
    (node.importKind ?? node.exportKind) === 'type' || (parts.length > 0 && parts.every(inline));
  const names = parts.map((part) =>
    part.type === 'ImportSpecifier' ? nameOf(part.imported) : starOr(part),
  );
  const whole = type === 'ExportAllDeclaration' || type === 'ImportExpression';
  return [{ from, target, names: whole ? ['*'] : names, typeOnly, line }];
}

function starOr(part: Node): string {
  return part.type === 'ExportSpecifier' ? nameOf(part.local) : '*';
}

interface Around {
  text: string;
  nodes: readonly Node[];
  line: number;
}

function exportsOf(node: Node, { text, nodes, line }: Around): Export[] {
  if (node.type !== 'ExportNamedDeclaration') return [];
  const { declaration, source } = node;
  if (isNode(declaration)) {
    const documented = hasDoc(text, node.start);
    const isType = TYPES.has(declaration.type);
    return declared(declaration).map((name) => ({ name, line, documented, isType }));
  }
  return nodesOf(node.specifiers).map((part) => {
    const local = nameOf(part.local);
    const own = nodes.find((other) => declared(other).includes(local));
    const documented = isNode(source) || !own ? undefined : hasDoc(text, own.start);
    const isType = own !== undefined && TYPES.has(own.type);
    return { name: nameOf(part.exported), line, documented, isType };
  });
}

const TYPES = new Set(['TSInterfaceDeclaration', 'TSTypeAliasDeclaration']);

function declared(node: Node): string[] {
  if (node.type === 'VariableDeclaration') {
    return nodesOf(node.declarations).map(({ id }) => nameOf(id));
  }
  return /Declaration$/.test(node.type) && isNode(node.id) ? [nameOf(node.id)] : [];
}

/** Whether a doc comment ends right before this place. */
function hasDoc(text: string, start: number): boolean {
  const before = text.slice(0, start).trimEnd();
  return before.endsWith('*/') && /\/\*\*(?:(?!\*\/)[\s\S])*\*\/$/.test(before);
}
