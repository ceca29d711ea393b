import { describe } from 'vitest';
import { withstandCrashes } from './loop-scenarios/crashes.ts';
import { SCENARIOS } from './loop-scenarios/index.ts';

describe('a delegation loop that is cut off anywhere and taken up again', () => {
  withstandCrashes(SCENARIOS, 6);
});
