import { EXIT } from './failure.ts';
import type { Shell, StopSignal } from './shell.ts';

/** How something that takes its time is asked to stop. */
export interface StopOnce {
  /** Aborted by the first signal, and when the reader of the output has gone. */
  signal: AbortSignal;
  /** Exit status for what was stopped. */
  status(): number;
  /** Signals mean again what they meant before. */
  forget(): void;
}

/** The first signal stops what runs; the second one ends the program. */
export function stopOnce(shell: Shell): StopOnce {
  const abort = new AbortController();
  let first: StopSignal | undefined;
  const withdraw = [
    shell.onSignal((signal) => {
      if (first !== undefined) {
        shell.exitNow(signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted);
        return;
      }
      first = signal;
      abort.abort();
    }),
    shell.out.onClosed(() => abort.abort()),
  ];
  return {
    signal: abort.signal,
    status: () => (first === 'SIGTERM' ? EXIT.terminated : EXIT.stopped),
    forget: () => {
      for (const one of withdraw) one();
    },
  };
}
