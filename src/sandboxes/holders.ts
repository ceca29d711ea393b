import { AwpError } from '../base/errors.ts';
import type { Sandbox, SandboxLanguage } from '../ports/sandbox.ts';
import type { Provider } from './provider.ts';

/**
 * Hands out views of one provider. Closing a view ends what it has started; the boxes that wait for
 * programs are ended with the last view.
 */
export function holdersOf(provider: Provider): (languages: readonly SandboxLanguage[]) => Sandbox {
  let holders = 0;
  return (languages) => {
    holders += 1;
    return view(provider, languages, async () => {
      holders -= 1;
      if (holders === 0) await provider.close?.();
    });
  };
}

function view(
  provider: Provider,
  languages: readonly SandboxLanguage[],
  released: () => Promise<void>,
): Sandbox {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const sessions = new Set<string>();
  const { name, isolation } = provider;
  return {
    ...{ name, isolation, languages },
    run: async (job, signal) => {
      if (!languages.some(({ language }) => language === job.language)) {
        throw new AwpError('sandbox/refused', `this box does not run ${job.language}`, {
          hint: `use one of: ${languages.map(({ language }) => language).join(', ')}`,
        });
      }
      if (job.session !== undefined) sessions.add(job.session);
      const run = provider.run(job, AbortSignal.any([signal, closing.signal]));
      running.add(run);
      try {
        return await run;
      } catch (error) {
        throw asBroken(error);
      } finally {
        running.delete(run);
      }
    },
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
