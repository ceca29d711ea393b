import { AwpError } from '../base/errors.ts';
import type { Language } from '../events/plan.ts';
import type { Execution, Sandbox, SandboxJob, SandboxLanguage } from '../ports/sandbox.ts';
import { packagesIn } from './packages/asked.ts';
import type { Provider } from './provider.ts';

/**
 * Hands out views of one provider: with languages to offer, and all that work in it (the same when
 * left out). Closing a view ends what it has started; the boxes that wait for programs are ended
 * with the last view.
 */
export function holdersOf(
  provider: Provider,
): (offered: readonly SandboxLanguage[], working?: readonly SandboxLanguage[]) => Sandbox {
  let holders = 0;
  return (languages, working = languages) => {
    holders += 1;
    const there = new Set(working.map(({ language }) => language));
    return view({ provider, languages, there }, async () => {
      holders -= 1;
      if (holders === 0) await provider.close?.();
    });
  };
}

interface Viewed {
  provider: Provider;
  /** Those that are offered. */
  languages: readonly SandboxLanguage[];
  /** Those that work. */
  there: ReadonlySet<Language>;
}

function view({ provider, languages, there }: Viewed, released: () => Promise<void>): Sandbox {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const sessions = new Set<string>();
  const { name, isolation } = provider;
  const shell = there.has('shell');
  const run = async (job: SandboxJob, signal: AbortSignal): Promise<Execution> => {
    if (job.session !== undefined) sessions.add(job.session);
    const done = provider.run(job, AbortSignal.any([signal, closing.signal]));
    running.add(done);
    try {
      return await done;
    } catch (error) {
      throw asBroken(error);
    } finally {
      running.delete(done);
    }
  };
  return {
    ...{ name, isolation, languages, shell },
    run: async (job, signal) => {
      const offered = languages.some(({ language }) => language === job.language);
      if (!offered && !(job.language === 'shell' && shell)) {
        throw new AwpError('sandbox/refused', `this box does not run ${job.language}`, {
          hint: `use one of: ${languages.map(({ language }) => language).join(', ')}`,
        });
      }
      return await run(job, signal);
    },
    ...(provider.install &&
      there.has('python') && {
        packages: (asked, policy, signal) => packagesIn(run, { asked, policy }, signal),
      }),
    ...(provider.compiled && there.has('python') && { compiled: provider.compiled }),
    prepare: (coming) => {
      if (closing.signal.aborted) return;
      const language = coming.language ?? languages[0]?.language;
      provider.prepare?.({ ...coming, ...(language !== undefined && { language }) });
    },
    endSession: async (session) => {
      sessions.delete(session);
      await provider.endSession?.(session);
    },
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort();
      await Promise.allSettled(running);
      await Promise.all([...sessions].map((session) => provider.endSession?.(session)));
      await released();
    },
  };
}

/** What the file system says while a box is made is no fault of ours, and of no program either. */
function asBroken(error: unknown): unknown {
  if (error instanceof AwpError || !(error instanceof Error) || !('syscall' in error)) return error;
  return new AwpError('sandbox/broken', `the box could not be made: ${error.message}`, {
    hint: 'check the temporary folder (TMPDIR): it has to be writable and needs some room',
    cause: error,
  });
}
