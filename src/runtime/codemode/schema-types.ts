import { isObject, type Json, type JsonObject } from '../../base/json.ts';

/** How a language writes types. */
interface Words {
  unknown: string;
  none: string;
  text: string;
  whole: string;
  number: string;
  truth: string;
  anyObject: string;
  literals(values: readonly string[]): string;
  literal(value: null | boolean | number | string): string | undefined;
  list(item: string): string;
  map(value: string): string;
  fields(fields: readonly Field[]): string;
}

/** A property of an object. */
export interface Field {
  name: string;
  type: string;
  optional: boolean;
}

/** Nesting that is written out; what is deeper is any value. */
const DEPTH = 4;
/** Values of an enum, parts of a union and fields of an inner object that are written out. */
const MOST_PARTS = 24;
/** Characters of a text among the values of an enum. */
const LITERAL_CHARS = 80;

/** The type of a value of a JSON Schema in TypeScript; `unknown` for what cannot be told in short. */
export function typescriptType(schema: Json | undefined, root: JsonObject): string {
  return new Types(TYPESCRIPT, root).of(schema, DEPTH);
}

/** The same in Python, with `Any`; inner objects are `dict[str, Any]`. */
export function pythonType(schema: Json | undefined, root: JsonObject): string {
  return new Types(PYTHON, root).of(schema, DEPTH);
}

/** A text as a literal of both languages, that ends neither a block of Markdown nor a comment. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[`*<\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const TYPESCRIPT: Words = {
  ...{ unknown: 'unknown', none: 'null', text: 'string', whole: 'number', number: 'number' },
  ...{ truth: 'boolean', anyObject: 'Record<string, unknown>' },
  literals: (values) => values.join(' | '),
  literal: (value) => (typeof value === 'string' ? quoted(value) : String(value)),
  list: (item) => (/^[\w.<>, ]+$/.test(item) ? `${item}[]` : `(${item})[]`),
  map: (value) => `Record<string, ${value}>`,
  fields: (fields) =>
    `{ ${fields.map(({ name, type, optional }) => `${name}${optional ? '?' : ''}: ${type}`).join('; ')} }`,
};

const PYTHON: Words = {
  ...{ unknown: 'Any', none: 'None', text: 'str', whole: 'int', number: 'float', truth: 'bool' },
  anyObject: 'dict[str, Any]',
  literals: (values) => `Literal[${values.join(', ')}]`,
  // Literal has no fractions.
  literal: (value) => {
    if (value === null) return 'None';
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'number') return Number.isInteger(value) ? String(value) : undefined;
    return quoted(value);
  },
  list: (item) => `list[${item}]`,
  map: (value) => `dict[str, ${value}]`,
  fields: () => 'dict[str, Any]',
};

class Types {
  readonly #words: Words;
  readonly #root: JsonObject;

  constructor(words: Words, root: JsonObject) {
    this.#words = words;
    this.#root = root;
  }

  of(schema: Json | undefined, depth: number): string {
    if (!isObject(schema) || depth < 0) return this.#words.unknown;
    const { enum: values, const: constant, $ref, anyOf, oneOf, type } = schema;
    if (typeof $ref === 'string') return this.of(this.#found($ref), depth - 1);
    if (constant !== undefined) return this.#literals([constant]);
    if (Array.isArray(values)) return this.#literals(values);
    const either = Array.isArray(anyOf) ? anyOf : oneOf;
    if (Array.isArray(either)) return this.#union(either, depth);
    const types = Array.isArray(type) ? type : [type];
    if (types.length > 1) {
      return this.#union(
        types.map((one) => ({ ...schema, type: one ?? null })),
        depth,
      );
    }
    return this.#plain(types[0], schema, depth);
  }

  #plain(type: Json | undefined, schema: JsonObject, depth: number): string {
    const words = this.#words;
    switch (type) {
      case 'string':
        return words.text;
      case 'integer':
        return words.whole;
      case 'number':
        return words.number;
      case 'boolean':
        return words.truth;
      case 'null':
        return words.none;
      case 'array':
        return words.list(this.of(schema.items, depth - 1));
      case 'object':
        return this.#object(schema, depth);
      default:
        return isObject(schema.properties) ? this.#object(schema, depth) : words.unknown;
    }
  }

  #object(schema: JsonObject, depth: number): string {
    const { properties, additionalProperties } = schema;
    const all = isObject(properties) ? Object.entries(properties) : [];
    if (all.length === 0) {
      return isObject(additionalProperties)
        ? this.#words.map(this.of(additionalProperties, depth - 1))
        : this.#words.anyObject;
    }
    if (depth <= 0 || all.length > MOST_PARTS) return this.#words.anyObject;
    const required = Array.isArray(schema.required) ? schema.required : [];
    return this.#words.fields(
      all.map(([name, one]) => ({
        name: /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name),
        type: this.of(one, depth - 1),
        optional: !required.includes(name),
      })),
    );
  }

  #union(schemas: readonly Json[], depth: number): string {
    if (schemas.length === 0 || schemas.length > MOST_PARTS) return this.#words.unknown;
    const types = [...new Set(schemas.map((one) => this.of(one, depth - 1)))];
    return types.includes(this.#words.unknown) ? this.#words.unknown : types.join(' | ');
  }

  #literals(values: readonly Json[]): string {
    const words = this.#words;
    const told = values.slice(0, MOST_PARTS).flatMap((value) => {
      if (typeof value === 'object' && value !== null) return [];
      const isLong = typeof value === 'string' && value.length > LITERAL_CHARS;
      return isLong ? [] : (words.literal(value) ?? []);
    });
    if (told.length === values.length && told.length > 0) return words.literals(told);
    const kinds = new Set(values.map((value) => typeof value));
    if (kinds.size > 1) return words.unknown;
    return kinds.has('string') ? words.text : kinds.has('number') ? words.number : words.unknown;
  }

  /** A definition of the same schema; undefined for what is elsewhere. */
  #found(reference: string): Json | undefined {
    const [, folder, name] = /^#\/(\$defs|definitions)\/([^/~%]+)$/.exec(reference) ?? [];
    const definitions = this.#root[folder ?? ''];
    if (!isObject(definitions) || name === undefined) return undefined;
    return Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  }
}
