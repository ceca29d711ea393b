import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import { MAKES, makeTool } from './make-tool.ts';
import { outOfScope } from './out-of-scope.ts';
import { firstReading, programFor, type Reading } from './programs/index.ts';
import type { ProgramResult, WorkerAnswer, WorkerPrompt } from './read-prompt.ts';

/** The worker's next answer. Throws `model/out-of-scope` when its instructions are not the demo's. */
export function work(prompt: WorkerPrompt): WorkerAnswer {
  const { job, results } = prompt;
  if (!job)
    throw outOfScope(
      `the instructions of the worker ${JSON.stringify(prompt.name)} are not those of a demo manager`,
    );
  if (job.job === MAKES) return makeTool(prompt, job);
  const done = results.findLast(({ ok }) => ok);
  const report = done && reportOf(done);
  if (report) return isNews(prompt, job) ? post(job, report) : { text: JSON.stringify(report) };
  const readings = readingsOf(prompt, job);
  const reading = readings[results.length];
  const last = results.at(-1);
  if (reading === undefined || !prompt.canRun) {
    const why = reading === undefined ? 'the program printed no result' : 'no program can be run';
    const tried = readings[results.findLastIndex(({ ran }) => ran)];
    return { text: JSON.stringify(failure(last?.problem || why, tried)) };
  }
  const code = programFor(job, reading);
  if (code === undefined) throw outOfScope(`the demo has no program ${JSON.stringify(job.job)}`);
  return {
    text: last
      ? `The program failed: ${last.problem}. I try again and count what cannot be read.`
      : '',
    call: { name: 'code.execute', args: { language: 'javascript', code } },
  };
}

/** How its programs read the table, one after the other, before it reports a failure. */
function readingsOf({ repairs }: WorkerPrompt, { job, reading, attempts }: JsonObject): Reading[] {
  const first = repairs || reading === 'tolerant' ? 'tolerant' : firstReading(String(job));
  return attempts === 1 && !repairs ? [first] : [first, 'tolerant'];
}

/** Jobs whose findings are of use to other workers. */
const TELLING: ReadonlySet<string> = new Set([
  'profile',
  'columns',
  'merge',
  'trend',
  'ranking',
  'outliers',
  'by_group',
  'scores',
]);

/** Whether there is a board on which what was found does not stand yet. */
function isNews({ canPost, posted }: WorkerPrompt, { job }: JsonObject): boolean {
  return canPost && !posted && TELLING.has(String(job));
}

/** Characters of a sentence on the board. */
const POSTED_CHARS = 400;

function post({ job }: JsonObject, { summary, figures, confidence }: JsonObject): WorkerAnswer {
  const { measure, rows, readable_cells, unreadable_cells, missing_cells } = isObject(figures)
    ? figures
    : {};
  const cells = { rows, readable_cells, unreadable_cells, missing_cells };
  const known = Object.entries(cells).filter(([, value]) => typeof value === 'number');
  const payload: JsonObject = {
    finding: String(summary ?? '')
      .slice(0, POSTED_CHARS)
      .toWellFormed(),
    ...(typeof measure === 'string' && { measure }),
    ...(Object.fromEntries(known) as JsonObject),
    confidence: confidence ?? null,
  };
  return { text: '', call: { name: 'board.post', args: { topic: String(job), payload } } };
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

/** The report of a worker that has no figures: the error, and the last reading that it tried. */
function failure(error: string, tried: Reading | undefined): JsonObject {
  return {
    summary: `This could not be computed: ${error}`,
    figures: {},
    error,
    ...(tried && { tried }),
    confidence: 0,
  };
}
