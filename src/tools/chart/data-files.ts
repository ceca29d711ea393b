import { isObject, type JsonObject } from '../../base/json.ts';
import { normalPath, pathProblem, suffixOf } from '../../base/paths.ts';
import type { Workspace } from '../../ports/tool.ts';
import { filesThere } from '../files-there.ts';
import { dataPlaces } from './spec.ts';

/** A file that is put in the place of a named data set when the chart is drawn. */
export interface DataFile {
  /** Of the data set. */
  name: string;
  path: string;
  kind: 'text' | 'json' | 'lines';
}

/** A spec whose files are known, or why it has none. */
export type Prepared =
  | { spec: JsonObject; files: DataFile[]; paths: ReadonlySet<string> }
  | { status: 403 | 404; message: string };

const KINDS: ReadonlyMap<string, DataFile['kind']> = new Map([
  ...['csv', 'tsv', 'tab', 'psv', 'txt'].map((suffix) => [suffix, 'text'] as const),
  ['json', 'json'],
  ...['ndjson', 'jsonl'].map((suffix) => [suffix, 'lines'] as const),
]);

/**
 * A copy of the spec in which `data.url`, or a `data.name` that is no data set of the spec, names a
 * file of the workspace. Tables become data sets; what a spec wants to be read in its own way, as
 * a map or a part of a document, is left to be read by it.
 */
export async function withFiles(given: JsonObject, workspace: Workspace): Promise<Prepared> {
  const spec: JsonObject = structuredClone(given);
  const known = new Set((await workspace.list('')).map(({ path }) => path));
  const files = new Map<string, DataFile>();
  const paths = new Set<string>();
  for (const { data, replace } of dataPlaces(spec)) {
    const named = fileOf(data, spec);
    if (named === undefined) continue;
    const problem = pathProblem(named.path);
    if (problem !== undefined)
      return { status: 403, message: `${JSON.stringify(named.path)}: ${problem}` };
    const path = places(normalPath(named.path)).find((place) => known.has(place));
    if (path === undefined) {
      if (named.maybe) continue;
      const message = `no file ${named.path}; ${await filesThere(workspace)}`;
      return { status: 404, message };
    }
    paths.add(path);
    replace(inPlace(data, path, files));
  }
  return { spec, files: [...files.values()], paths };
}

/** What the data names; `maybe`: it can also be the name of something else. */
function fileOf(data: JsonObject, spec: JsonObject): { path: string; maybe: boolean } | undefined {
  if (typeof data.url === 'string') return { path: data.url, maybe: false };
  if (typeof data.name !== 'string' || 'values' in data) return undefined;
  const sets = isObject(spec.datasets) ? spec.datasets : {};
  return Object.hasOwn(sets, data.name) ? undefined : { path: data.name, maybe: true };
}

function places(path: string): string[] {
  const folders = ['inputs', 'shared', 'output'];
  if (folders.includes(path.split('/')[0] ?? '')) return [path];
  return folders.map((folder) => `${folder}/${path}`);
}

function inPlace(data: JsonObject, path: string, files: Map<string, DataFile>): JsonObject {
  const format = isObject(data.format) ? data.format : {};
  const { type, ...rest } = format;
  const kind = KINDS.get(suffixOf(path));
  const plain = type === undefined || type === 'csv' || type === 'tsv' || type === 'json';
  const own = Object.keys(rest).some((key) => key !== 'parse');
  if (kind === undefined || !plain || own) {
    const { name: _, ...others } = data;
    return { ...others, url: path };
  }
  const file = files.get(path) ?? { name: `file ${files.size + 1}`, path, kind };
  files.set(path, file);
  return { name: file.name, ...('parse' in rest && { format: rest }) };
}
