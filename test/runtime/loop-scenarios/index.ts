import { BAD_MANAGERS } from './bad-managers.ts';
import { BAD_WORKERS } from './bad-workers.ts';
import { BUDGETS } from './budgets.ts';
import { DECISIONS } from './decisions.ts';
import { GATES } from './gates.ts';
import { PEOPLE } from './people.ts';
import { QUALITY } from './quality.ts';
import type { Scenario } from './scenario.ts';
import { SKILLS } from './skills.ts';
import { STALLS } from './stalls.ts';
import { SUBMANAGERS } from './submanagers.ts';
import { WORKERS } from './workers.ts';

/** All scenarios by their names. */
export const SCENARIOS: readonly (readonly [string, Scenario])[] = Object.entries({
  ...DECISIONS,
  ...GATES,
  ...STALLS,
  ...QUALITY,
  ...BUDGETS,
  ...SUBMANAGERS,
  ...WORKERS,
  ...SKILLS,
  ...PEOPLE,
  ...BAD_MANAGERS,
  ...BAD_WORKERS,
});

/** The file of a scenario's events, below `expected/`. */
export function expectedFile(name: string): string {
  return `${name
    .toLowerCase()
    .match(/[a-z0-9]+/g)
    ?.join('-')}.txt`;
}
