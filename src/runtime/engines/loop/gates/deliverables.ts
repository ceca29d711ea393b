import { isObject, type Json, type JsonObject } from '../../../../base/json.ts';
import type { Plan } from '../../../../events/plan.ts';
import type { Evidence, Gate } from './gate.ts';

/** Fields of a result that list files. */
const LISTS = new Set(['artifacts', 'files', 'deliverables', 'output_files']);
/** Fields of an entry of such a list that hold its path. */
const PATH_FIELDS = ['path', 'file', 'name', 'filename'];
/** A file of the run in a text. What is handed in is not among what it makes. */
const RUN_PATH = /(?<![\w/.-])(?:shared|output|artifacts)\/[\w./()@+-]{0,200}\.[a-z]\w{0,7}\b/gi;
/** A file name with a suffix, which a list names without a folder. */
const FILE_NAME = /^[^\n*{<>|"]{1,200}\.[a-z]\w{0,7}$/i;
/** Files named in a result that are looked for. */
const MOST_NAMED = 200;

/**
 * Every file is there that parts of the plan owe, and every one that the result names as its own; those
 * of the plan meet their schemas.
 */
export const deliverablesGate: Gate = {
  name: 'deliverables',
  check({ plan, frame }, evidence) {
    const owed = [...(frame.delegation?.subtasks.values() ?? [])].flatMap(
      ({ id, requiredOutputs = [] }) =>
        requiredOutputs
          .filter((path) => !evidence.hasFile(runPath(path)))
          .map((path) => `${path}: part ${id} of the plan owes it, and it is missing or empty`),
    );
    const named = missingNamed(plan, evidence).map(
      (path) => `${path}: the result names it, and there is no such file`,
    );
    const defects = [...owed, ...evidence.misfits, ...named];
    if (defects.length === 0) return undefined;
    return { reason: 'files are missing or are not what was agreed', defects };
  },
};

/** Files that a result names as those of the run and that do not exist. */
function missingNamed({ inputs }: Pick<Plan, 'inputs'>, { result, hasFile }: Evidence): string[] {
  // A result may list what it was made from, by its bare name.
  const given = new Set(inputs.flatMap(({ name, path = name }) => [name, path]));
  const listed = listedFiles(result).filter((path) => !given.has(path));
  const named = new Set([...listed, ...pathsIn(result)]);
  return [...named].slice(0, MOST_NAMED).filter((path) => !isHandedIn(path) && !hasFile(path));
}

/** A path as files of the run are known: without the folder that agents see them in. */
export function runPath(path: string): string {
  return path.replace(/^(?:\.\/)?(?:(?:shared|output|artifacts)\/)?/i, '');
}

/** Whether a path is one of what the runtime itself hands to workers. */
function isHandedIn(path: string): boolean {
  return /^(?:inputs|context)\//i.test(path) || path.includes('://');
}

function listedFiles(result: JsonObject): string[] {
  return Object.entries(result).flatMap(([key, value]) => {
    if (!LISTS.has(key.toLowerCase())) return [];
    const entries = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [value];
    return entries.flatMap(entryPath).filter((path) => FILE_NAME.test(path));
  });
}

function entryPath(entry: Json): string[] {
  if (typeof entry === 'string') return [runPath(entry.trim())];
  if (!isObject(entry)) return [];
  const field = PATH_FIELDS.find((name) => typeof entry[name] === 'string');
  const path = field === undefined ? undefined : entry[field];
  return typeof path === 'string' ? [runPath(path.trim())] : [];
}

function pathsIn(value: Json): string[] {
  if (typeof value === 'string')
    return [...value.matchAll(RUN_PATH)].map(([path]) => runPath(path));
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  return isObject(value) ? Object.values(value).flatMap(pathsIn) : [];
}
