import { AwpError } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json.ts';
import { isSecretName } from '../base/secret.ts';
import { parseDuration } from '../base/time.ts';
import { toolNameProblem } from '../base/tool-names.ts';
import { envelopeOf } from '../modules/envelope.ts';
import { plainJson } from '../modules/plain-json.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import {
  isStandardSchema,
  issueText,
  type OutputOf,
  type StandardSchema,
  schemaJson,
} from './standard-schema.ts';
import { unknownOption } from './unknown-option.ts';

/** What a tool of one's own gets besides its arguments. */
export interface ToolCallContext<SecretName extends string = string> {
  /**
   * Values of the declared secrets, by name. Reading one that was not given throws
   * `tool/not-configured`, or gives undefined when it was declared as `NAME?`. They are in no JSON,
   * no log and no copy of this object.
   */
  secrets: SecretRecord<SecretName>;
  /** Aborts on timeout, on cancel and at the end of the run. */
  signal: AbortSignal;
  /** A line for the log of the call, which models see, too; 10,000 characters are kept. */
  log(text: string): void;
  /** What is done just now, for whoever watches; it is not kept. */
  progress(text: string): void;
  /** The agent that asks. */
  agent: string;
}

type SecretRecord<SecretName extends string> = Readonly<{
  [Name in SecretName as Name extends `${infer Bare}?` ? Bare : Name]: Name extends `${string}?`
    ? string | undefined
    : string;
}>;

/** What `input` may be: a schema of a library, a JSON Schema, or nothing. */
export type ToolInput = StandardSchema | JsonObject | undefined;

/** The type of the arguments: what the schema's own validation gives, or any JSON object. */
export type ToolArgs<Input extends ToolInput> = Input extends StandardSchema
  ? OutputOf<Input>
  : JsonObject;

/** What `tool()` takes (experience 5, snippet 5; surfaces 1.6); another field is an error. */
export interface ToolDefinition<
  Input extends ToolInput = undefined,
  SecretName extends string = string,
> {
  /** `namespace.action`, in a-z, 0-9 and `_`; not in a namespace of built-in tools. */
  name: string;
  /** What the model reads. */
  description: string;
  /** SemVer. Default `1.0.0`. */
  version?: string;
  /** Schema of the arguments: zod, any Standard Schema, or JSON Schema. Default: no arguments. */
  input?: Input;
  /**
   * JSON Schema of the arguments, for the model; needed with an `input` of a library that cannot
   * give one.
   */
  parameters?: JsonObject;
  /** JSON Schema of what a call gives; checked when there is one. */
  returns?: JsonObject;
  /** Names of the secrets that it gets; `NAME?` is one that need not be there. Default none. */
  secrets?: readonly SecretName[];
  /** Whether a person must allow a call; a text says why. Default false; throwing counts as yes. */
  approval?: boolean | ((args: ToolArgs<Input>) => boolean | string | Promise<boolean | string>);
  /** Whether a call that a crash interrupted may simply be made again. Default false. */
  idempotent?: boolean;
  /** Whether a call changes something outside. Default true. */
  sideEffects?: boolean;
  /** Whether a call reaches other hosts. Default false. */
  network?: boolean;
  /** Most time of a call: milliseconds, or a text such as `'5s'`. Default 30 s. */
  timeout?: number | string;
  /** Most calls of a run in a minute and in an hour. Default unlimited. */
  rate?: { perMinute?: number; perHour?: number };
  /** Whether it may have a name in a namespace of built-in tools and stand for one of them. Default false. */
  replaces?: boolean;
  /** Does it, and gives any JSON, or the envelope `{ok, status, data, error, log}`. */
  execute?(args: ToolArgs<Input>, context: ToolCallContext<SecretName>): unknown;
  /** Another name of `execute`. */
  handler?(args: ToolArgs<Input>, context: ToolCallContext<SecretName>): unknown;
}

const FIELDS = [
  ...['name', 'description', 'version', 'input', 'parameters', 'returns', 'secrets', 'approval'],
  ...['idempotent', 'sideEffects', 'network', 'timeout', 'rate', 'replaces', 'execute', 'handler'],
];
/** Characters of a schema as JSON: models have to read it with every request. */
const MOST_SCHEMA_CHARS = 256 * 1024;
/** Characters of `log` that are kept of one call. */
const MOST_LOG_CHARS = 10_000;

/**
 * A tool of one's own, for the option `tools` or a module of a workflow (decision 19). Throws
 * `usage/bad-option` or `usage/unknown-option` for a definition that cannot be used.
 */
export function tool<
  const Input extends ToolInput = undefined,
  const SecretName extends string = string,
>(definition: ToolDefinition<Input, SecretName>): Tool {
  // From here on arguments are of a type that only the schema knows.
  const known = definition as unknown as LooseDefinition;
  checkDefinition(known);
  const { name, description, version, returns, secrets, rate, timeout } = known;
  const timeoutMs = timeoutOf(name, timeout);
  return {
    name,
    description,
    ...(version !== undefined && { version }),
    parameters: parametersOf(known),
    ...(returns && { returns: checkedSchema(name, 'returns', returns) }),
    idempotent: known.idempotent ?? false,
    sideEffects: known.sideEffects ?? true,
    network: known.network ?? false,
    ...(secrets && secrets.length > 0 && { secrets }),
    ...(rate && { rate }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(known.approval !== undefined && { approval: approvalOf(known) }),
    origin: 'external',
    run: (args, context) => run(known, args, context),
  };
}

type LooseDefinition = ToolDefinition<ToolInput> & {
  execute?(args: unknown, context: ToolCallContext): unknown;
  handler?(args: unknown, context: ToolCallContext): unknown;
  approval?: boolean | ((args: unknown) => unknown);
};

/** Fields whose type is all that there is to check. */
const TYPES = {
  version: 'string',
  idempotent: 'boolean',
  sideEffects: 'boolean',
  network: 'boolean',
  replaces: 'boolean',
  parameters: 'object',
  returns: 'object',
  rate: 'object',
} as const;

function checkDefinition(definition: LooseDefinition): void {
  if (!isObject(definition)) throw bad('a tool is an object', 'tool({ name, description, ... })');
  for (const field of Object.keys(definition)) {
    if (!FIELDS.includes(field)) throw unknownOption(field, FIELDS);
  }
  const { name, description, execute, handler } = definition;
  const problem = toolNameProblem(name, definition.replaces === true);
  if (problem !== undefined) throw bad(problem, 'such as shop.price');
  if (typeof description !== 'string' || description.trim() === '') {
    throw bad(`${name} has no description`, 'say what it does: the model chooses by it');
  }
  for (const [field, type] of Object.entries(TYPES)) {
    const value: unknown = definition[field as keyof typeof TYPES];
    const fits = type === 'object' ? isObject(value) : typeof value === type;
    if (value !== undefined && !fits) throw bad(`${field} of ${name} is no ${type}`);
  }
  if ((typeof execute === 'function') === (typeof handler === 'function')) {
    throw bad(`${name} needs a function execute`, 'one of execute and handler, which are the same');
  }
  checkSecrets(definition);
  checkRate(definition);
}

function checkSecrets({ name, secrets }: LooseDefinition): void {
  const named = (one: unknown): boolean =>
    typeof one === 'string' && isSecretName(one.replace(/\?$/, ''));
  if (secrets === undefined || (Array.isArray(secrets) && secrets.every(named))) return;
  throw bad(`secrets of ${name} is no list of names`, "such as ['API_KEY']");
}

function checkRate({ name, rate = {} }: LooseDefinition): void {
  for (const [field, value] of Object.entries(rate)) {
    if (field !== 'perMinute' && field !== 'perHour') {
      throw unknownOption(`rate.${field}`, ['perMinute', 'perHour']);
    }
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw bad(`rate.${field} of ${name} is no whole number above zero`);
    }
  }
}

function timeoutOf(name: string, timeout: number | string | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  const ms = typeof timeout === 'string' ? parseDuration(timeout) : timeout;
  if (typeof ms === 'number' && Number.isFinite(ms) && ms > 0) return ms;
  throw bad(`timeout of ${name} is no time above zero`, "milliseconds, or a text such as '5s'");
}

function parametersOf({ name, input, parameters }: LooseDefinition): JsonObject {
  if (parameters) return checkedSchema(name, 'parameters', parameters);
  if (isStandardSchema(input)) return checkedSchema(name, 'input', fromLibrary(name, input));
  if (isObject(input)) return checkedSchema(name, 'input', input);
  if (input === undefined) return { type: 'object', properties: {}, additionalProperties: false };
  throw bad(
    `input of ${name} is no schema`,
    'a zod object, another Standard Schema, or JSON Schema',
  );
}

function fromLibrary(name: string, { '~standard': { vendor, jsonSchema } }: StandardSchema) {
  if (jsonSchema === undefined) {
    throw bad(
      `the schema of ${name} (${vendor}) has no JSON Schema for the model`,
      'give it beside it, as parameters; zod has one from release 4.2 on',
    );
  }
  try {
    return schemaJson(jsonSchema.input({ target: 'draft-2020-12' }));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw bad(`the schema of ${name} cannot be written as JSON Schema: ${why}`, {
      hint: 'give what the model should read beside it, as parameters',
      cause,
    });
  }
}

function checkedSchema(name: string, field: string, schema: JsonObject): JsonObject {
  const text = jsonText(schema);
  if (text === undefined) throw bad(`${field} of ${name} is no JSON`);
  if (text.length > MOST_SCHEMA_CHARS) {
    throw bad(`${field} of ${name} is larger than 256 Ki characters`, 'models read all of it');
  }
  if (field === 'returns' || schema.type === 'object') return schema;
  throw bad(`${field} of ${name} is no schema of an object`, "it needs type: 'object'");
}

function jsonText(value: JsonObject): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The arguments as the library's schema gives them: checked once more, with its defaults. */
async function argsOf({ name, input }: LooseDefinition, args: JsonObject): Promise<unknown> {
  if (!isStandardSchema(input)) return args;
  const result = await input['~standard'].validate(args);
  if (result.issues === undefined) return result.value;
  throw new AwpError('tool/bad-input', `${name}: ${issueText(result.issues)}`);
}

function approvalOf(definition: LooseDefinition): NonNullable<Tool['approval']> {
  const { name, approval } = definition;
  return async (args) => {
    let asked: unknown = approval;
    if (typeof approval === 'function') {
      // What does not fit is refused by the call itself: nobody has to look at it.
      const fitting = await argsOf(definition, args).catch(() => undefined);
      if (fitting === undefined) return undefined;
      asked = await approval(fitting);
    }
    if (typeof asked === 'string' && asked !== '') return asked;
    return asked ? `${name} asks before every such call` : undefined;
  };
}

async function run(
  definition: LooseDefinition,
  args: JsonObject,
  context: ToolContext,
): Promise<ToolResult> {
  const fitting = await argsOf(definition, args);
  const log = new CallLog();
  const own = {
    secrets: secretValues(definition, context),
    signal: context.signal,
    log: (text: string) => log.add(text),
    progress: (text: string) => context.progress(String(text)),
    agent: context.agent,
  };
  const result = envelopeOf(plainJson(await called(definition, fitting, own)));
  const said = [result.log ?? '', log.text].filter((text) => text !== '').join('\n');
  return said === '' ? result : { ...result, log: said };
}

async function called(
  { execute, handler }: LooseDefinition,
  args: unknown,
  context: ToolCallContext,
): Promise<unknown> {
  try {
    return await (execute ?? handler)?.(args, context);
  } catch (error) {
    if (error instanceof AwpError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new AwpError('tool/failed', message || 'the tool failed', { cause: error });
  }
}

/** Text of a call, cut where it gets too long. */
class CallLog {
  text = '';

  add(line: unknown): void {
    if (this.text.length >= MOST_LOG_CHARS) return;
    this.text = `${this.text === '' ? '' : `${this.text}\n`}${line}`.slice(0, MOST_LOG_CHARS);
  }
}

/** The values of a call's secrets: fields that are read by their names and listed nowhere. */
function secretValues(
  { name, secrets = [] }: LooseDefinition,
  context: Pick<ToolContext, 'secrets'>,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const declared of secrets) {
    const secret = declared.replace(/\?$/, '');
    const get = (): string | undefined => {
      const given = context.secrets.get(secret);
      if (given || secret !== declared) return given?.reveal();
      throw new AwpError('tool/not-configured', `${name} has no secret ${secret}`, {
        hint: `set ${secret}, and grant it to this tool`,
      });
    };
    Object.defineProperty(values, secret, { get, enumerable: false });
  }
  return values;
}

function bad(message: string, more?: string | { hint: string; cause: unknown }): AwpError {
  const details = typeof more === 'string' ? { hint: more } : more;
  return new AwpError('usage/bad-option', message, details);
}
