import { AwpError } from '../base/errors.ts';
import type { SandboxPolicy } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { OpenSandbox, Sandbox, SandboxLanguage } from '../ports/sandbox.ts';
import { bwrapProvider } from './bwrap.ts';
import { findNode, findPythons } from './interpreters.ts';
import { jailProvider } from './jail.ts';
import { lookAtMachine } from './machine.ts';
import { plainProvider } from './plain.ts';
import { type Kit, type Provider, readTexts } from './provider.ts';
import { sweepScratch } from './scratch.ts';
import { selfTest } from './self-test.ts';

interface Entry {
  name: Sandbox['name'];
  /** Whether it keeps programs apart from the machine (decision 30). */
  boundary: boolean;
  make(kit: Kit): Promise<Provider | undefined>;
}

/** THE list of boxes, strongest first: a new one is a file and a line. */
const PROVIDERS: readonly Entry[] = [
  { name: 'bwrap', boundary: true, make: bwrapProvider },
  { name: 'jail', boundary: true, make: jailProvider },
  { name: 'none', boundary: false, make: plainProvider },
];

/** A provider that may be used, with the languages that passed. */
interface Proven {
  provider: Provider;
  languages: readonly SandboxLanguage[];
}

/**
 * Opens the strongest box of this machine. Each provider is probed and tried with hostile programs
 * once in the life of the returned function. The variable `AWP_SANDBOX` (bwrap, jail, none) allows
 * only that one, and never one that is weaker than the policy's minimum.
 */
export function openSandbox(effects: Effects): OpenSandbox {
  const proofs = new Map<string, Promise<Proven | string>>();
  let made: Promise<Kit> | undefined;
  const prove = (entry: Entry, policy: SandboxPolicy): Promise<Proven | string> => {
    made ??= makeKit(effects);
    const lean = entry.name === 'bwrap' && asksForNoPython(policy);
    const key = `${entry.name}${lean ? ' without Python' : ''}`;
    const proof =
      proofs.get(key) ?? made.then((kit) => proveOne(lean ? withoutPython(kit) : kit, entry));
    proofs.set(key, proof);
    return proof;
  };
  return async (policy) => {
    const why: string[] = [];
    for (const entry of candidates(effects.secrets.get('AWP_SANDBOX'), policy)) {
      const proven = await prove(entry, policy);
      const languages = typeof proven === 'string' ? [] : wanted(proven.languages, policy);
      if (typeof proven !== 'string' && languages.length > 0) {
        return handle(proven.provider, languages);
      }
      const lacks = `it has none of ${policy.languages.join(', ')}`;
      why.push(`${entry.name}: ${typeof proven === 'string' ? proven : lacks}`);
    }
    throw unavailable(why.join('; '));
  };
}

/** Looking for Pythons and trying them takes longer than all the rest; who wants none, need not wait. */
function asksForNoPython({ languages }: SandboxPolicy): boolean {
  return languages.length > 0 && !languages.includes('python');
}

function withoutPython(kit: Kit): Kit {
  return { ...kit, pythons: async () => [] };
}

/** The providers that may be tried, strongest first. Throws if there is none. */
function candidates(forced: string | undefined, { minimum }: SandboxPolicy): readonly Entry[] {
  if (forced !== undefined && !PROVIDERS.some(({ name }) => name === forced)) {
    throw unavailable(`AWP_SANDBOX names ${JSON.stringify(forced)}, which is none of them`);
  }
  const asked = PROVIDERS.filter(({ name }) => forced === undefined || name === forced);
  const strong = asked.filter(({ boundary }) => boundary || minimum === 'none');
  if (strong.length > 0) return strong;
  throw unavailable(`AWP_SANDBOX asks for ${forced}, which is weaker than the workflow allows`);
}

/** What providers are made from, on this machine. */
export async function makeKit(effects: Effects): Promise<Kit> {
  const machine = await lookAtMachine(effects);
  return {
    machine,
    node: once(() => findNode(machine)),
    pythons: once(() => findPythons(machine)),
    texts: once(() => readTexts(effects)),
    swept: once(() => sweepScratch(machine)),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function proveOne(kit: Kit, entry: Entry): Promise<Proven | string> {
  const [provider] = await Promise.all([entry.make(kit), kit.swept()]);
  if (!provider) return 'it is not installed, or the system does not allow it';
  if (!entry.boundary) return { provider, languages: provider.languages };
  const { languages, leak } = await selfTest(kit.machine.effects, provider);
  if (leak !== undefined) return `its self-test failed: a program ${leak}`;
  const passed = provider.languages.filter(({ language }) => languages.has(language));
  return passed.length > 0 ? { provider, languages: passed } : 'no program could be started in it';
}

function wanted(
  there: readonly SandboxLanguage[],
  { languages }: SandboxPolicy,
): readonly SandboxLanguage[] {
  if (languages.length === 0) return there;
  return languages.flatMap((name) => there.filter(({ language }) => language === name));
}

/** One holder's view of a provider: closing it ends what this holder has started. */
function handle(provider: Provider, languages: readonly SandboxLanguage[]): Sandbox {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    name: provider.name,
    isolation: provider.isolation,
    languages,
    run: async (job, signal) => {
      if (!languages.some(({ language }) => language === job.language)) {
        throw new AwpError('sandbox/refused', `this box does not run ${job.language}`, {
          hint: `use one of: ${languages.map(({ language }) => language).join(', ')}`,
        });
      }
      const run = provider.run(job, AbortSignal.any([signal, closing.signal]));
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled(running);
    },
  };
}

function unavailable(why: string): AwpError {
  return new AwpError('sandbox/unavailable', `no sandbox can be used on this machine: ${why}`, {
    hint: 'install bubblewrap (for instance: apt install bubblewrap), or Python 3.8 or newer on Linux 6.2 or newer; --sandbox none runs programs without any protection',
  });
}
