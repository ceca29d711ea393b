import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import { outOfScope } from './manager.ts';
import { firstReading, programFor } from './programs/index.ts';
import type { ProgramResult, WorkerPrompt } from './read-prompt.ts';

/** What a worker says: a program to run, or its report. */
export type WorkerAnswer = { text: string; code: string } | { text: string; code?: never };

/** Programs that a worker tries before it reports a failure. */
const ATTEMPTS = 2;

/** The worker's next answer. Throws `model/out-of-scope` when its instructions are not the demo's. */
export function work(prompt: WorkerPrompt): WorkerAnswer {
  const { job, results } = prompt;
  if (!job)
    throw outOfScope(
      `the instructions of the worker ${JSON.stringify(prompt.name)} are not those of a demo manager`,
    );
  const done = results.findLast(({ ok }) => ok);
  const report = done && reportOf(done);
  if (report) return { text: JSON.stringify(report) };
  const last = results.at(-1);
  if (results.length >= ATTEMPTS) return { text: JSON.stringify(failure(last?.problem ?? '')) };
  if (!prompt.canRun)
    return { text: JSON.stringify(failure(last?.problem ?? 'no program can be run')) };
  const code = programFor(job, last ? 'tolerant' : firstReading(String(job.job)));
  if (code === undefined) throw outOfScope(`the demo has no program ${JSON.stringify(job.job)}`);
  return {
    text: last
      ? `The program failed: ${last.problem}. I try again and count what cannot be read.`
      : '',
    code,
  };
}

/** The report from a program's last line, `{summary, figures}`; undefined when it is not there. */
function reportOf({ stdout }: ProgramResult): JsonObject | undefined {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  const printed = parseJson(line);
  if (!isObject(printed) || !isObject(printed.figures)) return undefined;
  const figures = printed.figures;
  return { summary: printed.summary ?? '', figures, confidence: confidenceOf(figures) };
}

/** The share of cells that could be read, empty ones aside, at most 0.99. */
function confidenceOf(figures: JsonObject): number {
  const [readable, unreadable] = [figures.readable_cells, figures.unreadable_cells].map(Number);
  const all = (readable ?? 0) + (unreadable ?? 0);
  const share = all > 0 ? (readable ?? 0) / all : 0.99;
  return Math.round(Math.min(0.99, share) * 100) / 100;
}

function failure(problem: string): JsonObject {
  const error = problem || 'the program printed no result';
  return { summary: `This could not be computed: ${error}`, figures: {}, error, confidence: 0 };
}
