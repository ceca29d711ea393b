import { waitsForPeople } from '../events/approvals.ts';
import type { RunEvent } from '../events/event.ts';
import { scopeOf } from '../events/scopes.ts';
import type { Frame, RunState } from '../events/state.ts';
import { Alarms } from './alarms.ts';
import type { RunContext } from './context.ts';
import { leftOf } from './nodes/deadlines.ts';

interface Parts {
  /** Milliseconds since 1970; never goes back. */
  now(): number;
  /** Wakes the driver. */
  ring(): void;
}

/**
 * The times that a run must not miss: its wall time, the timeouts of nodes, frames that wait for a
 * time, and how long nothing may move. It only tells; the driver acts.
 */
export class Watch {
  readonly #context: RunContext;
  readonly #parts: Parts;
  /** Frames that wait for a time. */
  readonly #sleeping: Alarms;
  /** Frames with a timeout. */
  readonly #deadlines: Alarms;
  /** Loops with a time of their own. */
  readonly #loops: Alarms;
  /** When nothing has moved for too long, if nothing moves until then. */
  readonly #idle: Alarms;
  /** Frames whose clock stands because people are asked. */
  readonly #parked = new Set<string>();
  #timeIsOver = false;
  #timeWasOver = false;
  #stopClock = (): void => {};

  constructor(context: RunContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    const { clock } = context.host.effects;
    this.#sleeping = new Alarms({ clock, ...parts });
    this.#deadlines = new Alarms({ clock, ...parts });
    this.#loops = new Alarms({ clock, ...parts });
    this.#idle = new Alarms({ clock, ...parts });
  }

  /** Starts all clocks, for what is open already, too. */
  start(): void {
    this.#startClock();
    this.#moved();
    const idleMs = this.#idleMs;
    if (idleMs !== undefined) this.#idle.set('0', this.#parts.now() + idleMs);
    for (const id of this.#context.state.openFrames) this.#setDeadline(id);
  }

  /** Nothing rings any more. */
  end(): void {
    this.#stopClock();
    this.#sleeping.clear();
    this.#deadlines.clear();
    this.#loops.clear();
    this.#idle.clear();
  }

  /** The wall time stands from now on. */
  pause(): void {
    this.#stopClock();
    this.#context.stopwatch.pause();
  }

  /** It goes on. */
  go(): void {
    this.#context.stopwatch.go();
    this.#startClock();
    this.#moved();
  }

  /** Follows the log: nodes that start have a deadline, and something moves. */
  see({ type, agent, data }: RunEvent): void {
    this.#moved();
    if (type === 'budget.raised') this.#windUp(data.scope);
    const sets = type === 'agent.started' || type === 'worker.overdue';
    if (sets && agent !== undefined) this.#setDeadline(agent);
    if (this.#parked.size === 0) return;
    for (const id of this.#parked) this.#setDeadline(id);
    this.#parked.clear();
  }

  /** A limit was raised: where it is one on time, the clock begins anew. */
  #windUp(scope: string | undefined): void {
    if (scope !== undefined) this.#setDeadline(scope);
    this.#stopClock();
    this.#timeWasOver = false;
    this.#startClock();
  }

  /** Whether frames wait for a time. */
  get waiting(): boolean {
    this.#sleeping.trim((id) => this.#context.state.openFrames.has(id));
    return this.#sleeping.any;
  }

  /** Has a frame looked at again at a time, in milliseconds since 1970. */
  sleep(frame: string, until: number): void {
    this.#sleeping.set(frame, until);
  }

  /** Makes the frames ready whose time has come. */
  wakeFrames(): void {
    for (const id of this.#sleeping.take()) this.#context.state.ready.add(id);
  }

  /** Makes all frames ready that wait for a time. */
  wakeAll(): void {
    for (const id of this.#sleeping.clear()) this.#context.state.ready.add(id);
  }

  /** Whether the wall time for work is over; says so once. */
  takeTimeIsOver(): boolean {
    const isOver = this.#timeIsOver;
    this.#timeIsOver = false;
    return isOver;
  }

  /** Frames of nodes whose time is over, each once. */
  takeLate(): string[] {
    return this.#deadlines.take().filter((id) => this.#isLate(id));
  }

  /** Loops whose time for work is over: their own, or that of what is around them. Each once. */
  takeSpent(): string[] {
    return this.#loops.take().filter((id) => this.#isSpent(id));
  }

  #isSpent(id: string): boolean {
    const { state } = this.#context;
    const frame = state.frames.get(id);
    if (!frame || !isOpenLoop(state, frame)) return false;
    const left = this.#context.remainingMs('work', frame);
    if (left <= 0) return true;
    if (frame.held.holds > 0 || waitsForPeople(state)) this.#parked.add(id);
    else this.#loops.set(id, this.#parts.now() + Math.ceil(left));
    return false;
  }

  #isLate(id: string): boolean {
    const { state } = this.#context;
    const frame = state.frames.get(id);
    if (!frame || frame.phase === 'closed') return false;
    const now = this.#parts.now();
    const left = leftOf(state, frame, now);
    if (left === undefined || left <= 0) return left !== undefined;
    if (frame.held.holds > 0 || waitsForPeople(state)) this.#parked.add(id);
    else this.#deadlines.set(id, now + left);
    return false;
  }

  /**
   * Whether nothing has moved for too long although `out` effects run. Nothing is expected to move
   * while people are asked, or while only times are waited for. A call of a tool, such as a program
   * that works without a word, has a time of its own that ends it.
   */
  takeIdle(out: boolean): boolean {
    const idleMs = this.#idleMs;
    if (idleMs === undefined || this.#idle.take().length === 0) return false;
    const { host, state, signs } = this.#context;
    const isTimed = [...state.inFlight.values()].some(({ kind }) => kind === 'tool');
    if (!out || isTimed || state.pendingApprovals.size > 0) this.#moved();
    const quiet = host.effects.clock.monotonic() - signs.last;
    if (quiet >= idleMs) return true;
    this.#idle.set('0', this.#parts.now() + Math.max(1, Math.ceil(idleMs - quiet)));
    return false;
  }

  get #idleMs(): number | undefined {
    return this.#context.plan.graph?.idleMs ?? undefined;
  }

  #moved(): void {
    this.#context.signs.last = this.#context.host.effects.clock.monotonic();
  }

  #setDeadline(id: string): void {
    const { state } = this.#context;
    const frame = state.frames.get(id);
    if (!frame) return;
    const now = this.#parts.now();
    if (isOpenLoop(state, frame)) {
      const work = this.#context.remainingMs('work', frame);
      if (Number.isFinite(work)) this.#loops.set(id, now + Math.ceil(work));
    }
    const left = leftOf(state, frame, now);
    if (left === undefined) return;
    this.#deadlines.set(id, now + Math.max(0, left));
    this.#deadlines.trim((key) => state.openFrames.has(key));
  }

  /** Rings when only the time of the last turn is left. */
  #startClock(): void {
    const left = this.#context.remainingMs('work');
    if (!Number.isFinite(left) || this.#timeWasOver) return;
    this.#stopClock = this.#context.host.effects.clock.timer(Math.max(1, left), () => {
      this.#timeIsOver = true;
      this.#timeWasOver = true;
      this.#parts.ring();
    });
  }
}

/** Whether a frame is the manager of a node, with a budget of its own that is not used up. */
function isOpenLoop(state: RunState, frame: Frame): boolean {
  if (frame.phase === 'closed' || frame.scope !== frame.id) return false;
  const { exhausted, closingAsked } = scopeOf(state, frame);
  return !closingAsked && exhausted?.dimension !== 'time';
}
