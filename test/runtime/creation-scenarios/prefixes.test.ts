import { describe } from 'vitest';
import { withstandCrashes } from '../loop-scenarios/crashes.ts';
import { SCENARIOS } from './index.ts';

describe('a run in which tools are made that is cut off anywhere and taken up again', () => {
  withstandCrashes(SCENARIOS, 20);
});
