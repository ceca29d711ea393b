import type { Effects, RunningProcess } from '../ports/effects.ts';
import type { Execution } from '../ports/sandbox.ts';
import { childrenOfHalted, isThere, treePids } from './process-tree.ts';

/** Why the host ended a program. */
export type Stop = NonNullable<Execution['stopped']>;

/** From the polite signal to the other, in milliseconds (sandbox-and-scale A4, layer 0). */
const GRACE_MS = 400;
/** After that one, how long pipes that a stranger still holds are waited for, in milliseconds. */
const LINGER_MS = 200;

/** How often processes that were ended are looked for before they count as gone, and how far apart, in milliseconds. */
const LOOKS = 100;
const LOOK_MS = 5;

/** Ends a process and all below it, once, and remembers why; owns the timers of a box. */
export class Stopper {
  why: Stop | undefined;
  readonly #effects: Effects;
  readonly #child: RunningProcess;
  readonly #leavesChild: boolean;
  readonly #timers = new Set<() => void>();
  #over = false;
  /** What was there when the end was told: the first process may be gone before the last. */
  #tree: Promise<number[]> | undefined;

  /** `leavesChild`: the first process ends by itself and leaves its child to the kernel. */
  constructor(effects: Effects, child: RunningProcess, leavesChild: boolean) {
    this.#effects = effects;
    this.#child = child;
    this.#leavesChild = leavesChild;
  }

  /** Calls `fire` after a while, unless the box has ended; returns what cancels it. */
  timer(ms: number, fire: () => void): () => void {
    if (this.#over) return () => {};
    const stop = this.#effects.clock.timer(ms, () => {
      this.#timers.delete(stop);
      fire();
    });
    this.#timers.add(stop);
    return () => {
      this.#timers.delete(stop);
      stop();
    };
  }

  /** Ends the box; the first reason counts. */
  stop(why: Stop): void {
    if (this.why !== undefined || this.#over) return;
    this.why = why;
    this.#tree = treePids(this.#effects.files, this.#child.pid).catch(() => []);
    if (this.#leavesChild) {
      const kill = (): void => this.#kill();
      this.#endChildFirst().then(kill, kill);
      return;
    }
    this.#child.kill('SIGTERM', true);
    this.timer(GRACE_MS, () => this.#kill());
  }

  /** The first process is halted, so that it makes no other child while this one is ended. */
  async #endChildFirst(): Promise<void> {
    const { files, processes } = this.#effects;
    this.#child.kill('SIGSTOP');
    for (const pid of await childrenOfHalted(files, this.#child.pid)) processes.end(pid);
  }

  #kill(): void {
    this.#child.kill('SIGKILL', true);
    this.timer(LINGER_MS, () => {
      const { stdout, stderr, extra } = this.#child;
      for (const stream of [stdout, stderr, ...extra]) stream.destroy();
    });
  }

  /** Resolves when the processes that were ended are gone. */
  async gone(): Promise<void> {
    const { files, clock } = this.#effects;
    let left = LOOKS;
    for (const pid of (await this.#tree) ?? []) {
      for (; left > 0 && (await isThere(files, pid)); left--) {
        await new Promise<void>((resolve) => clock.timer(LOOK_MS, resolve));
      }
    }
  }

  /** The box has ended: no timer is left. */
  release(): void {
    this.#over = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
