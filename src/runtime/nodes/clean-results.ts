import { isObject, parseJson } from '../../base/json.ts';
import type { Files } from '../../ports/effects.ts';

/** How long a result is kept unless its node takes older ones, in milliseconds: 30 days. */
export const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** Results in one folder: that of all workflows of a user. */
const MOST = 1000;
/** Files that are read at the same time. */
const AT_ONCE = 16;
const NAME = /^[0-9a-f]{64}\.json$/;

/** When a kept result was made, in milliseconds since 1970, and how long it is kept. */
interface Age {
  at: number;
  keepMs?: number;
}

/** Whether a kept result is too old for anybody. `now` in milliseconds since 1970. */
export function isExpired({ at, keepMs = KEPT_MS }: Age, now: number): boolean {
  return now - at > keepMs;
}

/**
 * Takes away kept results that are too old, those that cannot be read, and the oldest of more than
 * 1000. Other files stay. Never fails: the next run comes by as well.
 */
export async function cleanResults(files: Files, folder: string, now: number): Promise<void> {
  try {
    const names = (await files.list(folder)).filter((name) => NAME.test(name));
    const found: { path: string; age: Age | undefined }[] = [];
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const paths = names.slice(from, from + AT_ONCE).map((name) => `${folder}/${name}`);
      const ages = await Promise.all(paths.map((path) => ageOf(files, path)));
      found.push(...paths.map((path, index) => ({ path, age: ages[index] })));
    }
    const sound = found
      .filter(({ age }) => age !== undefined && !isExpired(age, now))
      .sort((one, other) => (other.age?.at ?? 0) - (one.age?.at ?? 0));
    const kept = new Set(sound.slice(0, MOST).map(({ path }) => path));
    for (const { path } of found) if (!kept.has(path)) await files.remove(path);
  } catch {
    // What could not be taken away now is no failure of a run that has ended.
  }
}

async function ageOf(files: Files, path: string): Promise<Age | undefined> {
  const value: unknown = parseJson(await files.readText(path).catch(() => ''));
  if (!isObject(value) || typeof value.at !== 'number') return undefined;
  const { at, keepMs } = value;
  return { at, ...(typeof keepMs === 'number' && { keepMs }) };
}
