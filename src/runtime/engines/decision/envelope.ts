import { isObject, type Json, type JsonObject, jsonBytes } from '../../../base/json.ts';
import type { Envelope } from '../../../events/decision.ts';
import { readContract } from './contract.ts';
import {
  camelCase,
  clamped,
  defined,
  field,
  number,
  objectOf,
  slug,
  text,
  texts,
  uniqueNames,
} from './values.ts';

/** Delegations of one turn that are read. */
const MOST_DELEGATIONS = 100;
/** Share of what is left of the budget that a sub-manager may ask for (spec, runtime 4.1). */
const SHARES = [0.05, 0.95] as const;
const TEMPERATURES = [0, 2] as const;
/** Longest time of a worker, in seconds: a week. */
const LONGEST = 604_800;
const MOST_TOKENS = 10_000_000;
/** Bytes of the fields of a delegation that are not known. */
const EXTRA_BYTES = 8192;

const FIELDS: ReadonlySet<string> = new Set(
  [
    ...['worker_id', 'id', 'name', 'instructions', 'task', 'tools_allowed', 'output_contract'],
    ...['temperature', 'skills', 'subtask_id', 'required_tool_invocations', 'packages', 'timeout'],
    ...['max_tokens', 'codemode', 'as_submanager', 'submanager_agent'],
    ...['submanager_budget_fraction', 'inherited_state_keys', 'forbidden_inheritance_keys'],
    ...['context', 'input_context'],
  ].flatMap((name) => [name, camelCase(name)]),
);

/** Delegations with names that are safe and differ, and how many others were not read. */
export interface Delegations {
  delegations: Envelope[];
  unread: number;
}

/**
 * The delegations of a list: those with an id and instructions, 100 at most. Fields of the wrong kind
 * are left out, numbers are kept within their bounds.
 */
export function readDelegations(list: readonly Json[]): Delegations {
  const free = uniqueNames();
  const delegations = list
    .slice(0, MOST_DELEGATIONS)
    .flatMap((value) => (isObject(value) ? (readEnvelope(value) ?? []) : []))
    .map((envelope) => ({ ...envelope, workerId: free(envelope.workerId) }));
  return { delegations, unread: list.length - delegations.length };
}

function readEnvelope(value: JsonObject): Envelope | undefined {
  const workerId = slug(field(value, 'worker_id', 'id', 'name'));
  const instructions = text(field(value, 'instructions', 'task'));
  if (workerId === undefined || instructions === undefined) return undefined;
  return defined<Envelope>({
    ...{ workerId, instructions },
    toolsAllowed: texts(field(value, 'tools_allowed')),
    contract: readContract(field(value, 'output_contract')),
    temperature: clamped(value.temperature, TEMPERATURES),
    skills: texts(value.skills),
    subtaskId: slug(field(value, 'subtask_id')),
    requiredTools: texts(field(value, 'required_tool_invocations')),
    packages: texts(value.packages),
    timeoutMs: milliseconds(value.timeout),
    maxOutputTokens: tokens(field(value, 'max_tokens')),
    codemode: readCodemode(value.codemode),
    ...submanager(value),
    context: readContext(value),
    extra: readExtra({ ...value, ...besidesCodemode(value.codemode) }),
  });
}

function submanager(value: JsonObject) {
  const asked = field(value, 'as_submanager');
  return {
    asSubmanager: typeof asked === 'boolean' ? asked : undefined,
    submanagerAgent: text(field(value, 'submanager_agent')),
    budgetShare: clamped(field(value, 'submanager_budget_fraction'), SHARES),
    inherits: texts(field(value, 'inherited_state_keys')),
    forbids: texts(field(value, 'forbidden_inheritance_keys')),
  };
}

function milliseconds(seconds: Json | undefined): number | undefined {
  const found = number(seconds);
  if (found === undefined || found <= 0) return undefined;
  return Math.max(1, Math.round(Math.min(found, LONGEST) * 1000));
}

function tokens(value: Json | undefined): number | undefined {
  const found = number(value);
  return found !== undefined && found >= 1 ? Math.floor(Math.min(found, MOST_TOKENS)) : undefined;
}

/** Names of the fields of `codemode`. */
const CODEMODE: ReadonlySet<string> = new Set(
  [
    ...['enabled', 'tool_creation', 'tool_creation_namespace', 'max_tools', 'repair_attempts'],
  ].flatMap((name) => [name, camelCase(name)]),
);
/** Most tools and repairs that are read; a policy allows far less. */
const MOST_OF_A_WORKER = [0, 100_000] as const;

/** What a worker may do with programs and tools of its own, or one word for whether it runs programs. */
function readCodemode(value: Json | undefined): Envelope['codemode'] {
  if (typeof value === 'boolean') return { enabled: value };
  const given = objectOf(value);
  if (!given) return undefined;
  const codemode = defined<NonNullable<Envelope['codemode']>>({
    enabled: flag(given.enabled),
    toolCreation: flag(field(given, 'tool_creation')),
    namespace: text(field(given, 'tool_creation_namespace'))?.trim(),
    maxTools: whole(field(given, 'max_tools')),
    repairs: whole(field(given, 'repair_attempts')),
  });
  return Object.keys(codemode).length > 0 ? codemode : undefined;
}

function flag(value: Json | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function whole(value: Json | undefined): number | undefined {
  const found = clamped(value, MOST_OF_A_WORKER);
  return found === undefined ? undefined : Math.floor(found);
}

/** What else stands in `codemode`, under names of its own: it counts nowhere, and that is told. */
function besidesCodemode(value: Json | undefined): JsonObject {
  const others = Object.entries(objectOf(value) ?? {}).filter(([key]) => !CODEMODE.has(key));
  return Object.fromEntries(others.map(([key, one]) => [`codemode.${key}`, one]));
}

/** Both names mean the same; words alone are handed on as `text`. */
function readContext(value: JsonObject): JsonObject | undefined {
  const parts = [field(value, 'input_context'), value.context].flatMap((given) => {
    const words = objectOf(given) ? undefined : text(given);
    return words === undefined ? (objectOf(given) ?? []) : [{ text: words }];
  });
  return parts.length > 0 ? Object.assign({}, ...parts) : undefined;
}

/** Fields that are not known, as far as they are small. */
function readExtra(value: JsonObject): JsonObject | undefined {
  const extra: JsonObject = {};
  let left = EXTRA_BYTES;
  for (const [key, given] of Object.entries(value)) {
    if (FIELDS.has(key)) continue;
    left -= jsonBytes({ [key]: given });
    if (left < 0) break;
    extra[key] = given;
  }
  return Object.keys(extra).length > 0 ? extra : undefined;
}
