import type { Json, JsonObject } from '../../../base/json.ts';
import type { CodeLanguage, ToolProposal } from '../../../events/creation.ts';
import { type Argument, argumentsOf } from './arguments.ts';
import { type HandlerParts, solvesIn } from './handler-parts.ts';
import { lexPython } from './lex-python.ts';
import { lexScript } from './lex-script.ts';
import { pythonHandler } from './python-handler.ts';
import { scriptHandler } from './script-handler.ts';
import { filledIn, type Place } from './template.ts';
import type { Token } from './token.ts';

/** Workers that a description names, and characters of it. */
const MOST_NAMED = 5;
const DESCRIPTION_CHARS = 1024;

/** Programs of one shape, the first one first. */
export interface ShapedPrograms {
  shape: string;
  language: CodeLanguage;
  template: string;
  /** The values of each. */
  programs: readonly (readonly Json[])[];
  /** Names of the workers that ran them. */
  workers: readonly string[];
}

/**
 * The tool that programs of one shape propose (spec, capabilities 4.9): values that vary are its
 * arguments, what the program prints is its result. Undefined where they cannot be a tool. Pure.
 */
export function proposalOf(found: ShapedPrograms, namespace: string): ToolProposal | undefined {
  const { shape, language, template, programs, workers } = found;
  const first = filledIn(template, () => undefined);
  const tokens = lexed(first, language);
  if (!tokens) return undefined;
  const given = argumentsOf(template, programs, language);
  if (!given) return undefined;
  const name = `${namespace}.induced_${shape.slice(0, 6)}`;
  return {
    ...{ name, description: description(workers, given), language, secrets: [], shape, workers },
    parameters: schemaOf(given),
    code: codeOf({ language, template, given, solves: solvesIn(tokens), first }),
  };
}

function lexed(source: string, language: CodeLanguage): Token[] | undefined {
  return language === 'python' ? lexPython(source) : lexScript(source);
}

function description(workers: readonly string[], given: readonly Argument[]): string {
  const named = workers.slice(0, MOST_NAMED).join(', ');
  const varied = given.map(({ name }) => name).join(', ');
  const values = varied === '' ? '' : ` with other values for ${varied}`;
  const text = `Runs the program that ${named} ran${values}; what it prints is "stdout".`;
  return text.slice(0, DESCRIPTION_CHARS).toWellFormed();
}

function schemaOf(given: readonly Argument[]): JsonObject {
  return {
    type: 'object',
    properties: Object.fromEntries(given.map(({ name, schema }) => [name, schema])),
    additionalProperties: false,
  };
}

interface Code extends Pick<HandlerParts, 'solves'> {
  language: CodeLanguage;
  template: string;
  given: readonly Argument[];
  /** The first program as it was. */
  first: string;
}

function codeOf({ language, template, given, solves, first }: Code): string {
  const prefix = freeName(first);
  const nameOf = (at: number): string => `${prefix}${at + 1}`;
  const inside = new Map(
    given.flatMap(({ places }, at) => places.map(({ index }) => [index, nameOf(at)] as const)),
  );
  const program = filledIn(template, (place) => used(place, inside.get(place.index), language));
  const own = given.map((argument, at) => ({
    name: argument.name,
    first: written(argument),
    inside: nameOf(at),
  }));
  const parts = { program, solves, given: own };
  if (language === 'python') return pythonHandler(parts);
  return scriptHandler(parts, language === 'typescript');
}

/** How the program has an argument in the place of a value. */
function used(
  { isPiece }: Place,
  name: string | undefined,
  language: CodeLanguage,
): string | undefined {
  if (name === undefined || !isPiece) return name;
  return language === 'python' ? `{${name}}` : `\${${name}}`;
}

/** A default value as the first program has it; texts as JSON writes them, which all languages read. */
function written({ places, value }: Argument): string {
  const [first] = places;
  return typeof value === 'string' || !first ? JSON.stringify(value) : first.text;
}

/** The beginning of names that a program has not. */
function freeName(program: string): string {
  let name = 'given_';
  while (program.includes(name)) name = `${name}_`;
  return name;
}
