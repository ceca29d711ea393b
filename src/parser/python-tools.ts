import type { JsonObject } from '../base/json.ts';
import { insideBracket, type PythonToken, pythonLines, splitWords } from './python-tools-lexer.ts';
import { literalOf, nullable, schemaOfType } from './python-tools-types.ts';

/** A tool as a Python text declares it. */
export interface PythonTool {
  /** As it is written, so perhaps no name of a tool. */
  name: string;
  /** Its docstring, or its name. */
  description: string;
  /** JSON Schema of its arguments, from the annotations. */
  parameters: JsonObject;
  /** Names of the secrets that it gets. */
  secrets: readonly string[];
  async: boolean;
  /** Where its name is written: offsets in the text. */
  from: number;
  to: number;
}

/** What a Python text says of its tools. */
export interface PythonTools {
  tools: readonly PythonTool[];
  /** Modules that the decorator comes from. */
  decorators: readonly string[];
}

/**
 * The tools of a Python file: functions below `@tool("namespace.action", secrets=[...])` or
 * `@x.tool(...)` (spec, capabilities 1.6). The text is only looked at, nothing of it is run; what
 * cannot be made out is left out.
 */
export function pythonTools(text: string): PythonTools {
  const lines = pythonLines(text);
  const tools: PythonTool[] = [];
  const roots = new Set<string>();
  let decorators: Decorator[] = [];
  for (const [index, line] of lines.entries()) {
    if (line[0]?.text === '@') {
      const decorator = decoratorOf(line);
      if (decorator) decorators.push(decorator);
      continue;
    }
    for (const decorator of decorators) {
      roots.add(decorator.root);
      const tool = toolOf(decorator, line, lines[index + 1]);
      if (tool) tools.push(tool);
    }
    decorators = [];
  }
  return { tools, decorators: modulesOf(roots, lines) };
}

interface Decorator {
  /** The first name of `x.y.tool`. */
  root: string;
  name: string;
  description: string | undefined;
  secrets: readonly string[];
  from: number;
  to: number;
}

function decoratorOf(line: readonly PythonToken[]): Decorator | undefined {
  const bracket = line.findIndex(({ text, kind }) => kind === 'op' && text === '(');
  if (bracket < 2 || line[bracket - 1]?.text !== 'tool') return undefined;
  const args = splitWords(insideBracket(line, bracket));
  const named = (key: string): readonly PythonToken[] | undefined =>
    args.find(([first, second]) => first?.text === key && second?.text === '=')?.slice(2);
  const [first = []] = args;
  const words = named('name') ?? named('fqn') ?? (first[1]?.text === '=' ? undefined : first);
  const [word] = words ?? [];
  if (word?.kind !== 'string' || word.value === undefined) return undefined;
  const description = literalOf(named('description') ?? []);
  const secrets = literalOf(named('secrets') ?? []);
  return {
    root: line[1]?.text ?? '',
    name: word.value,
    description: typeof description === 'string' ? description : undefined,
    secrets: Array.isArray(secrets) ? secrets.map(String) : [],
    from: word.from,
    to: word.to,
  };
}

function toolOf(
  { name, description, secrets, from, to }: Decorator,
  line: readonly PythonToken[],
  next: readonly PythonToken[] | undefined,
): PythonTool | undefined {
  const async = line[0]?.text === 'async';
  const rest = async ? line.slice(1) : line;
  if (rest[0]?.text !== 'def') return undefined;
  const [doc] = next ?? [];
  const docstring = doc?.kind === 'string' ? doc.value : undefined;
  return {
    name,
    description: description ?? (plainText(docstring) || name),
    parameters: parametersOf(insideBracket(rest, 2)),
    secrets,
    async,
    from,
    to,
  };
}

/** A docstring without its indentation. */
function plainText(text: string | undefined): string {
  const lines = (text ?? '').split('\n').map((line) => line.trim());
  return lines.join('\n').trim();
}

function parametersOf(words: readonly PythonToken[]): JsonObject {
  const properties: JsonObject = {};
  const required: string[] = [];
  let more = false;
  for (const part of splitWords(words)) {
    const [first] = part;
    if (first?.text === '**') more = true;
    // What begins with `_` is given by whoever runs it, such as `_secrets`.
    if (first?.kind !== 'name' || first.text.startsWith('_')) continue;
    const { schema, optional } = parameterOf(part);
    properties[first.text] = schema;
    if (!optional) required.push(first.text);
  }
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: more,
  };
}

function parameterOf(part: readonly PythonToken[]): { schema: JsonObject; optional: boolean } {
  const [left = [], ...right] = splitWords(part, '=');
  const schema = left[1]?.text === ':' ? schemaOfType(left.slice(2)) : { type: 'string' };
  if (right.length === 0) return { schema, optional: false };
  const value = literalOf(right.flat());
  if (value === undefined) return { schema, optional: true };
  const taking = value === null ? nullable(schema) : schema;
  return { schema: { ...taking, default: value }, optional: true };
}

/** Modules that these names come from: by an import, or as what an imported name made. */
function modulesOf(roots: ReadonlySet<string>, lines: readonly PythonToken[][]): string[] {
  const imports = new Map<string, string>();
  const made = new Map<string, readonly string[]>();
  for (const line of lines) {
    if (line[0]?.text === 'import') addImports(line, imports);
    else if (line[0]?.text === 'from') addNames(line, imports);
    else if (line[1]?.text === '=' && line[0]?.kind === 'name') {
      made.set(
        line[0].text,
        line.slice(2).map(({ text }) => text),
      );
    }
  }
  const found = [...roots].flatMap((root) => {
    const names = imports.has(root) ? [root] : (made.get(root) ?? []);
    return names.flatMap((name) => imports.get(name) ?? []);
  });
  return [...new Set(found)];
}

/** `import a.b as c, d`. */
function addImports(line: readonly PythonToken[], imports: Map<string, string>): void {
  for (const part of splitWords(line.slice(1))) {
    const as = part.findIndex(({ text }) => text === 'as');
    const path = (as === -1 ? part : part.slice(0, as)).map(({ text }) => text).join('');
    imports.set(part[as === -1 ? 0 : as + 1]?.text ?? '', path);
  }
}

/** `from a.b import c, d as e`. */
function addNames(line: readonly PythonToken[], imports: Map<string, string>): void {
  const at = line.findIndex(({ text }) => text === 'import');
  if (at === -1) return;
  const path = line
    .slice(1, at)
    .map(({ text }) => text)
    .join('');
  const bracketed = line[at + 1]?.text === '(';
  for (const part of splitWords(bracketed ? insideBracket(line, at + 1) : line.slice(at + 1))) {
    imports.set(part.at(-1)?.text ?? '', path);
  }
}
