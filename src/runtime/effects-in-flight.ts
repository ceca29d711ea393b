import type { RunState } from '../events/state.ts';
import type { Cut, Finished, Start } from './effect.ts';

interface Entry {
  start: Start;
  stop: AbortController;
  frame: string;
  /** Its place among all that were started, from 1. */
  place: number;
}

interface Parts {
  state: Pick<RunState, 'inFlight'>;
  /** Called when an effect has ended. */
  ring(): void;
  /** Called with what an effect failed with that must not fail: the run breaks off. */
  broken(error: unknown): void;
}

/** The effects that a run has out: they start when their intent is safe, and bring facts or are ended. */
export class EffectsInFlight {
  readonly #parts: Parts;
  /** Admitted, and not started before the log has them. */
  #waiting: Start[] = [];
  readonly #running = new Map<string, Entry>();
  /** The same by frame, so that a cut looks at what it ends alone. */
  readonly #byFrame = new Map<string, Set<Entry>>();
  #started = 0;
  /** Effects that were ended and whose code has not returned yet. */
  readonly #leaving = new Set<Promise<void>>();
  #finished: Finished[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether nothing is out and nothing was brought. */
  get idle(): boolean {
    return this.#running.size === 0 && !this.moving;
  }

  /** Whether something was brought that was not taken in yet, or waits to be started. */
  get moving(): boolean {
    return this.#finished.length > 0 || this.#waiting.length > 0;
  }

  /** Ids of those that are out. */
  get ids(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Whether effects are out. */
  get out(): boolean {
    return this.#running.size > 0;
  }

  /** Whether an effect is out or waits to be started. */
  has(id: string): boolean {
    return this.#running.has(id) || this.#waiting.some((start) => start.id === id);
  }

  /** Keeps effects until `launch`. */
  add(starts: readonly Start[]): void {
    this.#waiting.push(...starts);
  }

  /** Starts what waits; false when nothing did. */
  launch(): boolean {
    if (this.#waiting.length === 0) return false;
    const starts = this.#waiting;
    this.#waiting = [];
    for (const start of starts) this.#launch(start);
    return true;
  }

  /** What effects have brought since the last time. */
  take(): Finished[] {
    if (this.#finished.length === 0) return [];
    const taken = this.#finished;
    this.#finished = [];
    return taken;
  }

  /**
   * Ends the effects of these frames, of all when left out, and tells what is recorded of them: inner
   * ones first. What they have brought already counts, without its files; what their code still
   * brings is not taken. Those not started yet never are.
   */
  cut(why: Cut | undefined, frames?: ReadonlySet<string>): Finished[] {
    const isMeant = (id: string): boolean => frames?.has(this.#frameOf(id)) ?? true;
    const out = this.#outOf(frames);
    const waiting = this.#waiting.filter(({ id }) => isMeant(id));
    this.#waiting = this.#waiting.filter(({ id }) => !isMeant(id));
    const isOf = ({ frame }: Finished): boolean => frames?.has(frame) ?? true;
    const brought = this.#finished.filter(isOf);
    this.#finished = this.#finished.filter((one) => !isOf(one));
    for (const entry of out) {
      this.#leave(entry);
      entry.stop.abort(new Ended(why?.message ?? 'the wall time of the run is over'));
    }
    const ended = [...out.map(({ start }) => start), ...waiting].reverse();
    return [...brought, ...ended.map((start) => start.outOfTime(why))];
  }

  /** Aborts all that is out; what they bring all the same is still taken. */
  abort(reason: unknown): void {
    this.#waiting = [];
    for (const { stop } of this.#running.values()) stop.abort(reason);
  }

  /** Resolves when no code of an effect runs any more. */
  async allGone(): Promise<void> {
    while (this.#leaving.size > 0) await Promise.all(this.#leaving);
  }

  /** What is out of these frames, in the order of its start; of all when left out. */
  #outOf(frames: ReadonlySet<string> | undefined): Entry[] {
    if (!frames) return [...this.#running.values()];
    const out = [...frames].flatMap((frame) => [...(this.#byFrame.get(frame) ?? [])]);
    return out.sort((a, b) => a.place - b.place);
  }

  #leave(entry: Entry): void {
    this.#running.delete(entry.start.id);
    const others = this.#byFrame.get(entry.frame);
    others?.delete(entry);
    if (others?.size === 0) this.#byFrame.delete(entry.frame);
  }

  #frameOf(id: string): string {
    return this.#parts.state.inFlight.get(id)?.frame ?? id.split('/', 1)[0] ?? id;
  }

  #launch(start: Start): void {
    this.#started += 1;
    const frame = this.#frameOf(start.id);
    const entry = { start, stop: new AbortController(), frame, place: this.#started };
    this.#running.set(start.id, entry);
    const others = this.#byFrame.get(frame) ?? new Set();
    this.#byFrame.set(frame, others.add(entry));
    const { ring, broken } = this.#parts;
    const left = start
      .perform(entry.stop.signal)
      .then(
        (finished) => {
          if (this.#running.get(start.id) !== entry) return;
          // At once: who ends effects now must not find it both ended and out.
          this.#leave(entry);
          this.#finished.push(finished);
        },
        (error: unknown) => {
          if (!entry.stop.signal.aborted) broken(error);
        },
      )
      .then(() => {
        this.#leaving.delete(left);
        if (this.#running.get(start.id) === entry) this.#leave(entry);
        ring();
      });
    this.#leaving.add(left);
  }
}

/** The reason with which an effect is ended whose end is recorded already. */
class Ended extends Error {}
