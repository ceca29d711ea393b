import { AwpError } from '../../base/errors.ts';
import { isObject, type JsonObject, parseJson } from '../../base/json.ts';
import type { Effects } from '../../ports/effects.ts';
import { cacheFolder } from '../cache-folder.ts';
import { draftParts } from './command.ts';

/** Packages on the disk that programs may use and nobody changes. */
export interface PackageLayer {
  /** A folder of Python's search path; for JavaScript one that has `node_modules`. */
  folder: string;
  /** Versions by name, of the packages and of what they need. */
  versions: ReadonlyMap<string, string>;
}

/**
 * A draft that is older belongs to a process that was killed, in milliseconds: no installation may
 * take a tenth of that.
 */
const DRAFT_LIFE_MS = 3_600_000;

/** The folder of all layers. Throws `sandbox/package-failed` when there is no cache folder. */
export function layersFolder(effects: Effects): string {
  const cache = cacheFolder(effects);
  if (cache?.startsWith('/')) return `${cache}/layers`;
  throw new AwpError('sandbox/package-failed', 'there is no folder to keep packages in', {
    hint: 'set XDG_CACHE_HOME or HOME to an absolute path',
  });
}

/** The layer at a place; undefined when there is no complete one. */
export async function readLayer(
  effects: Effects,
  place: string,
): Promise<PackageLayer | undefined> {
  const text = await effects.files.readText(`${place}/layer.json`).catch(() => '');
  const { files } = draftParts(place);
  const said = parseJson(text);
  if (!isObject(said) || !Array.isArray(said.packages)) return undefined;
  if ((await effects.files.info(files))?.kind !== 'folder') return undefined;
  const versions = new Map<string, string>();
  for (const { name, version } of said.packages.filter(isObject)) {
    // The first of a name is the one that programs see.
    if (!versions.has(String(name))) versions.set(String(name), String(version));
  }
  return { folder: files, versions };
}

/** The path of a new draft beside a place; removes those of processes that were killed. */
export async function draftFor(effects: Effects, place: string): Promise<string> {
  const { files, clock, random } = effects;
  const folder = place.slice(0, place.lastIndexOf('/'));
  await files.makeFolder(folder, 0o755);
  for (const name of await files.list(folder)) {
    const begun = /^\.draft-(\d+)-/.exec(name)?.[1];
    if (begun === undefined || clock.now() - Number(begun) < DRAFT_LIFE_MS) continue;
    // Another user's draft stays: it is theirs to remove.
    await files.remove(`${folder}/${name}`).catch(() => {});
  }
  const mark = Buffer.from(random.bytes(8)).toString('hex');
  return `${folder}/.draft-${clock.now()}-${mark}`;
}

/** Makes a complete draft the layer of a place, if there is none yet; gives the one that is there. */
export async function publish(
  effects: Effects,
  { draft, place }: { draft: string; place: string },
  facts: JsonObject,
): Promise<PackageLayer> {
  const { files } = effects;
  await files.write(`${draft}/layer.json`, `${JSON.stringify(facts, undefined, 2)}\n`);
  for (const mode of ['first', 'again']) {
    try {
      await files.rename(draft, place);
    } catch (error) {
      if ((await files.info(place)) === undefined) throw error;
    }
    // Whoever else made it at the same time has made as good a one.
    const layer = await readLayer(effects, place);
    if (layer) return layer;
    if (mode === 'first') await files.remove(place);
  }
  throw new AwpError('sandbox/package-failed', `the packages in ${place} are damaged`, {
    hint: 'remove the folder and try again',
  });
}
