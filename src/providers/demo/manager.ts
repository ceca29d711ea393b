import { isObject, type JsonObject } from '../../base/json.ts';
import { ModelError, NO_USAGE } from '../../ports/model-provider.ts';
import { lookEnvelopes, writeEnvelopes } from './envelopes.ts';
import { fieldsOf, type Known } from './known.ts';
import type { ManagerPrompt, PromptReport } from './read-prompt.ts';
import { type DemoTable, tablesOf } from './table.ts';
import { fillSchema } from './typed-output.ts';
import { type Understanding, understand } from './understand.ts';

/** Most bytes of a table: programs read it in one piece. */
const MOST_BYTES = 256 * 1024 * 1024;

/** The manager's decision. Throws `model/out-of-scope` when there is no table to work on. */
export function decide(prompt: ManagerPrompt): JsonObject {
  const { table, plan } = chooseTable(prompt);
  const understood = `understood: ${plan.topics.join(', ') || 'none of the topics of the demo, so its usual set follows'}`;
  if (!prompt.canRun) {
    return {
      decision: 'fail',
      reasoning: understood,
      reason:
        'the workers of the demo run JavaScript, and this run gives them no code.execute with it',
    };
  }
  if (prompt.complaint !== undefined)
    return fail(prompt, plan, `the answer did not fit: ${prompt.complaint}`);
  const looked = [...LOOKERS].some((name) => prompt.known.has(name));
  if (!prompt.last && !looked) {
    return {
      decision: 'delegate',
      reasoning: `${understood}. ${about(table, plan)}`,
      delegations: lookEnvelopes(table, plan),
    };
  }
  const results = prompt.reports.filter(worked);
  if (results.length === 0) return fail(prompt, plan, whyNothing(prompt));
  if (!prompt.last && !prompt.known.has('report')) {
    return {
      decision: 'delegate',
      reasoning: `${understood}. The figures are there; charts and report follow.`,
      delegations: writeEnvelopes(table, plan, prompt.shared),
    };
  }
  return complete(prompt, plan);
}

const LOOKERS: ReadonlySet<string> = new Set([
  'profile',
  'trend',
  'ranking',
  'outliers',
  'by_group',
]);

/** The error of everything that the demo does not do. */
export function outOfScope(problem: string): ModelError {
  return new ModelError(
    'model/out-of-scope',
    `${problem}. The demo model follows fixed rules: it profiles a table (CSV, TSV or JSON records) with a numeric column, follows trends, compares groups, finds outliers and peaks`,
    {
      usage: NO_USAGE,
      hint: 'for any other task use a real model: a local one with Ollama (-m ollama/qwen3), or one of OpenRouter with a key (OPENROUTER_API_KEY, -m openrouter/...)',
    },
  );
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
  throw outOfScope(`${ordered.map(({ file }) => file).join(' and ')}: no column holds numbers`);
}

function about(table: DemoTable, { measures, order, groups }: Understanding): string {
  const parts = [`measure ${JSON.stringify(measures[0].name)}`];
  if (order) parts.push(`order ${JSON.stringify(order.name)}`);
  if (groups[0]) parts.push(`groups perhaps ${JSON.stringify(groups[0].name)}`);
  return `Table ${table.file}: ${parts.join(', ')}.`;
}

/** Whether a worker reported figures that a program computed. */
function worked({ ok, output }: PromptReport): boolean {
  return ok && isObject(output.figures) && output.error === undefined;
}

function whyNothing(prompt: ManagerPrompt): string {
  const problems = prompt.reports.flatMap(({ worker, output, error }) => {
    const problem = error ?? (typeof output.error === 'string' ? output.error : undefined);
    return problem === undefined ? [] : [`${worker}: ${problem}`];
  });
  return problems.length > 0
    ? `no worker could compute anything (${problems.join('; ').slice(0, 600)})`
    : 'nothing was computed';
}

function fail(prompt: ManagerPrompt, plan: Understanding, reason: string): JsonObject {
  return { decision: 'fail', reason, partial_result: { ...resultOf(prompt, plan) } };
}

function complete(prompt: ManagerPrompt, plan: Understanding): JsonObject {
  const result = resultOf(prompt, plan);
  const fields = fieldsOf(knownOf(prompt, plan));
  if (prompt.schema) {
    const filled = fillSchema(prompt.schema, fields);
    if (!filled.ok) {
      const names = filled.missing.map((name) => JSON.stringify(name)).join(', ');
      return fail(prompt, plan, `the demo has no figure for ${names} of the typed output`);
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

/** The workers' figures; those of the report stand for what it read. */
function knownOf(prompt: ManagerPrompt, plan: Understanding): Known {
  const figures = new Map<string, JsonObject>();
  const said = new Map<string, string>();
  for (const report of prompt.reports.filter(worked)) {
    const found = report.output.figures;
    if (!isObject(found)) continue;
    figures.set(report.worker, found);
    said.set(report.worker, String(report.output.summary ?? ''));
    if (report.worker !== 'report') continue;
    for (const part of ['trend', 'ranking', 'by_group', 'outliers']) {
      if (isObject(found[part]) && !figures.has(part)) figures.set(part, found[part]);
    }
    if (!figures.has('profile')) figures.set('profile', found);
  }
  const failures = prompt.reports.filter((report) => !worked(report)).map(({ worker }) => worker);
  if (!prompt.known.has('report')) failures.push('chart', 'report');
  return {
    figures,
    said,
    failures,
    topics: plan.topics,
    measure: plan.measures[0].name,
    files: filesOf(prompt),
  };
}

function filesOf(prompt: ManagerPrompt): string[] {
  const order = [
    'report.html',
    'trend.svg',
    'ranking.svg',
    'by_group.svg',
    'profile.json',
    'outliers.csv',
    'report.md',
  ];
  const place = (file: string): number =>
    (order.indexOf(file) + order.length + 1) % (order.length + 1);
  return [...prompt.shared].sort((a, b) => place(a) - place(b));
}

function resultOf(prompt: ManagerPrompt, plan: Understanding): JsonObject {
  const known = knownOf(prompt, plan);
  const fields = fieldsOf(known);
  const headline = [
    'measure',
    'peak',
    'low',
    'change',
    'changePercent',
    'slope',
    'direction',
    'groups',
    'outlierCount',
    'rows',
    'unreadable',
    'missing',
  ];
  const shown = headline.flatMap((name) => {
    const value = fields.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    summary: fields.get('summary') ?? '',
    ...Object.fromEntries(shown),
    ...(known.failures.length > 0 && { not_done: [...known.failures] }),
    files: [...known.files],
    understood: [...plan.topics],
    simulated: true,
  };
}
