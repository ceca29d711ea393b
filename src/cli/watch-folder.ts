import type { Shell } from './shell.ts';

/** Quiet time after a change before it is looked at again, in milliseconds. */
const SETTLE_MS = 150;

/** Does something now and after every change below a path, until Ctrl-C; then 0. */
export async function watchFolder(
  path: string,
  work: () => Promise<unknown>,
  shell: Shell,
): Promise<number> {
  const { files, clock } = await shell.effects();
  let changed: () => void = () => {};
  let stopped = false;
  const offSignal = shell.onSignal(() => {
    stopped = true;
    changed();
  });
  let pending = false;
  let cancel = (): void => {};
  const stop = files.watch(path, () => {
    cancel();
    cancel = clock.timer(SETTLE_MS, () => {
      pending = true;
      changed();
    });
  });
  try {
    for (;;) {
      pending = false;
      await work();
      shell.err.write('watching for changes; Ctrl-C ends\n');
      await new Promise<void>((resolve) => {
        changed = resolve;
        if (stopped || pending) resolve();
      });
      if (stopped) return 0;
      shell.out.write('\n');
    }
  } finally {
    cancel();
    stop();
    offSignal();
  }
}
