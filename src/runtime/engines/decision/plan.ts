import { isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { pathProblem } from '../../../base/paths.ts';
import type { Decision } from '../../../events/decision.ts';
import type { Hypothesis, Subtask } from '../../../events/loop-events.ts';
import {
  clamped,
  defined,
  field,
  listOf,
  objectOf,
  slug,
  text,
  texts,
  uniqueNames,
} from './values.ts';

type Read<D extends Decision['decision']> =
  | Extract<Decision, { decision: D }>
  | { problem: string };

/** Files of a part whose schemas are read. */
const MOST_SCHEMAS = 50;

/**
 * The parts of a plan, `most` at most, with ids that are safe and differ. What depends on a part that
 * is not there does not wait for it; parts that wait for each other are a problem (spec, runtime 4.1).
 */
export function readPlan(answer: JsonObject, most: number): Read<'plan'> {
  const list = listOf(field(answer, 'subtasks'));
  const parts = list.flatMap((value) => (isObject(value) && wordsOf(value) ? [value] : []));
  if (parts.length === 0) {
    return { problem: '"subtasks" must hold at least one object with "id" and "description".' };
  }
  const free = uniqueNames();
  const ids = new Map<string, string>();
  const named = parts.slice(0, most).map((value, index) => {
    const said = slug(field(value, 'id', 'subtask_id')) ?? `part_${index + 1}`;
    const id = free(said);
    if (!ids.has(said)) ids.set(said, id);
    return { id, value };
  });
  const subtasks = named.map(({ id, value }) => readPart(id, value, ids));
  const circle = circleIn(subtasks);
  if (circle.length > 0) {
    return { problem: `the "dependencies" of ${circle.join(', ')} go in a circle.` };
  }
  const dropped = list.length - subtasks.length;
  return { decision: 'plan', subtasks, ...(dropped > 0 && { dropped }) };
}

function wordsOf(value: JsonObject): string | undefined {
  return text(field(value, 'description', 'task', 'title'));
}

function readPart(id: string, value: JsonObject, ids: ReadonlyMap<string, string>): Subtask {
  const before = listOf(field(value, 'dependencies', 'depends_on'));
  const dependencies = before.flatMap((one) => ids.get(slug(one) ?? '') ?? []);
  const criteria = field(value, 'success_criteria');
  const way = field(value, 'delegation_strategy');
  return defined<Subtask>({
    ...{ id, description: wordsOf(value) ?? '' },
    dependencies: [...new Set(dependencies)],
    priority: text(value.priority),
    successCriteria: text(criteria) ?? texts(criteria)?.join('\n'),
    strategy: way === 'worker' || way === 'submanager' ? way : undefined,
    submanagerAgent: text(field(value, 'submanager_agent')),
    requiredOutputs: texts(field(value, 'required_outputs'))?.flatMap(outputPath),
    schemas: readSchemas(value.schemas),
  });
}

/** A path below `output/`, which may stand before it. */
function outputPath(said: string): string[] {
  const path = said.trim().replace(/^(?:\.\/)?output\//, '');
  return pathProblem(path) === undefined ? [path] : [];
}

function readSchemas(value: Json | undefined): Record<string, JsonObject> | undefined {
  const schemas = Object.entries(objectOf(value) ?? {}).flatMap(([path, schema]) =>
    isObject(schema) ? outputPath(path).map((name) => [name, schema] as const) : [],
  );
  return schemas.length > 0 ? Object.fromEntries(schemas.slice(0, MOST_SCHEMAS)) : undefined;
}

/** The ids of parts that never could start, because they wait for each other. */
function circleIn(parts: readonly Subtask[]): string[] {
  const done = new Set<string>();
  let open = [...parts];
  for (;;) {
    const ready = open.filter(({ dependencies }) => dependencies.every((id) => done.has(id)));
    if (ready.length === 0) return open.map(({ id }) => id);
    for (const { id } of ready) done.add(id);
    open = open.filter(({ id }) => !done.has(id));
  }
}

/** Guesses why a worker failed, `most` at most, with ids that are safe and differ (spec, runtime 4.1). */
export function readDiagnosis(answer: JsonObject, most: number): Read<'diagnose'> {
  const failedWorker = slug(field(answer, 'failed_worker'));
  const list = listOf(field(answer, 'hypotheses'));
  const free = uniqueNames();
  const hypotheses = list
    .flatMap((value, index) => readHypothesis(value, index) ?? [])
    .slice(0, most)
    .map((one) => ({ ...one, id: free(one.id) }));
  if (failedWorker === undefined || hypotheses.length === 0) {
    return {
      problem:
        '"failed_worker" must name a worker, and "hypotheses" must hold at least one object with "id" and "cause".',
    };
  }
  const dropped = list.length - hypotheses.length;
  return { decision: 'diagnose', failedWorker, hypotheses, ...(dropped > 0 && { dropped }) };
}

function readHypothesis(value: Json, index: number): Hypothesis | undefined {
  const fields = isObject(value) ? value : { cause: value };
  const cause = text(field(fields, 'cause', 'description'));
  if (cause === undefined) return undefined;
  return defined<Hypothesis>({
    id: slug(fields.id) ?? `h${index + 1}`,
    cause,
    test: text(fields.test) ?? '',
    likelihood: clamped(fields.likelihood, [0, 1]) ?? 0.5,
    testWorker: slug(field(fields, 'test_worker')),
  });
}
