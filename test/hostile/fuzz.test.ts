import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusIn } from './fuzz/archives.ts';
import { problemsWith } from './fuzz/check-input.ts';
import { fuzz } from './fuzz/fuzz.ts';
import { type Corpus, inputOf } from './fuzz/inputs.ts';

/** `npm run fuzz` goes on where this ends. */
const SEED = 20_260_101;

let folder = '';
let corpus: Corpus = { workflows: [], archives: [] };
let known: ReadonlyMap<string, string> = new Map();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'awp-fuzz-test-'));
  ({ corpus, known } = await corpusIn(folder));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('changed workflows, packages and expressions', () => {
  it.each([0, 6, 12, 18])('are taken as they should be: 6 from number %i on', async (from) => {
    for (let number = from; number < from + 6; number++) {
      const problems = await problemsWith(inputOf(SEED, number, corpus), { folder, known });
      expect(problems, `npm run fuzz -- --seed ${SEED} --from ${number} --count 1`).toEqual([]);
    }
  });

  it('are the same for the same seed and number', () => {
    for (let number = 0; number < 5; number++) {
      expect(inputOf(SEED, number, corpus)).toEqual(inputOf(SEED, number, corpus));
    }
    expect(inputOf(SEED, 0, corpus)).not.toEqual(inputOf(SEED + 1, 0, corpus));
  });
});

describe('npm run fuzz', () => {
  it('tries inputs in processes of their own and keeps nothing of what is good', async () => {
    const failures = join(folder, 'failures');
    const told: string[] = [];
    const tell = (line: string) => told.push(line);
    const done = await fuzz({ seed: SEED, count: 2, failures, tell });
    expect({ ...done, told }).toEqual({ tried: 2, failures: [], told: [] });
    expect(readdirSync(folder)).not.toContain('failures');
  });
});
