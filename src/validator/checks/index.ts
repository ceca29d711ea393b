import type { Rule } from '../rule.ts';
import { s09ZeroBudget } from './s09-zero-budget.ts';
import { s16KnownAgents } from './s16-known-agents.ts';
import { s18NotInsideItself } from './s18-not-inside-itself.ts';
import { s19FanSettings } from './s19-fan-settings.ts';
import { s20TwoOfThree } from './s20-two-of-three.ts';
import { s21MakingTools } from './s21-making-tools.ts';
import { x03KnownNames } from './x03-known-names.ts';
import { x05Upstream } from './x05-upstream.ts';

/** Checks of ours besides the rules of the standard. */
export const checks: readonly Rule[] = [
  s09ZeroBudget,
  s16KnownAgents,
  s18NotInsideItself,
  s19FanSettings,
  s20TwoOfThree,
  s21MakingTools,
  x03KnownNames,
  x05Upstream,
];
