import { AwpError } from '../base/errors.ts';
import type { Language, SandboxPolicy } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { OpenSandbox, SandboxLanguage, SandboxName } from '../ports/sandbox.ts';
import { holdersOf } from './holders.ts';
import { makeKit } from './make-kit.ts';
import type { Kit, Provider } from './provider.ts';
import { PROVIDERS, type ProviderEntry } from './providers.ts';
import { type Verdict, verdictOn } from './verdicts.ts';

/** A provider that may be used, with the languages that passed. */
interface Proven {
  provider: Provider;
  languages: readonly SandboxLanguage[];
  hold: ReturnType<typeof holdersOf>;
}

/** What is known of one box of this machine, for people. */
export interface SandboxFacts {
  name: SandboxName;
  usable: boolean;
  /** Why it cannot be used. */
  reason?: string;
  /** What would help. */
  fix?: string;
  /** What it keeps apart. */
  isolation?: string;
  languages: readonly SandboxLanguage[];
  /** Whether programs can be given a network of listed hosts. */
  network: boolean;
  /** Whether it was ever run on this kind of system; false is no more than a hope. */
  verified: boolean;
  selfTest?: Pick<Verdict, 'ms' | 'at' | 'cached'>;
}

/**
 * Opens the strongest box of this machine. Each provider is probed and tried with hostile programs
 * before its first use; a good verdict is kept for other processes of the machine. The variable
 * `AWP_SANDBOX` (a provider's name) allows only that one, and never one that is weaker than the
 * policy's minimum.
 */
export function openSandbox(effects: Effects): OpenSandbox {
  const proofs = new Map<string, Promise<Proven | string>>();
  let made: Promise<Kit> | undefined;
  const kitOnce = (): Promise<Kit> => {
    made ??= makeKit(effects);
    return made;
  };
  const prove = (entry: ProviderEntry, policy: SandboxPolicy): Promise<Proven | string> => {
    const lean = !entry.byPython && asksForNoPython(policy);
    const key = `${entry.name}${lean ? ' without Python' : ''}`;
    const proof =
      proofs.get(key) ?? kitOnce().then((kit) => proveOne(lean ? withoutPython(kit) : kit, entry));
    proofs.set(key, proof);
    return proof;
  };
  return async (policy) => {
    const why: string[] = [];
    const lacking: ProviderEntry[] = [];
    const entries = candidates(effects.secrets.get('AWP_SANDBOX'), policy);
    // Whoever names a Python that is none is told so, also where another box would run JavaScript.
    if (needsNamedPython(effects, entries, policy)) await (await kitOnce()).pythons();
    for (const entry of entries) {
      const proven = await prove(entry, policy);
      const fit = typeof proven === 'string' ? proven : fitting(proven, policy);
      if (typeof proven !== 'string' && typeof fit !== 'string') {
        return proven.hold(await withPackages(proven.provider, fit, policy), proven.languages);
      }
      why.push(`${entry.name}: ${fit}`);
      if (typeof proven === 'string') lacking.push(entry);
    }
    throw unavailable(why.join('; '), fixes(lacking, policy));
  };
}

function needsNamedPython(
  { secrets }: Effects,
  entries: readonly ProviderEntry[],
  policy: SandboxPolicy,
): boolean {
  const named = secrets.get('AWP_PYTHON') !== undefined && !asksForNoPython(policy);
  return named && entries.some(({ hostPython }) => hostPython);
}

/** Looks at every box of this machine, strongest first, and tries each. `fresh`: again. */
export async function surveySandboxes(
  effects: Effects,
  { fresh = false } = {},
): Promise<readonly SandboxFacts[]> {
  const kit = await makeKit(effects);
  const facts: SandboxFacts[] = [];
  for (const entry of PROVIDERS) facts.push(await factsOf(kit, entry, fresh));
  return facts;
}

async function factsOf(kit: Kit, entry: ProviderEntry, fresh: boolean): Promise<SandboxFacts> {
  const { os, arch } = kit.machine.effects.processes.platform();
  const base = { name: entry.name, verified: os === 'linux' && arch === 'x64' };
  const provider = await makeOne(kit, entry).catch(whyNot);
  if (provider === undefined || typeof provider === 'string' || 'reason' in provider) {
    const why = typeof provider === 'object' ? provider : { reason: provider ?? NOT_THERE };
    const lacking = { usable: false, languages: [], network: false };
    return { ...base, ...lacking, fix: entry.fix, ...why };
  }
  const { isolation, network } = provider;
  if (!entry.boundary) {
    return { ...base, usable: true, isolation, languages: provider.languages, network };
  }
  const verdict = await verdictOn(kit, provider, { fresh });
  const languages = provider.languages.filter(({ language }) => verdict.languages.has(language));
  const problem = problemOf(verdict, languages);
  const { ms, at, cached } = verdict;
  return {
    ...{ ...base, usable: problem === undefined, isolation, languages, network },
    ...(problem !== undefined && { reason: problem, fix: entry.fix }),
    selfTest: { ms, at, cached },
  };
}

/** A setting that keeps a box from being made is told with the box: the survey goes on. */
function whyNot(error: unknown): { reason: string; fix?: string } {
  if (!(error instanceof AwpError)) throw error;
  return { reason: error.message, ...(error.hint !== undefined && { fix: error.hint }) };
}

/** Looking for Pythons and trying them takes longer than all the rest; who wants none, need not wait. */
function asksForNoPython({ languages }: SandboxPolicy): boolean {
  const byPython: readonly Language[] = ['python', 'shell'];
  return languages.length > 0 && !languages.some((name) => byPython.includes(name));
}

function withoutPython(kit: Kit): Kit {
  return { ...kit, pythons: async () => [] };
}

/** The providers that may be tried, strongest first. Throws if there is none. */
function candidates(
  forced: string | undefined,
  { minimum, only }: SandboxPolicy,
): readonly ProviderEntry[] {
  if (forced !== undefined && !PROVIDERS.some(({ name }) => name === forced)) {
    throw unavailable(`AWP_SANDBOX names ${JSON.stringify(forced)}, which is none of them`);
  }
  const asked = PROVIDERS.filter(
    ({ name }) => (forced ?? name) === name && (only ?? name) === name,
  );
  const strong = asked.filter(({ boundary }) => boundary || minimum === 'none');
  if (strong.length > 0) return strong;
  if (asked.length === 0) {
    throw unavailable(`AWP_SANDBOX asks for ${forced}, but only ${only} is allowed here`);
  }
  const [weak] = asked;
  throw unavailable(`${weak?.name} was asked for, which is weaker than the workflow allows`);
}

async function proveOne(kit: Kit, entry: ProviderEntry): Promise<Proven | string> {
  const [provider] = await Promise.all([makeOne(kit, entry), kit.swept()]);
  if (provider === undefined || typeof provider === 'string') return provider ?? NOT_THERE;
  const hold = holdersOf(provider);
  if (!entry.boundary) return { provider, languages: provider.languages, hold };
  const verdict = await verdictOn(kit, provider, { fresh: false });
  const passed = provider.languages.filter(({ language }) => verdict.languages.has(language));
  return problemOf(verdict, passed) ?? { provider, languages: passed, hold };
}

/** The provider, or why it cannot be made; what the user named and is not there is told at once. */
async function makeOne(kit: Kit, entry: ProviderEntry): Promise<Provider | string | undefined> {
  try {
    return await entry.make(kit);
  } catch (error) {
    if (error instanceof AwpError && error.code === 'sandbox/no-python') throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

const NOT_THERE = 'it is not installed, or the system does not allow it';

function problemOf({ leak }: Verdict, passed: readonly SandboxLanguage[]): string | undefined {
  if (leak !== undefined) return `its self-test failed: a program ${leak}`;
  return passed.length > 0 ? undefined : 'no program could be started in it';
}

/** The languages that the policy and the box have in common, or why the box will not do. */
function fitting(
  { provider, languages: there }: Proven,
  { languages, hosts, packages }: SandboxPolicy,
): readonly SandboxLanguage[] | string {
  const declared = packages.python.length + packages.javascript.length;
  if (declared > 0 && !provider.install) return 'its programs cannot have packages';
  if (hosts.length > 0 && !provider.network) return 'its programs cannot be given a network';
  const offered = there.filter(
    ({ language }) => !provider.onlyByName?.includes(language) || languages.includes(language),
  );
  if (languages.length === 0) return offered;
  const wanted = languages.flatMap((name) => offered.filter(({ language }) => language === name));
  return wanted.length > 0 ? wanted : `it has none of ${languages.join(', ')}`;
}

/**
 * Installs what the author declared, before anything runs, and tells it with the languages. Throws
 * `sandbox/bad-package` and the like.
 */
async function withPackages(
  provider: Provider,
  languages: readonly SandboxLanguage[],
  policy: SandboxPolicy,
): Promise<readonly SandboxLanguage[]> {
  const { signal } = new AbortController();
  return await Promise.all(
    languages.map(async ({ language, description }) => {
      const layers = (await provider.install?.({ language, policy }, signal)) ?? [];
      const there = layers.flatMap(({ versions }) => [...versions]);
      if (there.length === 0) return { language, description };
      const named = there.map(([name, version]) => `${name} ${version}`).join(', ');
      return { language, description: `${description}; and ${named}` };
    }),
  );
}

/** What would help: the boxes that could be had, unless one is there that only does not fit. */
function fixes(lacking: readonly ProviderEntry[], { only, minimum }: SandboxPolicy): string {
  const words = lacking.filter(({ boundary }) => boundary).map(({ fix }) => fix);
  if (words.length === 0) return 'awp sandbox list shows which box has what; choose another';
  const none = minimum === 'none' ? '' : '; --sandbox none runs programs without any protection';
  return `${words.join('; or ')}${only === undefined ? none : ''}`;
}

function unavailable(why: string, hint?: string): AwpError {
  return new AwpError('sandbox/unavailable', `no sandbox can be used on this machine: ${why}`, {
    hint: hint ?? 'awp sandbox list shows the boxes of this machine',
  });
}
