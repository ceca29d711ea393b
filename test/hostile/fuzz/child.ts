/**
 * Tries inputs in a process of its own: `child.ts SEED FROM COUNT FOLDER [KIND]`. Says the number of
 * each before it is tried, so that who started this knows which one has ended it.
 */
import { writeSync } from 'node:fs';
import { corpusIn } from './archives.ts';
import { problemsWith } from './check-input.ts';
import { inputOf } from './inputs.ts';

const [seed = 0, from = 0, count = 0] = process.argv.slice(2, 5).map(Number);
const folder = process.argv[5] ?? '.';

/** Written at once: what is still in a buffer is lost when this ends by a signal. */
const say = (message: { at: number } | { bad: number; problems: string[] }): void => {
  writeSync(1, `${JSON.stringify(message)}\n`);
};

const { corpus, known } = await corpusIn(folder);
for (let number = from; number < from + count; number++) {
  say({ at: number });
  const problems = await problemsWith(inputOf(seed, number, corpus), { folder, known });
  if (problems.length > 0) say({ bad: number, problems });
}
say({ at: from + count });
