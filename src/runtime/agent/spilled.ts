import type { JsonObject } from '../../base/json.ts';
import { fileSafe } from '../../base/paths.ts';
import { resultOf } from '../../events/loop-results.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame, RunState } from '../../events/state.ts';
import type { ContextFile } from '../nodes/context-entries.ts';
import { policyOf } from '../plan-parts.ts';
import { handed, takenNames } from './handed.ts';

/** A result that a manager is shown only the beginning of. */
export interface Spilled {
  begin: string;
  /** Characters of all of it. */
  chars: number;
  /** Its file below `inputs/context/` of workers of later turns. */
  file: string;
  output: JsonObject;
}

/**
 * The results that have no room in the questions of a manager, by turn and by frame of the worker
 * (spec, runtime 2.1): each has `max(totalChars / workers, minPerEntry)` characters and all of a turn
 * `totalChars` together. It follows from the log alone, so that every question and every worker of a
 * later turn has the same names.
 */
export function spillOf(
  plan: Plan,
  state: RunState,
  manager: Frame,
): ReadonlyMap<number, ReadonlyMap<string, Spilled>> {
  const { context } = policyOf(plan, manager);
  const found = new Map<number, ReadonlyMap<string, Spilled>>();
  let names: Set<string> | undefined;
  for (const turn of manager.turns) {
    const each = Math.max(
      Math.floor(context.totalChars / turn.workers.length),
      context.minPerEntry,
    );
    let left = context.totalChars;
    const ofTurn = new Map<string, Spilled>();
    for (const id of turn.workers) {
      const worker = state.frames.get(id);
      const output = resultOf(state, manager, id)?.outcome?.output;
      if (!worker || !output) continue;
      const chars = sizeOf(output);
      if (chars <= each && chars <= left) {
        left -= chars;
        continue;
      }
      names ??= namesBefore(plan, manager);
      const file = nextName(names, worker.name);
      const begin = JSON.stringify(output).slice(0, context.previewChars).toWellFormed();
      ofTurn.set(id, { begin, chars, file, output });
    }
    if (ofTurn.size > 0) found.set(turn.number, ofTurn);
  }
  return found;
}

/** Files with what a manager's prompts had no room for, for a worker of its turn `turn`. */
export function contextFiles(
  plan: Plan,
  state: RunState,
  { manager, turn }: { manager: Frame; turn: number },
): readonly ContextFile[] {
  const known = told.get(manager);
  if (known?.turn === turn) return known.files;
  const files = filesBefore(plan, state, { manager, turn });
  told.set(manager, { turn, files });
  return files;
}

/** All workers of a turn have the same: what was before it does not change any more. */
const told = new WeakMap<Frame, { turn: number; files: readonly ContextFile[] }>();

function filesBefore(
  plan: Plan,
  state: RunState,
  { manager, turn }: { manager: Frame; turn: number },
): ContextFile[] {
  const spilled = [...spillOf(plan, state, manager)]
    .filter(([number]) => number < turn)
    .flatMap(([, results]) => [...results.values()]);
  return [
    ...(handed(plan, manager)?.files ?? []),
    ...spilled.map(({ file, output }) => ({ name: file, text: JSON.stringify(output, null, 2) })),
  ];
}

const sizes = new WeakMap<JsonObject, number>();

/** Characters of a result's JSON; it is asked for at each turn, so each is measured once. */
function sizeOf(output: JsonObject): number {
  const known = sizes.get(output) ?? JSON.stringify(output).length;
  sizes.set(output, known);
  return known;
}

function namesBefore(plan: Plan, manager: Frame): Set<string> {
  const files = handed(plan, manager)?.files ?? [];
  const taken = [...takenNames(plan), ...files.map(({ name }) => name)];
  return new Set(taken.map((name) => name.toLowerCase()));
}

function nextName(taken: Set<string>, worker: string): string {
  for (let count = 1; ; count++) {
    const name = `${fileSafe(worker)}${count === 1 ? '' : `-${count}`}.json`;
    if (taken.has(name.toLowerCase())) continue;
    taken.add(name.toLowerCase());
    return name;
  }
}
