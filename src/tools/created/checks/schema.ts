import {
  canonicalJson,
  isObject,
  type Json,
  type JsonObject,
  jsonProblem,
} from '../../../base/json.ts';
import type { DraftProblem, ToolDraft } from '../../../events/creation.ts';
import type { DraftCheck, DraftContext, DraftPlace } from '../../../ports/toolsmith.ts';
import { problemOf, shown } from './problem.ts';
import { referenceProblem } from './references.ts';
import { GIVEN_NAMES, PYTHON_KEYWORDS } from './rules.ts';

/** Bounds of a schema: characters of its JSON, nesting, values in it, arguments. */
const MOST_CHARS = 32 * 1024;
const LIMITS = { depth: 24, nodes: 4000 };
const MOST_ARGUMENTS = 100;
const MOST_NAME = 64;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const HOW = 'write {"type": "object", "properties": {...}, "required": [...]}';

interface Wrong {
  error: string;
  hint: string;
  category?: 'schema_mismatch';
}

/** Whether the arguments are described so that models and checks can use it (spec, capabilities 4.6 and 12.6). */
export const schemaCheck: DraftCheck = { stage: 'schema', check: checkSchema };

async function checkSchema(
  draft: ToolDraft,
  _place: DraftPlace,
  context: DraftContext,
): Promise<DraftProblem | undefined> {
  const { parameters } = draft;
  const wrong =
    shapeProblem(parameters) ??
    namesProblem(draft) ??
    linkProblem(parameters) ??
    (await unusable(parameters, context));
  return wrong && problemOf('schema', { category: 'validation', ...wrong });
}

function shapeProblem(parameters: Json): Wrong | undefined {
  if (!isObject(parameters)) return { error: '`parameters` is no JSON Schema object', hint: HOW };
  const bounds = jsonProblem(parameters, LIMITS);
  if (bounds !== undefined) return { error: `\`parameters\`: its parts ${bounds}`, hint: HOW };
  if (canonicalJson(parameters).length > MOST_CHARS) {
    return {
      error: `\`parameters\` has more than ${MOST_CHARS / 1024} Ki characters`,
      hint: 'say less: long lists of values belong into the code',
    };
  }
  const { type, properties } = parameters;
  if (properties !== undefined && !isObject(properties)) {
    return { error: '`parameters.properties` is no object', hint: HOW };
  }
  if (type === 'object' || (type === undefined && properties !== undefined)) return undefined;
  return {
    error: `\`parameters.type\` is ${type === undefined ? 'missing' : canonicalJson(type).slice(0, 80)}, and arguments are always an object`,
    hint: HOW,
  };
}

function namesProblem({ parameters, language }: ToolDraft): Wrong | undefined {
  const names = argumentNames(parameters);
  if (names.length > MOST_ARGUMENTS) {
    return {
      error: `there are more than ${MOST_ARGUMENTS} arguments`,
      hint: 'take one object or list',
    };
  }
  const given = names.find((name) => GIVEN_NAMES.has(name));
  if (given !== undefined) {
    return {
      error: `the argument ${given} has the name of what every tool gets`,
      hint: `leave it out of \`properties\`: ${given} is there by itself`,
    };
  }
  const bad = names.find((name) => !isArgument(name, language === 'python'));
  if (bad !== undefined) {
    return {
      error: `${shown(bad)} cannot be the name of an argument`,
      hint: `use a word of at most ${MOST_NAME} letters a-z, digits and _ that does not begin with a digit${language === 'python' ? ' and means nothing in Python' : ''}`,
    };
  }
  return requiredProblem(parameters, names);
}

function isArgument(name: string, python: boolean): boolean {
  if (name.length > MOST_NAME || !NAME.test(name)) return false;
  return !(python && PYTHON_KEYWORDS.has(name));
}

function requiredProblem({ required }: JsonObject, names: readonly string[]): Wrong | undefined {
  if (!Array.isArray(required)) return undefined; // what else it may be, the schema of schemas says
  const unknown = required.filter((name) => typeof name === 'string' && !names.includes(name));
  if (unknown.length === 0) return undefined;
  return {
    category: 'schema_mismatch',
    error: `\`required\` names ${unknown.map((name) => shown(String(name))).join(', ')}, which \`properties\` does not have`,
    hint: 'describe every argument in `properties`',
  };
}

/** Names of the arguments that a schema describes. */
export function argumentNames({ properties }: JsonObject): string[] {
  return isObject(properties) ? Object.keys(properties) : [];
}

function linkProblem(parameters: JsonObject): Wrong | undefined {
  const problem = referenceProblem(parameters);
  if (problem === undefined) return undefined;
  return { error: `\`parameters\`: ${problem}`, hint: 'write out what it stands for in its place' };
}

async function unusable(
  parameters: JsonObject,
  { schemaProblem }: DraftContext,
): Promise<Wrong | undefined> {
  const problem = await schemaProblem(parameters);
  if (problem === undefined) return undefined;
  return {
    error: `\`parameters\` cannot be used as a JSON Schema: ${problem.slice(0, 500)}`,
    hint: 'correct it; a `pattern` can have no look-around and no back-references',
  };
}
