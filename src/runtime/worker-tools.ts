import { nearest } from '../base/nearest.ts';
import { matchesTool } from '../base/paths.ts';
import type { Plan } from '../events/plan.ts';
import type { Frame } from '../events/state.ts';
import { accessProblem, RUNS_PROGRAMS } from './tools/policy.ts';

/** Names of a list that a manager is told about. */
const MOST_TOLD = 5;
/** Characters of a name that a manager is told about. */
const NAME_CHARS = 60;

/** What a delegation says of tools, as far as the manager may say it. */
export interface ToolsAsked {
  /** Names or patterns; left out: all that workers may have. */
  allowed?: readonly string[] | undefined;
  /** Names or patterns of tools that must be called. */
  required: readonly string[];
  /** Whether it is to write programs; left out: as its tools are. */
  programs?: boolean | undefined;
}

/** The tools of a worker, by name, and what the manager is told of its wishes. */
export interface ChosenTools {
  tools: readonly string[];
  /** Those of the required ones that there are, as they were asked for. */
  required: readonly string[];
  notes: readonly string[];
}

/** Whose tools they are. */
type Worker = Pick<Frame, 'name' | 'askedAs' | 'role' | 'agentKey'>;

/**
 * What a worker gets of `all` tools that it may have: those that its delegation names, which can only
 * narrow. Patterns become names here, names that do not exist are dropped and told, and who asked for
 * nothing that exists gets all (spec, runtime 4.2 and 4.4).
 */
export function chosenTools(
  plan: Plan,
  { worker, all }: { worker: Worker; all: readonly string[] },
  { allowed = [], required, programs }: ToolsAsked,
): ChosenTools {
  const fits = (pattern: string): string[] => all.filter((name) => isMeant(pattern, name));
  const named = new Set(allowed.flatMap(fits));
  const notes = allowed.filter((one) => fits(one).length === 0).map((one) => why(one));
  if (named.size === 0) {
    if (allowed.length > 0) notes.push('none of its tools exists, so it got the usual ones');
    for (const name of all) named.add(name);
  }
  if (programs === false) {
    named.delete(RUNS_PROGRAMS);
    if (allowed.includes(RUNS_PROGRAMS)) notes.push(`no ${RUNS_PROGRAMS}: codemode is off for it`);
  }
  if (programs && all.includes(RUNS_PROGRAMS)) named.add(RUNS_PROGRAMS);
  else if (programs) notes.push('no worker may run programs here');
  const there = required.filter((one) => fits(one).length > 0);
  notes.push(...required.filter((one) => fits(one).length === 0).map((one) => why(one)));
  for (const name of there.flatMap(fits)) named.add(name);
  return {
    tools: all.filter((name) => named.has(name)),
    required: [...new Set(there)],
    notes: told(notes),
  };

  function why(pattern: string): string {
    const shown = JSON.stringify(pattern.slice(0, NAME_CHARS));
    if (pattern.includes('*')) return `no tool that it may have fits ${shown}`;
    const forbidden = accessProblem(plan, worker, pattern);
    if (forbidden !== undefined) return forbidden.slice(0, 4 * NAME_CHARS);
    const near = nearest(pattern, all);
    return `there is no tool ${shown}${near === undefined ? '' : `, did you mean ${near}?`}`;
  }
}

function isMeant(pattern: string, name: string): boolean {
  return pattern === '*' || matchesTool(pattern, name);
}

function told(notes: readonly string[]): readonly string[] {
  const left = notes.length - MOST_TOLD;
  return left > 0 ? [...notes.slice(0, MOST_TOLD), `and ${left} more of that kind`] : notes;
}

/** The tools that a worker was ordered to call and did not, successfully, so far. */
export function uncalledTools({ order, returned }: Pick<Frame, 'order' | 'returned'>): string[] {
  const worked = [...(returned ?? [])].flatMap(([name, { ok }]) => (ok > 0 ? [name] : []));
  return (order?.requiredTools ?? []).filter(
    (pattern) => !worked.some((name) => isMeant(pattern, name)),
  );
}
