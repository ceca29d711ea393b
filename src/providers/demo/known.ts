import { isObject, type Json, type JsonObject } from '../../base/json.ts';

/** What the workers have reported. */
export interface Known {
  /** Figures by job. */
  figures: ReadonlyMap<string, JsonObject>;
  /** Summaries by job. */
  said: ReadonlyMap<string, string>;
  /** Jobs that were not done. */
  failures: readonly string[];
  topics: readonly string[];
  /** Name of the main numeric column. */
  measure: string;
  /** Files that exist. */
  files: readonly string[];
}

/** Where a field of the result comes from: a worker's figures and a path in them. */
const SOURCES: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  [
    'measure',
    [
      ['trend', 'measure'],
      ['ranking', 'measure'],
      ['profile', 'measure', 'name'],
    ],
  ],
  [
    'peak',
    [
      ['trend', 'peak'],
      ['ranking', 'peak'],
    ],
  ],
  [
    'low',
    [
      ['trend', 'low'],
      ['ranking', 'low'],
    ],
  ],
  ['first', [['trend', 'first']]],
  ['last', [['trend', 'last']]],
  ['change', [['trend', 'change']]],
  ['changePercent', [['trend', 'change_percent']]],
  ['slope', [['trend', 'slope_per_step']]],
  ['direction', [['trend', 'direction']]],
  ['points', [['trend', 'points']]],
  ['bestGroup', [['by_group', 'best', 'group']]],
  ['worstGroup', [['by_group', 'last', 'group']]],
  ['groupCount', [['by_group', 'groups']]],
  ['outlierCount', [['outliers', 'outliers']]],
  ['outliers', [['outliers', 'farthest']]],
  ['rows', [['profile', 'rows']]],
  ['columns', [['profile', 'columns']]],
  ['missing', [['profile', 'missing_cells']]],
  ['unreadable', [['profile', 'unreadable_cells']]],
  ['tool', [['scores', 'tool']]],
  ['scores', [['scores', 'scores']]],
  ...['count', 'min', 'q1', 'median', 'mean', 'q3', 'max', 'sum'].map(
    (name) => [name, [['profile', 'measure', name]]] as const,
  ),
];

/** The fields that a result can be made of; only figures that a program reported. */
export function fieldsOf(known: Known): Map<string, Json> {
  const fields = new Map<string, Json>();
  for (const [name, paths] of SOURCES) {
    const value = paths.map((path) => at(known.figures, path)).find((found) => found !== undefined);
    if (value !== undefined) fields.set(name, value);
  }
  const groups = groupsOf(known);
  if (groups) fields.set('groups', groups);
  fields.set('summary', summaryOf(known));
  fields.set('files', [...known.files]);
  fields.set('understood', [...known.topics]);
  fields.set('simulated', true);
  fields.set('confidence', known.failures.length > 0 ? 0.5 : 0.9);
  return fields;
}

function at(
  figures: ReadonlyMap<string, JsonObject>,
  [worker = '', ...path]: readonly string[],
): Json | undefined {
  let value: Json | undefined = figures.get(worker);
  for (const key of path)
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function groupsOf({ figures }: Known): JsonObject | undefined {
  const found = figures.get('by_group');
  if (!found || !isObject(found.best)) return undefined;
  const { by, groups, best, last, ranked_by: rankedBy } = found;
  return {
    by: by ?? null,
    ranked_by: rankedBy ?? null,
    count: groups ?? null,
    best,
    last: last ?? null,
  };
}

function summaryOf({ said, failures, topics }: Known): string {
  const parts = SUMMARISED.flatMap((worker) => said.get(worker) ?? []);
  const report = said.get('report');
  const cells = report?.match(/[\d,]+ numeric cells? could not be read, .*$/)?.[0];
  return [
    ...(parts.length > 0 ? [...parts, cells] : [report]),
    failures.length > 0 && `Not done: ${failures.join(', ')}.`,
    topics.length > 0
      ? `Understood: ${topics.join(', ')}.`
      : 'Understood: none of the topics of the demo, so this is its usual set.',
  ]
    .filter(Boolean)
    .join(' ');
}

const SUMMARISED = ['profile', 'trend', 'ranking', 'by_group', 'outliers', 'scores'];
