/** Wakes whoever waits for the next change. Ask for `changed` before looking at the state. */
export class ChangeSignal {
  #wake: (() => void) | undefined;
  #changed: Promise<void> | undefined;

  /** Resolves at the next `notify`. */
  get changed(): Promise<void> {
    this.#changed ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#changed;
  }

  /** Wakes all that wait now. */
  notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    this.#changed = undefined;
    wake?.();
  }
}

/** Resolves when `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    // Also after an abort: nobody else may be there to hear that it failed.
    const heard = (): void => signal.removeEventListener('abort', stop);
    promise.then(
      (value) => {
        heard();
        resolve(value);
      },
      (error: unknown) => {
        heard();
        reject(error);
      },
    );
  });
}
