import {
  isObject,
  type Json,
  type JsonObject,
  jsonBytes,
  jsonProblem,
  parseJson,
} from '../../base/json.ts';
import { block } from '../../base/visible-text.ts';
import type {
  CodeLanguage,
  CreationStage,
  DraftProblem,
  ToolDraft,
  ToolProposal,
} from '../../events/creation.ts';
import { languageNamed } from '../../events/languages.ts';
import { formProblem, policyProblem } from './draft-problem.ts';

/** Most characters of a description, and UTF-8 bytes of the code and of the schema as JSON. */
const DESCRIPTION_CHARS = 1024;
const CODE_BYTES = 65_536;
const SCHEMA_BYTES = 32_768;
/** Deepest nesting of the schema and of what else is said, and most values in them. */
const LIMITS = { depth: 16, nodes: 5000 };
/** The same of all arguments, before anything is looked at. */
const ARGUMENT_LIMITS = { depth: 64, nodes: 100_000 };
/** Bytes of `meta`; a larger one is left out. */
const META_BYTES = 4096;
/** Secrets that one tool may ask for, and characters of a name. */
const MOST_SECRETS = 16;
const NAME_CHARS = 128;

/** What a draft is read with. */
export interface DraftDefaults {
  /** The language of one that names none. */
  language: CodeLanguage;
  /** What `{proposal: NAME}` can name. */
  proposals?: ReadonlyMap<string, ToolProposal> | undefined;
}

/** A draft as far as it can be read; with a problem it is good for nothing but its name in the log. */
export interface ReadDraft {
  draft: ToolDraft;
  problem?: DraftProblem;
  /** What was left out, in sentences. */
  warnings: readonly string[];
}

/**
 * What `tools.create` was called with as a draft. What a draft says of capabilities, hosts or side
 * effects is not looked at: only the author grants those (rule NC1).
 */
export function readDraft(args: JsonObject, { language, proposals }: DraftDefaults): ReadDraft {
  const empty = { draft: emptyDraft(language), warnings: [] };
  const unfit = jsonProblem(args, ARGUMENT_LIMITS);
  if (unfit !== undefined) {
    const hint = 'send name, description, parameters and code as plain JSON';
    return { ...empty, problem: formProblem('source', `the arguments ${unfit}`, hint) };
  }
  if (Object.hasOwn(args, '_unparsed')) {
    const hint = 'send {"name": ..., "description": ..., "parameters": {...}, "code": ...}';
    return { ...empty, problem: formProblem('source', 'the arguments were no JSON object', hint) };
  }
  const wanted = own(args, 'proposal');
  if (wanted === undefined || wanted === null) return readFields(args, language);
  const proposal = typeof wanted === 'string' ? proposals?.get(wanted) : undefined;
  if (!proposal) return { ...empty, problem: noProposal(proposals) };
  return readFields({ ...ofProposal(proposal), ...renamed(args) }, language);
}

/** A description as it is kept: others are shown it, so nothing in it is hidden. */
export function plainText(text: string): string {
  return block(text).trim();
}

/** What is too large or too deep in a draft, also in one that was repaired; undefined when nothing is. */
export function sizeProblem({
  description,
  code,
  parameters,
}: ToolDraft): DraftProblem | undefined {
  const chars = description.length;
  if (chars > DESCRIPTION_CHARS) {
    const error = `the description has ${chars} characters; at most ${DESCRIPTION_CHARS} are shown`;
    return formProblem('schema', error, 'say in one or two sentences what the tool does');
  }
  const bytes = Buffer.byteLength(code);
  if (bytes > CODE_BYTES) {
    const error = `the code has ${bytes} bytes; a tool has at most ${CODE_BYTES}`;
    return formProblem('source', error, 'make a smaller tool, and hand data over as an argument');
  }
  const deep = jsonProblem(parameters, LIMITS);
  if (deep !== undefined) {
    return formProblem('schema', `the parameters ${deep}`, 'describe fewer and flatter arguments');
  }
  const large = jsonBytes(parameters);
  if (large <= SCHEMA_BYTES) return undefined;
  const error = `the parameters have ${large} bytes as JSON; at most ${SCHEMA_BYTES} are taken`;
  return formProblem('schema', error, 'describe the arguments in fewer words');
}

interface Fields {
  draft: ToolDraft;
  problems: DraftProblem[];
  warnings: string[];
}

function readFields(args: JsonObject, language: CodeLanguage): ReadDraft {
  const fields: Fields = { draft: emptyDraft(language), problems: [], warnings: [] };
  for (const [key, read] of READERS) read(own(args, key), fields);
  const { draft, problems, warnings } = fields;
  const problem = problems[0] ?? sizeProblem(draft);
  return { draft, warnings, ...(problem && { problem }) };
}

type Reader = (value: Json | undefined, fields: Fields) => void;

/** In the order in which problems are told. */
const READERS: readonly (readonly [key: string, read: Reader])[] = [
  [
    'name',
    (value, { draft, problems }) => {
      if (typeof value === 'string') draft.name = value.slice(0, NAME_CHARS + 1);
      else
        problems.push(
          wrong('policy', { key: 'name', value }, 'namespace.action, in a-z, 0-9 and _'),
        );
    },
  ],
  [
    'code',
    (value, { draft, problems }) => {
      if (typeof value === 'string') draft.code = value;
      else
        problems.push(
          wrong('source', { key: 'code', value }, 'the text of a program that has `handler`'),
        );
    },
  ],
  [
    'description',
    (value, { draft, problems }) => {
      if (typeof value === 'string' && value.trim() !== '') draft.description = plainText(value);
      else
        problems.push(
          wrong('schema', { key: 'description', value }, 'a text that says what it does'),
        );
    },
  ],
  [
    'parameters',
    (value, { draft, problems }) => {
      const schema = typeof value === 'string' ? parseJson(value) : value;
      if (schema === undefined || schema === null) return;
      if (isObject(schema)) draft.parameters = schema;
      else
        problems.push(
          wrong('schema', { key: 'parameters', value }, 'a JSON Schema of type object'),
        );
    },
  ],
  [
    'language',
    (value, { draft, problems }) => {
      if (value === undefined || value === null) return;
      const known = typeof value === 'string' ? languageNamed(value) : undefined;
      if (known && known !== 'shell') draft.language = known;
      else
        problems.push(
          wrong('source', { key: 'language', value }, 'python, javascript or typescript'),
        );
    },
  ],
  [
    'required_secrets',
    (value, { draft, problems }) => {
      if (value === undefined || value === null) return;
      const names = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
      const isList = Array.isArray(value) && names.length === value.length;
      if (isList && names.length <= MOST_SECRETS) {
        draft.secrets = [...new Set(names.map((name) => name.slice(0, NAME_CHARS)))];
      } else {
        const what = `at most ${MOST_SECRETS} names of secrets that the author granted`;
        problems.push(wrong('policy', { key: 'required_secrets', value }, what));
      }
    },
  ],
  [
    'meta',
    (value, { draft, warnings }) => {
      if (value === undefined || value === null) return;
      const fits = isObject(value) && jsonProblem(value, LIMITS) === undefined;
      if (fits && jsonBytes(value) <= META_BYTES) draft.meta = value;
      else warnings.push(`meta was left out: it is an object of at most ${META_BYTES} bytes`);
    },
  ],
];

function wrong(
  stage: CreationStage,
  { key, value }: { key: string; value: Json | undefined },
  what: string,
): DraftProblem {
  const error = value === undefined ? `${key} is missing` : `${key} is ${kindOf(value)}`;
  return formProblem(stage, error, `${key} is ${what}`);
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value.trim() === '' ? 'empty' : 'another text';
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

function noProposal(proposals: DraftDefaults['proposals']): DraftProblem {
  const names = [...(proposals?.keys() ?? [])].slice(0, 5);
  const there = names.length > 0 ? `proposed are ${names.join(', ')}` : 'nothing was proposed yet';
  return policyProblem(400, 'there is no such proposal', `${there}; or send code and parameters`);
}

function ofProposal({ name, description, parameters, code, language }: ToolProposal): JsonObject {
  return { name, description, parameters, code, language };
}

/** What may be said anew of a proposal: code and parameters are its own. */
function renamed(args: JsonObject): JsonObject {
  const said = ['name', 'description'].flatMap((key) => {
    const value = own(args, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(said);
}

function emptyDraft(language: CodeLanguage): ToolDraft {
  const parameters = { type: 'object', properties: {} };
  return { name: '', description: '', parameters, code: '', language, secrets: [] };
}

function own(args: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(args, key) ? args[key] : undefined;
}
