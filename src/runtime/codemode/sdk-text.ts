import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { namespaceOf } from '../../base/tool-names.ts';
import { oneLine as visible } from '../../base/visible-text.ts';
import type { CodeLanguage } from '../../events/creation.ts';
import type { Tool } from '../../ports/tool.ts';
import { oneLine } from '../agent/sections.ts';
import { pythonType, quoted, typescriptType } from './schema-types.ts';

/** A tool, as far as its declaration tells of it. */
export type DeclaredTool = Pick<Tool, 'name' | 'description' | 'parameters' | 'returns'>;

/** UTF-8 bytes of all declarations; tools that find no room are listed by name. */
const MOST_BYTES = 32 * 1024;
/** Characters of a tool's description, and of one argument's. */
const TOOL_CHARS = 300;
const ARGUMENT_CHARS = 120;
/** Arguments of one tool that are written out. */
const MOST_ARGUMENTS = 40;
/** Names of tools without a declaration that are listed. */
const MOST_NAMES = 200;

/**
 * The tools of an agent in code mode as declarations of its language: TypeScript, or stubs of Python
 * (spec, capabilities 3). Names, types and descriptions come from the tools' JSON Schemas; whatever
 * stands there is data, and ends neither a comment nor the block that the text is in.
 */
export function sdkDeclarations(tools: readonly DeclaredTool[], language: CodeLanguage): string {
  const words = language === 'python' ? PYTHON : SCRIPT;
  const { told, left } = fitting(tools, words.declared);
  const spaces = Map.groupBy(told, ({ namespace }) => namespace);
  const body = [...spaces].map(([name, all]) =>
    words.namespace(
      name,
      all.map(({ text }) => text),
    ),
  );
  return [
    words.begin,
    ...(body.length > 0 ? body : [words.empty]),
    ...words.end,
    ...(left.length > 0 ? [words.comment(`There was no room for ${namesOf(left)}.`)] : []),
  ].join('\n');
}

interface Declared {
  namespace: string;
  text: string;
}

function fitting(
  tools: readonly DeclaredTool[],
  declared: (tool: DeclaredTool) => string,
): { told: Declared[]; left: string[] } {
  const told: Declared[] = [];
  const left: string[] = [];
  let bytes = 0;
  for (const tool of tools) {
    const text = declared(tool);
    const size = Buffer.byteLength(text);
    if (bytes + size > MOST_BYTES) left.push(tool.name);
    else {
      bytes += size;
      told.push({ namespace: namespaceOf(tool.name), text });
    }
  }
  return { told, left };
}

function namesOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const listed = names.slice(0, MOST_NAMES).join(', ');
  return more > 0 ? `${listed} and ${more} more` : listed;
}

/** How a language declares tools. */
interface Declaring {
  begin: string;
  end: readonly string[];
  empty: string;
  comment(text: string): string;
  namespace(name: string, tools: readonly string[]): string;
  declared(tool: DeclaredTool): string;
}

const SCRIPT: Declaring = {
  begin: 'interface Sdk {',
  end: ['}'],
  empty: '  // no tools',
  comment: (text) => `// ${text}`,
  namespace: (name, tools) => `  ${name}: {\n${tools.join('\n')}\n  };`,
  declared({ name, description, parameters, returns }) {
    const { fields, more } = argumentsOf(parameters);
    const told = fields.map(({ key, schema, optional }) => {
      const shown = /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
      const type = typescriptType(schema, parameters);
      return `      ${shown}${optional ? '?' : ''}: ${type};${about(schema, ' //')}`;
    });
    const isOptional = fields.every(({ optional }) => optional);
    const given =
      fields.length === 0
        ? ''
        : `args${isOptional ? '?' : ''}: {\n${[...told, ...more.map((line) => `      // ${line}`)].join('\n')}\n    }`;
    const value = returns ? typescriptType(returns, returns) : 'any';
    return `    // ${plainText(description, TOOL_CHARS)}\n    ${actionOf(name)}(${given}): Promise<${value}>;`;
  },
};

/** Words that Python keeps for itself; a tool of such a name is called with a line behind it. */
const KEYWORDS = new Set(
  'false none true and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

const PYTHON: Declaring = {
  begin: 'class Sdk:',
  end: [],
  empty: '    pass  # no tools',
  comment: (text) => `# ${text}`,
  namespace: (name, tools) => `    class ${pythonName(name)}:\n${tools.join('\n')}`,
  declared({ name, description, parameters, returns }) {
    const { fields, more } = argumentsOf(parameters);
    const isName = ({ key }: Argument): boolean =>
      /^[A-Za-z_]\w*$/.test(key) && !KEYWORDS.has(key.toLowerCase());
    const own = fields.filter(isName);
    const others = fields.filter((one) => !isName(one)).map(({ key }) => quoted(key));
    const told = own.map(({ key, schema, optional }) => {
      return `${key}: ${pythonType(schema, parameters)}${optional ? ' = ...' : ''}`;
    });
    const notes = [
      ...own.flatMap(({ key, schema }) => {
        const line = [innerFields(schema, parameters), about(schema, '')].filter(Boolean).join(' ');
        return line === '' ? [] : [`  ${key}: ${line}`];
      }),
      ...(others.length > 0 ? [`  by one dict only: ${others.join(', ')}`] : []),
      ...more.map((line) => `  ${line}`),
    ];
    const value = returns ? pythonType(returns, returns) : 'Any';
    const given = told.length === 0 ? '' : `*, ${told.join(', ')}`;
    return [
      `        # ${plainText(description, TOOL_CHARS)}`,
      ...notes.map((line) => `        # ${line}`),
      `        async def ${pythonName(actionOf(name))}(${given}) -> ${value}: ...`,
    ].join('\n');
  },
};

/** What an object has in it, which the types of Python do not say. */
function innerFields(schema: Json, root: JsonObject): string {
  const type = typescriptType(schema, root);
  return type.includes('{') ? type : '';
}

function pythonName(name: string): string {
  return KEYWORDS.has(name) ? `${name}_` : name;
}

function actionOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

interface Argument {
  key: string;
  schema: Json;
  optional: boolean;
}

/** The arguments of a tool, those first that it needs. */
function argumentsOf({ properties, required }: JsonObject): { fields: Argument[]; more: string[] } {
  const needed = new Set(Array.isArray(required) ? required : []);
  const all = Object.entries(isObject(properties) ? properties : {}).map(([key, schema]) => ({
    ...{ key, schema },
    optional: !needed.has(key),
  }));
  const sorted = [...all.filter((one) => !one.optional), ...all.filter((one) => one.optional)];
  const fitting = sorted.filter(({ key }) => key.length <= 64);
  const fields = fitting.slice(0, MOST_ARGUMENTS);
  const left = all.length - fields.length;
  return { fields, more: left > 0 ? [`and ${left} more arguments`] : [] };
}

/** The description of an argument as a comment of one line. */
function about(schema: Json, mark: string): string {
  const text = isObject(schema) ? schema.description : undefined;
  if (typeof text !== 'string' || text.trim() === '') return '';
  return `${mark === '' ? '' : `${mark} `}${plainText(text, ARGUMENT_CHARS)}`;
}

/** A text from elsewhere on one line of a comment. */
function plainText(text: string, chars: number): string {
  return visible(oneLine(text, chars)).replaceAll('`', "'").replaceAll('*/', '* /');
}
