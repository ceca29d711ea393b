import { Heap } from '../base/heap.ts';
import type { Clock } from '../ports/effects.ts';

/** Longest time that a timer is set for, in milliseconds: timers of the machine hold 31 bits. */
const LONGEST_MS = 2_000_000_000;

interface Entry {
  /** Milliseconds since 1970. */
  at: number;
  key: string;
}

interface AlarmParts {
  clock: Pick<Clock, 'timer'>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Called when something is due. */
  ring(): void;
}

/**
 * What must be looked at again at a time. However many there are, one timer of the clock is set: for
 * the nearest. Each costs the logarithm of their number.
 */
export class Alarms {
  readonly #parts: AlarmParts;
  readonly #heap = new Heap<Entry>(({ at }) => at);
  readonly #known = new Set<string>();
  #cancel: (() => void) | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(parts: AlarmParts) {
    this.#parts = parts;
  }

  /** Whether there is one. */
  get any(): boolean {
    return this.#heap.top !== undefined;
  }

  /** Adds one; the same key at the same time counts once. `at` in milliseconds since 1970. */
  set(key: string, at: number): void {
    const both = `${at} ${key}`;
    if (this.#known.has(both)) return;
    this.#known.add(both);
    this.#heap.push({ key, at });
    this.#arm();
  }

  /** Takes the keys that are due out, earliest first. */
  take(): string[] {
    if (!this.#heap.top) return [];
    const now = this.#parts.now();
    const due: string[] = [];
    while (this.#heap.top && this.#heap.top.at <= now) due.push(...this.#pop());
    this.#arm();
    return due;
  }

  /** Takes those out from the front that nobody needs any more. */
  trim(isNeeded: (key: string) => boolean): void {
    while (this.#heap.top && !isNeeded(this.#heap.top.key)) this.#pop();
    this.#arm();
  }

  /** Takes all out, earliest first. */
  clear(): string[] {
    const keys: string[] = [];
    while (this.#heap.top) keys.push(...this.#pop());
    this.#arm();
    return keys;
  }

  #pop(): string[] {
    const entry = this.#heap.pop();
    if (!entry) return [];
    this.#known.delete(`${entry.at} ${entry.key}`);
    return [entry.key];
  }

  /** A timer that rings too early does no harm: then nothing is due, and it is set again. */
  #arm(): void {
    const at = this.#heap.top?.at;
    if (at === undefined) {
      this.#cancel?.();
      this.#cancel = undefined;
      this.#armedFor = Number.POSITIVE_INFINITY;
      return;
    }
    if (at >= this.#armedFor) return;
    this.#cancel?.();
    this.#armedFor = at;
    const ms = Math.min(LONGEST_MS, Math.max(1, at - this.#parts.now()));
    this.#cancel = this.#parts.clock.timer(ms, () => this.#rung());
  }

  #rung(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#cancel = undefined;
    const at = this.#heap.top?.at ?? Number.POSITIVE_INFINITY;
    if (at > this.#parts.now()) this.#arm();
    else this.#parts.ring();
  }
}
