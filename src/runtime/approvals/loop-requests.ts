import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { type LoopQuestion, loopQuestion } from '../../events/loop-requests.ts';
import type { Approval } from '../../events/state.ts';
import { badEdit } from './bad-edit.ts';

/** Most characters of instructions that a person writes. */
const MOST_CHARS = 200_000;

/**
 * Other arguments for a request about a loop, as they may be recorded: of a turn the delegations that
 * are to start, of a sub-manager its share and instructions, of a limit the new one, which is higher.
 * Undefined for requests about anything else. Throws `approval/bad-edit`.
 */
export function checkedLoopArgs(approval: Approval, args: JsonObject): JsonObject | undefined {
  const about = loopQuestion(approval);
  return about && EDITS[about](approval, args);
}

type Edit = (approval: Approval, args: JsonObject) => JsonObject;

const EDITS: Readonly<Record<LoopQuestion, Edit>> = {
  turn(approval, args) {
    const asked = delegationsOf(approval.args);
    const { delegations } = onlyKeys(approval, args, Object.keys(approval.args));
    if (!Array.isArray(delegations) || delegations.length === 0) {
      throw badEdit(approval, 'there are no `delegations` in it', ONLY_TURN);
    }
    const seen = new Set<Json>();
    const edited = delegations.map((one) => {
      const known = asked.find(({ index }) => isObject(one) && one.index === index);
      if (!isObject(one) || !known || seen.has(one.index ?? null)) {
        throw badEdit(approval, 'a delegation of it is none that was asked about', ONLY_TURN);
      }
      seen.add(one.index ?? null);
      return editedOrder(approval, known, one);
    });
    return { delegations: edited };
  },

  submanager(approval, args) {
    const { share, instructions } = onlyKeys(approval, args, ['name', 'share', 'instructions']);
    const isShare = typeof share === 'number' && share >= 0.05 && share <= 0.95;
    if (share !== undefined && !isShare) {
      throw badEdit(approval, '`share` is no number from 0.05 to 0.95', ONLY_SUBMANAGER);
    }
    return {
      ...(share !== undefined && { share }),
      ...(instructions !== undefined && { instructions: textOf(approval, instructions) }),
    };
  },

  raise(approval, args) {
    const { proposed } = onlyKeys(approval, args, Object.keys(approval.args));
    const { limit, dimension } = approval.args;
    if (proposed === null) return { proposed };
    const isCount = dimension === 'cost' || Number.isSafeInteger(proposed);
    if (typeof proposed === 'number' && isCount && proposed > Number(limit)) return { proposed };
    throw badEdit(approval, `\`proposed\` is no number above ${limit}`, ONLY_RAISE);
  },
};

const ONLY_TURN =
  'write {"delegations": [{"index": 1, "instructions": "...", "tools": ["..."]}]} with those that are to start';
const ONLY_SUBMANAGER = 'write {"share": 0.2, "instructions": "..."}, or one of them';
const ONLY_RAISE = 'write {"proposed": N}, or null for no limit';

const ORDER_KEYS = ['index', 'worker', 'instructions', 'tools', 'temperature', 'submanager'];

function editedOrder(approval: Approval, known: JsonObject, one: JsonObject): JsonObject {
  const { index, worker, submanager, ...rest } = onlyKeys(approval, one, ORDER_KEYS);
  const isOther = worker !== undefined && worker !== known.worker;
  if (isOther || (submanager !== undefined && submanager !== known.submanager)) {
    throw badEdit(approval, `delegation ${index} is another worker's`, ONLY_TURN);
  }
  const { instructions, tools, temperature } = rest;
  const isTexts = Array.isArray(tools) && tools.every((name) => typeof name === 'string');
  if (tools !== undefined && !isTexts)
    throw badEdit(approval, '`tools` is no list of names', ONLY_TURN);
  const isWarm = typeof temperature === 'number' && temperature >= 0 && temperature <= 2;
  if (temperature !== undefined && !isWarm) {
    throw badEdit(approval, '`temperature` is no number from 0 to 2', ONLY_TURN);
  }
  return {
    index: index ?? null,
    ...(instructions !== undefined && { instructions: textOf(approval, instructions) }),
    ...(tools !== undefined && { tools }),
    ...(temperature !== undefined && { temperature }),
  };
}

function textOf(approval: Approval, value: Json): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= MOST_CHARS) return value;
  throw badEdit(approval, '`instructions` is no text', ONLY_TURN);
}

function onlyKeys(approval: Approval, args: JsonObject, known: readonly string[]): JsonObject {
  const other = Object.keys(args).find((key) => !known.includes(key));
  if (other === undefined) return args;
  throw badEdit(approval, `nothing can be said of \`${other}\``, `known are ${known.join(', ')}`);
}

function delegationsOf({ delegations }: JsonObject): JsonObject[] {
  return Array.isArray(delegations) ? delegations.filter(isObject) : [];
}
