import type { Scenario } from '../loop-scenarios/scenario.ts';
import { AROUND } from './around.ts';
import { CODE } from './code.ts';
import { DRAFTS } from './drafts.ts';
import { REPAIRS } from './repairs.ts';

/** All scenarios of tools and skills that are made while a run goes on, by their names. */
export const SCENARIOS: readonly (readonly [string, Scenario])[] = Object.entries({
  ...DRAFTS,
  ...REPAIRS,
  ...CODE,
  ...AROUND,
});
