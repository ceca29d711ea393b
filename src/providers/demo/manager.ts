import type { JsonObject } from '../../base/json.ts';
import { envelopeOf, type Job, lookJobs, mergeJob, type Sending, writeJobs } from './envelopes.ts';
import { diagnosisOf, planOf } from './foresight.ts';
import { type Look, stageOf } from './look.ts';
import { outOfScope } from './out-of-scope.ts';
import type { ManagerPrompt } from './read-manager.ts';
import { completion, failure } from './result.ts';
import { SCORES, scoringOf } from './scoring.ts';
import { open, problemOf, type Standing, standings } from './standing.ts';
import { decidePiece } from './submanager.ts';
import { type DemoTable, tablesOf } from './table.ts';
import { type Understanding, understand } from './understand.ts';

/** Most bytes of a table: programs read it in one piece. */
const MOST_BYTES = 256 * 1024 * 1024;
/** A table with more than that gets a sub-manager, where there may be one. */
const BIG = { rows: 20_000, columns: 20 };
/** Workers that must be left for that: those of the sub-manager get a part of them. */
const NEST_WORKERS = 10;
/** Turns after which nothing is tried any more. */
const MOST_TURNS = 12;

/** The manager's decision. Throws `model/out-of-scope` when there is no table to work on. */
export function decide(prompt: ManagerPrompt): JsonObject {
  if (prompt.piece && prompt.canRun) return decidePiece(prompt, prompt.piece);
  const { table, plan } = chooseTable(prompt);
  const understood = `understood: ${plan.topics.join(', ') || 'none of the topics of the demo, so its usual set follows'}`;
  const look: Look = { prompt, table, plan, standing: standings(prompt), understood };
  if (!prompt.canRun) {
    return {
      decision: 'fail',
      reasoning: understood,
      reason:
        'the workers of the demo run JavaScript, and this run gives them no code.execute with it',
    };
  }
  const isAdvice = prompt.sentBack === 'plan' || prompt.sentBack === 'diagnose';
  if (prompt.complaint !== undefined && !isAdvice)
    return failure(look, `the answer did not fit: ${prompt.complaint}`);
  const next = prompt.last || prompt.turn > MOST_TURNS ? undefined : nextWork(look);
  if (next) return next;
  const isAnyDone = [...look.standing.values()].some(({ done }) => done);
  return isAnyDone ? completion(look) : failure(look, whyNothing(look));
}

/** All jobs that there are, as far as they are known now. */
interface Jobs {
  looked: readonly Job[];
  merged: readonly Job[];
  scored: readonly Job[];
  /** Whether the tool for it is there. */
  canScore: boolean;
  written: readonly Job[];
}

function jobsOf(look: Look): Jobs {
  const { prompt, table, plan } = look;
  const nest = mayNest(look);
  const scoring = scoringOf(look);
  const looked = [...lookJobs(table, plan, nest), ...listed(scoring?.make)];
  const merged = nest ? [mergeJob(table, plan, partsIn(prompt.shared))] : [];
  const scored = listed(scoring?.score);
  const first = [...looked, ...merged, ...scored].map(({ id }) => id);
  const written = writeJobs(table, plan, {
    shared: prompt.shared,
    needs: prompt.parts.has(SCORES) && !scoring ? [...first, SCORES] : first,
  });
  return { looked, merged, scored, canScore: scoring?.isThere ?? false, written };
}

/** Plans, diagnoses or delegates; undefined when nothing is left to do. */
function nextWork(look: Look): JsonObject | undefined {
  const { prompt, table, plan, standing, understood } = look;
  const { looked, merged, scored, canScore, written } = jobsOf(look);
  const planned = planOf(prompt, [...looked, ...merged, ...scored, ...written]);
  if (planned) return { ...planned, reasoning: `${understood}. ${about(table, plan)}` };
  const toLook = open(looked, standing);
  const diagnosis = diagnosisOf(
    look,
    toLook.filter(({ codemode }) => !codemode),
  );
  if (diagnosis) return diagnosis;
  // The report is worth more than the last of the figures.
  const lookers = delegation(look, toLook, 1);
  if (lookers) {
    const again = toLook.filter(({ id }) => problemOf(standing.get(id)) !== undefined);
    const names = again.map(({ id }) => id).join(', ');
    const why = names === '' ? about(table, plan) : `What failed is tried another way: ${names}.`;
    return { ...lookers, reasoning: `${understood}. ${why}` };
  }
  if (![...standing.values()].some(({ done }) => done)) return undefined;
  const isMerged = prompt.shared.includes('profile.json') || partsIn(prompt.shared).length === 0;
  const drawable = written.filter(({ writes }) => writes.length > 0);
  const toMerge = isMerged ? [] : open(merged, standing);
  const toScore = canScore ? open(scored, standing) : [];
  if (toMerge.length + toScore.length > 0) {
    // Charts need no profile and no scores; the report does.
    const charts = open(drawable, standing).filter(({ id }) => id === 'chart');
    const between = delegation(look, [...toMerge, ...toScore, ...charts], 1);
    if (between) return { ...between, reasoning: `${understood}. ${whyBetween(toMerge, toScore)}` };
  }
  const writing = delegation(look, [...open(drawable, standing), ...refusedFiles(look, drawable)]);
  return (
    writing && {
      ...writing,
      reasoning: `${understood}. The figures are there; charts and report follow.`,
    }
  );
}

function listed(job: Job | undefined): Job[] {
  return job ? [job] : [];
}

function whyBetween(merging: readonly Job[], scoring: readonly Job[]): string {
  return [
    merging.length > 0 && 'The columns are described; they are merged.',
    scoring.length > 0 && 'The tool is there; the columns are scored with it.',
  ]
    .filter(Boolean)
    .join(' ');
}

/** As many of some jobs as there is room for, with so many workers kept back. */
function delegation(look: Look, jobs: readonly Job[], kept = 0): JsonObject | undefined {
  const { prompt, standing } = look;
  const { workersLeft, toolsLeft, turnWorkers } = prompt.means;
  const left = Math.min(workersLeft, toolsLeft);
  const room = Math.min(turnWorkers, left > 1 ? left - kept : left);
  // With one worker left, the report is the one.
  const first = jobs.length > room ? jobs.toSorted((a, b) => rank(a) - rank(b)) : jobs;
  const chosen = first.slice(0, room);
  if (chosen.length === 0) return undefined;
  return {
    decision: 'delegate',
    delegations: chosen.map((job) => envelopeOf(job, sendingOf(prompt, job, standing))),
  };
}

function rank({ id, codemode }: Job): number {
  return id === 'chart' || id === SCORES || codemode ? 1 : 0;
}

function sendingOf(
  prompt: ManagerPrompt,
  job: Job,
  standing: ReadonlyMap<string, Standing>,
): Sending {
  const own = standing.get(job.id);
  const attempts = own?.attempts ?? 0;
  const { diagnose, plan } = prompt.means;
  // What depends on something that was not done is no part of the plan any more.
  const isWhole = job.needs.every((id) => standing.get(id)?.done ?? false);
  const part = [job.id, stageOf(job)].find((id) => prompt.parts.has(id));
  const again = { attempt: attempts + 1, problem: problemOf(own) ?? 'its result was not accepted' };
  return {
    part: isWhole ? part : undefined,
    ...(plan !== undefined && !isWhole && { apart: true }),
    ...(attempts > 0 && { again }),
    ...(diagnose && attempts === 0 && { reportsErrors: true }),
  };
}

/** Whether the description of a big table is work for a manager of its own. */
function mayNest({ prompt, table, standing }: Look): boolean {
  const isBig = table.rows > BIG.rows || table.width > BIG.columns;
  if (!prompt.means.nest || !isBig || table.width < 2) return false;
  const { attempts = 0 } = standing.get('profile') ?? {};
  return attempts > 0 ? attempts === 1 : prompt.means.workersLeft >= NEST_WORKERS;
}

/** The files of the parts that the workers of a sub-manager described, one of each. */
function partsIn(shared: readonly string[]): string[] {
  const parts = new Map<string, string>();
  for (const path of shared) {
    const part = /(?:^|__)(columns_\d+)\.json$/.exec(path)?.[1];
    if (part !== undefined) parts.set(part, path);
  }
  return [...parts.values()];
}

/** Jobs whose files a gate refused; each is done once more. */
function refusedFiles({ prompt, standing }: Look, jobs: readonly Job[]): Job[] {
  if (!prompt.news.some((line) => line.startsWith('Your result was not accepted: '))) return [];
  const defects = prompt.news.filter((line) => line.startsWith('- ')).join('\n');
  return jobs.filter(({ id, writes }) => {
    const { done = false, attempts = 0 } = standing.get(id) ?? {};
    return done && attempts < 2 && writes.some((file) => defects.includes(file));
  });
}

function chooseTable(prompt: ManagerPrompt): { table: DemoTable; plan: Understanding } {
  const tables = tablesOf(prompt.inputs);
  if (tables.length === 0) throw outOfScope('there is no table among the inputs');
  const task = prompt.task.toLowerCase();
  const ordered = [...tables].sort(
    (a, b) =>
      Number(task.includes(b.name.toLowerCase())) - Number(task.includes(a.name.toLowerCase())),
  );
  for (const table of ordered) {
    const plan = understand(prompt.task, table);
    if (!plan) continue;
    if (table.bytes > MOST_BYTES)
      throw outOfScope(`${table.file} is larger than the 256 MB that the demo reads`);
    return { table, plan };
  }
  const files = ordered.map(({ file }) => file).join(' and ');
  const isEmpty = ordered.every(
    ({ rows, columns }) => rows === 0 && columns.every(({ seen }) => seen === 0),
  );
  throw outOfScope(`${files}: ${isEmpty ? 'there is no row of data' : 'no column holds numbers'}`);
}

function about(table: DemoTable, { measures, order, groups }: Understanding): string {
  const parts = [`measure ${JSON.stringify(measures[0].name)}`];
  if (order) parts.push(`order ${JSON.stringify(order.name)}`);
  if (groups[0]) parts.push(`groups perhaps ${JSON.stringify(groups[0].name)}`);
  return `Table ${table.file}: ${parts.join(', ')}.`;
}

function whyNothing({ standing }: Look): string {
  const problems = [...standing].flatMap(([id, one]) => {
    if (one.refused) return [`${id}: a person did not want it`];
    const problem = problemOf(one);
    return problem === undefined ? [] : [`${id}: ${problem}`];
  });
  return problems.length > 0
    ? `no worker could compute anything (${problems.join('; ').slice(0, 600)})`
    : 'nothing was computed';
}
