import { type Json, type JsonObject, parseJson } from '../base/json.ts';
import { insideBracket, type PythonToken, pythonLines, splitWords } from './python-tools-lexer.ts';

/** How annotations are said in JSON Schema (spec, capabilities 1.6); all others are texts. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['int', 'number'],
  ['float', 'number'],
  ['complex', 'number'],
  ['bool', 'boolean'],
  ...['list', 'List', 'tuple', 'Tuple', 'set', 'Set', 'frozenset', 'Sequence', 'Iterable'].map(
    (name) => [name, 'array'] as const,
  ),
  ...['dict', 'Dict', 'Mapping', 'MutableMapping', 'OrderedDict'].map(
    (name) => [name, 'object'] as const,
  ),
]);
/** Whatever there is. */
const ANYTHING = new Set(['Any', 'object']);
/** Levels of types in types that are followed. */
const MOST_DEPTH = 8;

/** The JSON Schema of a type annotation; a text when it says nothing that JSON has. */
export function schemaOfType(words: readonly PythonToken[], depth = 0): JsonObject {
  if (depth > MOST_DEPTH) return {};
  const options = splitWords(words, '|');
  if (options.length > 1) return union(options, depth);
  const [first] = words;
  if (first?.kind === 'string' && words.length === 1) {
    return schemaOfType(pythonLines(first.value ?? '')[0] ?? [], depth + 1);
  }
  const bracket = words.findIndex(({ text }) => text === '[');
  const name = (bracket === -1 ? words : words.slice(0, bracket)).at(-1)?.text ?? '';
  const inside = bracket === -1 ? [] : splitWords(insideBracket(words, bracket));
  return schemaOfName(name, inside, depth);
}

type Inside = readonly (readonly PythonToken[])[];

function schemaOfName(name: string, inside: Inside, depth: number): JsonObject {
  const [first = []] = inside;
  if (name === 'None') return { type: 'null' };
  if (name === 'Optional') return nullable(schemaOfType(first, depth + 1));
  if (name === 'Union') return union(inside, depth);
  if (name === 'Annotated') return annotated(inside, depth);
  if (name === 'Literal') return choice(inside);
  if (ANYTHING.has(name)) return {};
  const type = TYPES.get(name) ?? 'string';
  if (type !== 'array' || first.length === 0 || /^tuple$/i.test(name)) return { type };
  return { type, items: schemaOfType(first, depth + 1) };
}

function union(options: Inside, depth: number): JsonObject {
  const isNone = (words: readonly PythonToken[]): boolean =>
    words.length === 1 && words[0]?.text === 'None';
  const others = options.filter((words) => !isNone(words));
  const schemas = others.map((words) => schemaOfType(words, depth + 1));
  const schema = schemas.length === 1 ? (schemas[0] ?? {}) : { anyOf: schemas };
  return others.length < options.length ? nullable(schema) : schema;
}

function annotated([type = [], ...more]: Inside, depth: number): JsonObject {
  const text = more.flat().find(({ kind, value }) => kind === 'string' && value !== undefined);
  const schema = schemaOfType(type, depth + 1);
  return text?.value === undefined ? schema : { ...schema, description: text.value };
}

function choice(inside: Inside): JsonObject {
  const values = inside.map(literalOf);
  if (values.some((value) => value === undefined)) return { type: 'string' };
  return { enum: values.flatMap((value) => (value === undefined ? [] : [value])) };
}

/** The same schema, which also takes null. */
export function nullable(schema: JsonObject): JsonObject {
  const { type, enum: values, anyOf } = schema;
  if (typeof type === 'string') return { ...schema, type: [type, 'null'] };
  if (Array.isArray(values)) return { ...schema, enum: [...values, null] };
  return Array.isArray(anyOf) ? { anyOf: [...anyOf, { type: 'null' }] } : schema;
}

const WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };
const PLAIN = /^[-+,:[\]{}]$/;

/** The value that is written out in these words; undefined when it must be worked out. */
export function literalOf(words: readonly PythonToken[]): Json | undefined {
  const texts = words.map(({ kind, text, value }) => {
    if (kind === 'string') return value === undefined ? undefined : JSON.stringify(value);
    if (kind === 'number') return text.replaceAll('_', '');
    if (kind === 'name') return Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
    return PLAIN.test(text) ? text.replace('+', '') : undefined;
  });
  if (texts.length === 0 || texts.includes(undefined)) return undefined;
  // Texts that follow each other are one in Python, and no JSON.
  const joined = texts.join(' ').replace(/- (?=\d)/g, '-');
  return parseJson(joined);
}
