import { AwpError } from '../base/errors.ts';
import { failureBlock, failureOf } from './failure.ts';
import type { Shell } from './shell.ts';

/** How long changes are gathered before they are looked at, in milliseconds. */
const SETTLE_MS = 150;
/** Length of the line between two times, in characters. */
const LINE = 72;

/** Something to do again and again. */
export interface Watching {
  /** A folder, or a file in one: everything in it is watched. */
  path: string;
  work: () => Promise<unknown>;
  /** `--no-color`. */
  noColor: boolean;
}

/**
 * Does something now and after every change below a path, until Ctrl-C or until nobody reads what
 * it says; then 0. Throws what the first time throws; later failures are told, and waited over.
 */
export async function watchFolder(watching: Watching, shell: Shell): Promise<number> {
  const { clock } = await shell.effects();
  let wake = (): void => {};
  let stopped = false;
  let pending = false;
  let cancel: (() => void) | undefined;
  const stop = (): void => {
    stopped = true;
    wake();
  };
  const unwatch = await watchPath(watching.path, shell, () => {
    cancel ??= clock.timer(SETTLE_MS, () => {
      cancel = undefined;
      pending = true;
      wake();
    });
  });
  const offs = [unwatch, shell.onSignal(stop), shell.out.onClosed(stop), () => cancel?.()];
  try {
    for (let first = true; !stopped; first = false) {
      pending = false;
      if (first) await watching.work();
      else await again(watching, shell);
      if (stopped || shell.out.closed()) break;
      shell.err.write('watching for changes; Ctrl-C ends\n');
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (stopped || pending) resolve();
      });
    }
    return 0;
  } finally {
    for (const off of offs) off();
  }
}

async function watchPath(path: string, shell: Shell, changed: () => void): Promise<() => void> {
  const { files } = await shell.effects();
  try {
    return files.watch(path, changed);
  } catch (error) {
    if ((await files.info(path)) === undefined) {
      throw new AwpError('spec/no-workflow', `there is nothing at ${path}`, {
        hint: 'name a folder with a workflow.awp.yaml, or a file; awp init makes one',
      });
    }
    throw new AwpError('source/unreachable', `changes of ${path} cannot be watched`, {
      hint: 'run it without --watch; the system may have no watches left (fs.inotify)',
      cause: error,
    });
  }
}

/** A file can be away for a moment while it is replaced: that is no reason to end. */
async function again({ work, noColor }: Watching, shell: Shell): Promise<void> {
  const style = shell.style(shell.err, noColor);
  shell.err.write(`\n${style.paint('dim', '-- changed '.padEnd(LINE, '-'))}\n\n`);
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AwpError)) throw error;
    shell.err.write(failureBlock(failureOf(error, false), style));
  }
}
