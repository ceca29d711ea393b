import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Fact, ToolCall } from '../../events/event.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import { makingOf } from '../creation/making.ts';
import { CREATES_TOOLS } from '../creation/names.ts';
import { extractJson } from './extract-json.ts';

/** Entries of one report that are recorded; what is behind them is not looked at. */
const MOST_ENTRIES = 100;
/** Fields of an entry that are handed to the tool; all others are left out. */
const ARGUMENTS = [
  ...['name', 'description', 'parameters', 'code', 'language', 'required_secrets', 'meta'],
] as const;
/** Fields of an entry that its record keeps: the code is in the log, with the tool. */
const KEPT = ['name', 'description', 'parameters', 'required_secrets'] as const;

/** Why an entry of a report was not tried. */
type Reason = 'malformed' | 'not_allowed' | 'too_many' | 'in_code';

/** An entry of `tools_created`: what it asks for, and why that is not tried; left out: it is. */
interface Entry {
  given: JsonObject;
  untried?: { reason: Reason; error: string };
}

/**
 * The calls that follow from a report which lists tools (spec, capabilities 4.12); undefined when none
 * do, or when they have been made. As many are tried as the agent may make, and one more, so that its
 * quota is what refuses it.
 */
export function creationsIn(plan: Plan, frame: Frame, text: string): Fact | undefined {
  if (frame.derived || !plan.creation) return undefined;
  const list = ownValue(extractJson(text)?.value ?? {}, 'tools_created');
  const tried = triedOf(listed(plan, frame, list));
  if (tried.length === 0) return undefined;
  const calls = tried.map(({ given }, index): ToolCall => {
    return { id: `p${index + 1}`, name: CREATES_TOOLS, args: chosen(given, ARGUMENTS) };
  });
  const data = { call: frame.call ?? '', from: 'tools_created', calls } as const;
  return { type: 'calls.derived', agent: frame.id, data };
}

/** What of a run says what became of tools. */
export type MadeInRun = Partial<Pick<RunState, 'plan' | 'creation'>>;

/**
 * A report with what became of the tools that it lists, a record for each, in the place of their code;
 * the same report where it lists none, or nobody makes tools.
 */
export function withRegistered(state: MadeInRun, frame: Frame, output: JsonObject): JsonObject {
  const { plan } = state;
  const { tools_created: list, ...rest } = output;
  const entries = plan ? listed(plan, frame, list) : [];
  if (entries.length === 0) return output;
  const tried = triedOf(entries);
  const records = entries.map((entry) => {
    const { given, untried } = entry;
    const name = ownValue(given, 'name');
    return {
      ...chosen(given, KEPT),
      worker_id: frame.name,
      ...(typeof name === 'string' && { namespace: name.split('.')[0] ?? '' }),
      ...(untried
        ? { registered: false, ...untried }
        : outcomeOf(state, frame, { given, place: tried.indexOf(entry) })),
    };
  });
  return { ...rest, tools_registered: records };
}

function listed(plan: Plan, frame: Frame, list: Json | undefined): Entry[] {
  if (!plan.creation || !Array.isArray(list)) return [];
  const making = makingOf(plan, frame);
  const may = making !== undefined && frame.tools.includes(CREATES_TOOLS);
  const isCode = frame.derived?.from === 'code_block';
  let left = may ? making.maxTools + 1 : 0;
  return list.slice(0, MOST_ENTRIES).map((value: Json): Entry => {
    const given = isObject(value) ? value : {};
    const untried = (reason: Reason, error: string): Entry => ({
      given,
      untried: { reason, error },
    });
    if (!may) return untried('not_allowed', 'it was not allowed to make tools');
    if (isCode) return untried('in_code', 'a program makes tools with sdk.tools.create');
    const missing = ['name', 'code'].find((key) => typeof ownValue(given, key) !== 'string');
    if (missing !== undefined) return untried('malformed', `the tool has no ${missing}`);
    left -= 1;
    if (left >= 0) return { given };
    return untried('too_many', `it may make ${making.maxTools} tools at most`);
  });
}

function triedOf(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ untried }) => !untried);
}

function outcomeOf(
  { creation }: MadeInRun,
  { call, derived, id }: Frame,
  { given, place }: { given: JsonObject; place: number },
): JsonObject {
  const result = derived?.results.find((one) => one.call === `${call}.p${place + 1}`);
  if (!result) return { registered: false, error: 'it was not tried' };
  const data = isObject(result.data) ? result.data : {};
  const name = String(ownValue(given, 'name'));
  // It made this very tool before, and lists it all the same.
  const isOwn = creation?.makers.get(name) === id;
  const isThere = isOwn && creation?.tools.get(name)?.code === ownValue(given, 'code');
  if (result.ok || isThere) {
    return { registered: true, ...chosen(data, ['cache_hit', 'repaired', 'repair_attempts']) };
  }
  const error = ownValue(data, 'error') ?? result.error ?? '';
  return { registered: false, status: result.status, error, ...chosen(data, ['category', 'hint']) };
}

/** The fields of these names that an object has itself. */
function chosen(from: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = ownValue(from, key);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

function ownValue(from: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(from, key) ? from[key] : undefined;
}
