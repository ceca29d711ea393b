import { isObject, type Json } from '../../base/json.ts';
import type { RunState } from '../../events/state.ts';

/** Texts of a report that are looked at, and files that are looked for. */
const MOST_TEXTS = 2000;
const MOST_FILES = 50;
/** Files that a reason names. */
const MOST_NAMED = 3;

const PLACEHOLDER =
  /\b(?:TODO|TBD|FIXME|PLACEHOLDER)\b|\?{3,}|\bX{2,}\s?%|\bN\/A\b|[[<{]placeholder[\]>}]/g;

/** Words in a report that stand for something that is still to come (spec, runtime 4.4 and 4.9). */
export function placeholdersIn(report: Json): number {
  let count = 0;
  for (const text of textsOf(report)) count += text.match(PLACEHOLDER)?.length ?? 0;
  return count;
}

/** A path below `output/` or `shared/` that has an ending, by itself or in a sentence. */
const PATH =
  /(?<![\p{L}\p{N}_./-])(?:\.\/)?(output|shared)\/([\p{L}\p{N}_.\-/]*\.[A-Za-z0-9]{1,8})(?![\p{L}\p{N}_/])/gu;

/**
 * Files below `output/` and `shared/` that a report names and the run does not have, the first ones.
 * Artifacts go by both names, the one that their agent gave them and the one that they have.
 */
export function missingFiles({ artifacts }: Pick<RunState, 'artifacts'>, report: Json): string[] {
  const named = new Map<string, string>();
  for (const text of textsOf(report)) {
    // Most texts name none, and this is asked of every report.
    if (!text.includes('output/') && !text.includes('shared/')) continue;
    for (const [, folder = '', path = ''] of text.matchAll(PATH)) {
      if (named.size >= MOST_FILES) break;
      named.set(`${folder}/${path}`, path);
    }
  }
  if (named.size === 0) return [];
  const there = new Set([...artifacts.values()].flatMap(({ path, name }) => [path, name]));
  const missing = [...named].filter(([, path]) => !there.has(path)).map(([name]) => name);
  return missing.slice(0, MOST_NAMED);
}

function* textsOf(report: Json): Generator<string> {
  const open: Json[] = [report];
  for (let seen = 0; seen < MOST_TEXTS && open.length > 0; ) {
    const value = open.pop();
    if (typeof value === 'string') {
      seen += 1;
      yield value;
    } else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (isObject(value)) for (const item of Object.values(value)) open.push(item);
  }
}
