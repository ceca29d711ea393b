import { expect, it } from 'vitest';
import { freshRunId } from '../../src/data/fresh-run-id.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeEffects } from '../../src/effects/index.ts';

it('a process gives no id of a run twice', () => {
  const effects = { ...nodeEffects(), clock: fixedClock() };
  const ids = Array.from({ length: 5000 }, () => freshRunId(effects));
  expect(new Set(ids).size).toBe(5000);
});

it('ids whose chance is fixed are taken as they are', () => {
  const random = { bytes: () => new Uint8Array([1, 2, 3, 4]), number: () => 0 };
  const effects = { clock: fixedClock(), random };
  expect(freshRunId(effects)).toBe(freshRunId(effects));
});
