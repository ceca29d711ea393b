import { sha256 } from '../base/hash.ts';
import { isObject, parseJson } from '../base/json.ts';
import type { Language } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import { cacheFolder } from './cache-folder.ts';
import type { Kit, Provider } from './provider.ts';
import { type SelfTest, selfTest } from './self-test.ts';

/** Goes up when the self-test or the boxes promise something else, so that old verdicts do not count. */
const FORMAT = 1;
const WEEK_MS = 7 * 24 * 3_600_000;

/** What came of trying a box, and when. */
export interface Verdict extends SelfTest {
  /** How long the test took, in milliseconds. */
  ms: number;
  /** ISO 8601. */
  at: string;
  /** Whether another process of this machine has tried it. */
  cached: boolean;
}

/**
 * The verdict on a box: that of an earlier process, if nothing has changed that it depends on and it
 * is less than a week old, else that of a self-test now. Only good verdicts are kept.
 */
export async function verdictOn(
  kit: Kit,
  provider: Provider,
  { fresh }: { fresh: boolean },
): Promise<Verdict> {
  const { effects } = kit.machine;
  const place = await placeOf(kit, provider);
  const known = fresh || place === undefined ? undefined : await read(effects, place, provider);
  if (known) return known;
  const start = effects.clock.monotonic();
  const tested = await selfTest(effects, provider);
  const ms = Math.round(effects.clock.monotonic() - start);
  const at = new Date(effects.clock.now()).toISOString();
  const complete = provider.languages.every(({ language }) => tested.languages.has(language));
  if (place !== undefined) {
    const good = tested.leak === undefined && complete;
    if (good) await keep(effects, place, { languages: [...tested.languages], ms, at });
    // An earlier good one does not count any more.
    else await effects.files.remove(place).catch(() => {});
  }
  return { ...tested, ms, at, cached: false };
}

/** Named by all that the verdict depends on: kernel, user, runners, interpreters, the box itself. */
async function placeOf({ machine, texts }: Kit, provider: Provider): Promise<string | undefined> {
  const { effects, uid } = machine;
  const folder = cacheFolder(effects);
  if (folder === undefined) return undefined;
  const kernel = await effects.files.readText('/proc/sys/kernel/version').catch(() => '');
  const { name, isolation, languages, stamp } = provider;
  const parts = [
    ...[FORMAT, effects.processes.platform(), kernel, effects.processes.uid() ?? null],
    ...[uid ?? null, name, isolation, languages, stamp ?? null, await texts()],
  ];
  return `${folder}/boxes/${sha256(JSON.stringify(parts)).slice(0, 32)}.json`;
}

async function read(
  effects: Effects,
  place: string,
  provider: Provider,
): Promise<Verdict | undefined> {
  const text = await effects.files.readText(place).catch(() => '');
  const value = parseJson(text);
  if (!isObject(value) || typeof value.at !== 'string' || typeof value.ms !== 'number') {
    return undefined;
  }
  const { at, ms, languages: named } = value;
  // Only whole verdicts are kept: what lacks a language was not written by us.
  const passed = new Set(Array.isArray(named) ? named : []);
  const languages = new Set(provider.languages.map(({ language }) => language));
  if (![...languages].every((language) => passed.has(language))) return undefined;
  const age = effects.clock.now() - Date.parse(at);
  if (!(age >= 0 && age < WEEK_MS)) return undefined;
  return { languages, leak: undefined, ms, at, cached: true };
}

/** A folder that cannot be written costs the next process a second, no more. */
async function keep(
  { files }: Effects,
  place: string,
  verdict: { languages: readonly Language[]; ms: number; at: string },
): Promise<void> {
  try {
    await files.makeFolder(place.slice(0, place.lastIndexOf('/')), 0o755);
    await files.write(place, JSON.stringify(verdict));
  } catch {}
}
