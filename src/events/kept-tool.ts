import { isObject, type Json, type JsonObject, listedTexts, parseJson } from '../base/json.ts';
import type { CodeLanguage, CreatedTool, ToolDraft } from './creation.ts';

/** Folder of the tools that a person promoted, below a workflow's folder (spec, capabilities 4.13). */
export const PROMOTED_FOLDER = 'workspace/dynamic_tools';

/** Most bytes of the file of a tool. */
export const KEPT_TOOL_BYTES = 256 * 1024;

/** Deepest nesting in such a file; schemas may be nested 16 deep. */
const DEPTH = 24;
/** Most repairs that a file is believed: more than any agent has. */
const MOST_REPAIRS = 1000;
/** Longest of the texts that only people read, in characters. */
const SHOWN_CHARS = 200;

const LANGUAGES: readonly CodeLanguage[] = ['python', 'javascript', 'typescript'];

/** A tool as its file has it. Nobody has checked more of it than its form. */
export interface KeptTool {
  draft: ToolDraft;
  /** What the file says its SHA-256 is; undefined when it says nothing. */
  hash: string | undefined;
  /** Name of the agent that made it; `unknown` when the file does not say. */
  creator: string;
  /** ISO 8601, UTC; undefined when the file does not say. */
  createdAt: string | undefined;
  /** The run that made it; undefined when the file does not say. */
  run: string | undefined;
  /** How often it was repaired. */
  repairs: number;
}

/** Why a file is no tool. */
export interface KeptProblem {
  /** The name that it seems to have. */
  name?: string;
  error: string;
  hint: string;
}

/**
 * Reads the text of a tool's file, `{fqn, description, parameters, code, meta, code_hash,
 * repair_attempts, provenance: {creator_agent, created_at, run}, required_secrets, language}`: the
 * format of the Python implementation, which has no `language`. Only the form is looked at. Never
 * throws.
 */
export function readKeptTool(text: string): KeptTool | KeptProblem {
  const value = parseJson(text, { maxLength: KEPT_TOOL_BYTES, maxDepth: DEPTH });
  if (!isObject(value)) {
    const hint = `write one JSON object, nested at most ${DEPTH} levels; awp tools promote makes one`;
    return { error: 'the file is not the JSON of a tool', hint };
  }
  const wrong = FIELDS.find(([name, fits]) => !fits(value[name] ?? undefined));
  if (wrong) {
    const [field, , form] = wrong;
    return {
      ...(typeof value.fqn === 'string' && { name: value.fqn.slice(0, SHOWN_CHARS) }),
      error: `${field} of the tool is ${value[field] === undefined ? 'missing' : 'not what it must be'}`,
      hint: `${field} is ${form}`,
    };
  }
  const origin = isObject(value.provenance) ? value.provenance : {};
  const { repair_attempts: repairs } = value;
  return {
    draft: draftOf(value),
    hash: textOf(value.code_hash),
    creator: shownOf(origin.creator_agent) ?? 'unknown',
    createdAt: timeOf(origin.created_at),
    run: shownOf(origin.run),
    repairs:
      typeof repairs === 'number' ? Math.min(MOST_REPAIRS, Math.max(0, Math.floor(repairs))) : 0,
  };
}

type Fits = (value: Json | undefined) => boolean;

const isText: Fits = (value) => typeof value === 'string';
const optional =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value);
const isList: Fits = (value) => Array.isArray(value) && listedTexts(value).length === value.length;

/** What each field must be; `null` is as good as nothing. */
const FIELDS: readonly (readonly [name: string, fits: Fits, form: string])[] = [
  ['fqn', isText, 'its name, namespace.action'],
  ['description', isText, 'a text'],
  ['parameters', isObject, 'a JSON Schema of the arguments, type: object'],
  ['code', isText, 'a program that defines handler'],
  ['meta', optional(isObject), 'an object'],
  ['code_hash', optional(isText), 'the SHA-256 of name, code and schema; it may be left out'],
  ['repair_attempts', optional((value) => typeof value === 'number'), 'a number'],
  ['provenance', optional(isObject), 'an object'],
  ['required_secrets', optional(isList), 'a list of names'],
  ['language', optional((value) => LANGUAGES.some((one) => one === value)), LANGUAGES.join(' or ')],
];

function draftOf(value: JsonObject): ToolDraft {
  const { parameters, meta } = value;
  return {
    name: textOf(value.fqn) ?? '',
    description: textOf(value.description) ?? '',
    parameters: isObject(parameters) ? parameters : {},
    code: textOf(value.code) ?? '',
    language: LANGUAGES.find((one) => one === value.language) ?? 'python',
    secrets: listedTexts(value.required_secrets),
    ...(isObject(meta) && { meta }),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function shownOf(value: Json | undefined): string | undefined {
  return textOf(value)?.slice(0, SHOWN_CHARS);
}

/** A time as Python writes it: ISO 8601, of UTC where it names no zone, or seconds since 1970. */
function timeOf(value: Json | undefined): string | undefined {
  const time = new Date(msOf(value));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function msOf(value: Json | undefined): number {
  if (typeof value === 'number') return value * 1000;
  if (typeof value !== 'string') return Number.NaN;
  return Date.parse(/(?:z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value}Z`);
}

/** The file of a tool. `run` is the id of the run that it is from. */
export function keptToolText(tool: CreatedTool, run: string): string {
  const { name, description, parameters, code, meta = {}, hash, repairs, creator } = tool;
  const file = {
    fqn: name,
    ...{ description, parameters, code, meta },
    code_hash: hash,
    repair_attempts: repairs,
    provenance: { creator_agent: creator, created_at: tool.createdAt, run },
    ...(tool.secrets.length > 0 && { required_secrets: tool.secrets }),
    ...(tool.language !== 'python' && { language: tool.language }),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
