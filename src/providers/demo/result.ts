import { isObject, type JsonObject } from '../../base/json.ts';
import { jobOf } from './envelopes.ts';
import { fieldsOf, type Known } from './known.ts';
import type { Look } from './look.ts';
import type { ManagerPrompt } from './read-manager.ts';
import { worked } from './standing.ts';
import { fillSchema } from './typed-output.ts';

/** The end with all figures that there are, or a failure when the typed output needs others. */
export function completion(look: Look): JsonObject {
  const { prompt } = look;
  const result = resultOf(look);
  const fields = fieldsOf(knownOf(look));
  if (prompt.schema) {
    const filled = fillSchema(prompt.schema, fields);
    if (!filled.ok) {
      const names = filled.missing.map((name) => JSON.stringify(name)).join(', ');
      return failure(look, `the demo has no figure for ${names} of the typed output`);
    }
    result.output = filled.value;
  }
  return {
    decision: 'complete',
    reasoning: 'all figures are those that the programs of the workers computed from the file',
    final_result: result,
    confidence: fields.get('confidence') ?? 0.5,
  };
}

/** The end without a result, with what there is. */
export function failure(look: Look, reason: string): JsonObject {
  return { decision: 'fail', reason, partial_result: { ...resultOf(look) } };
}

function knownOf({ prompt, plan, standing }: Look): Known {
  const failures = [...standing].filter(([, { done }]) => !done).map(([id]) => id);
  if (!standing.has('report')) {
    failures.push(...['chart', 'report'].filter((id) => !standing.has(id)));
  }
  return {
    ...reported(prompt),
    failures,
    topics: plan.topics,
    measure: plan.measures[0].name,
    files: filesOf(prompt),
  };
}

/** The workers' figures and sentences by job; figures of the report stand for what it read. */
function reported({ reports }: ManagerPrompt): Pick<Known, 'figures' | 'said'> {
  const figures = new Map<string, JsonObject>();
  const said = new Map<string, string>();
  for (const { worker, output } of reports.filter(worked)) {
    if (!isObject(output.figures)) continue;
    // A merge is the profile of the whole table.
    const job = jobOf(worker) === 'merge' ? 'profile' : jobOf(worker);
    figures.set(job, output.figures);
    said.set(job, String(output.summary ?? ''));
  }
  const read = figures.get('report');
  for (const part of ['trend', 'ranking', 'by_group', 'outliers']) {
    const found = read?.[part];
    if (isObject(found) && !figures.has(part)) figures.set(part, found);
  }
  if (read && !figures.has('profile')) figures.set('profile', read);
  return { figures, said };
}

const ORDER = [
  'report.html',
  'trend.svg',
  'ranking.svg',
  'by_group.svg',
  'profile.json',
  'outliers.csv',
  'report.md',
];

/** The files that there are, the most telling first; those that a gate could not find are none. */
function filesOf({ shared, news }: ManagerPrompt): string[] {
  const place = (file: string): number =>
    (ORDER.indexOf(file) + ORDER.length + 1) % (ORDER.length + 1);
  return shared
    .filter((file) => !news.some((line) => line.startsWith(`- ${file}: `)))
    .sort((a, b) => place(a) - place(b));
}

const HEADLINE = [
  'measure',
  'peak',
  'low',
  'change',
  'changePercent',
  'slope',
  'direction',
  'groups',
  'outlierCount',
  'tool',
  'scores',
  'rows',
  'unreadable',
  'missing',
];

function resultOf(look: Look): JsonObject {
  const known = knownOf(look);
  const fields = fieldsOf(known);
  const shown = HEADLINE.flatMap((name) => {
    const value = fields.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    summary: fields.get('summary') ?? '',
    ...Object.fromEntries(shown),
    ...(known.failures.length > 0 && { not_done: [...known.failures] }),
    files: [...known.files],
    understood: [...look.plan.topics],
    simulated: true,
  };
}
