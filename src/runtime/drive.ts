import type { ChangeSignal } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import type { Fact } from '../events/event.ts';
import type { RunState } from '../events/state.ts';
import { warnings } from './budget.ts';
import type { RunContext } from './context.ts';
import { admitInner, type Decided, decide } from './decide.ts';
import type { Finished, Start } from './effect.ts';
import type { Recorder } from './recorder.ts';
import { warmUp } from './schema.ts';
import { endHeldCalls } from './tools/admit-tool.ts';
import { artifactFacts } from './tools/artifacts.ts';
import { followBoxes, prepareBox } from './tools/boxes.ts';

/** How long a stop waits for effects that were told to end, in milliseconds. */
const STOP_GRACE_MS = 1500;
/** How long after the first effect was started the validator is loaded, in milliseconds. */
const WARM_UP_MS = 5;

/** The reason with which effects are ended when the wall time is over. */
class OutOfTime extends Error {}

/**
 * Drives one run to its end: what effects brought is recorded, the engine is asked what follows,
 * that is written ahead, then done. One step at a time, so admission never races with itself.
 */
export class Driver {
  readonly #context: RunContext;
  readonly #recorder: Recorder;
  readonly #finished: Finished[] = [];
  readonly #running = new Map<string, { stop: AbortController; start: Start }>();
  /** Frames that wait for room in the budget or in the pool. */
  readonly #blocked = new Set<string>();
  /** Frames that wait until a time, with what cancels the timer. */
  readonly #sleeping = new Map<string, () => void>();
  readonly #wake: ChangeSignal;
  #broken: unknown;
  #stopReason: string | undefined;
  #stopWarming: (() => void) | undefined;
  #timeIsOver = false;
  #timeWasOver = false;
  #stopClock = (): void => {};

  constructor(context: RunContext, recorder: Recorder) {
    this.#context = context;
    this.#wake = context.wake;
    this.#recorder = recorder;
  }

  /** Ends the run soon, with `run.stopped`; it can be resumed. */
  stop(reason: string): void {
    this.#stopReason ??= reason;
    this.#wake.notify();
  }

  /** Ends the run at once without writing anything: its log or its lease is lost. */
  breakOff(error: unknown): void {
    this.#broken ??= error;
    this.#wake.notify();
  }

  /** Resolves when the run has ended or was stopped; rejects with a store's or sandbox's error. */
  async run(): Promise<void> {
    this.#startClock();
    const { state } = this.#context;
    for (const id of state.openFrames) {
      const frame = state.frames.get(id);
      if (frame) prepareBox(this.#context, frame);
    }
    try {
      await this.#loop();
    } finally {
      this.#stopClock();
      this.#stopWarming?.();
      this.#context.innerCalls.end();
      for (const cancel of this.#sleeping.values()) cancel();
      for (const { stop } of this.#running.values())
        stop.abort(new AwpError('internal/bug', 'the run has ended'));
    }
  }

  async #loop(): Promise<void> {
    const { state } = this.#context;
    while (state.status === 'running') {
      const { changed } = this.#wake;
      if (this.#broken !== undefined) throw this.#broken;
      if (this.#stopReason !== undefined) return this.#stopNow(this.#stopReason);
      if (await this.#step()) continue;
      if (this.#needsPerson()) {
        if (!this.#context.desk.attended) return this.#pauseNow();
        await this.#waitForPerson(changed);
        continue;
      }
      if (this.#running.size === 0 && this.#sleeping.size === 0 && this.#finished.length === 0) {
        throw stuck(state);
      }
      await changed;
    }
  }

  /** Whether nothing goes on before a person answers: all that is out are programs that wait, too. */
  #needsPerson(): boolean {
    if (this.#context.state.pendingApprovals.size === 0) return false;
    if (this.#sleeping.size > 0 || this.#finished.length > 0) return false;
    const blocked = this.#context.innerCalls.blockedPrograms();
    return [...this.#running.keys()].every((id) => blocked.has(id));
  }

  /** Such time is not active time (decision 13). */
  async #waitForPerson(changed: Promise<void>): Promise<void> {
    const { stopwatch } = this.#context;
    this.#stopClock();
    stopwatch.pause();
    await changed;
    stopwatch.go();
    this.#startClock();
  }

  /** Records what came in, then what follows from it; false when there was nothing to do. */
  async #step(): Promise<boolean> {
    const moved = await this.#recordFinished();
    if (this.#context.state.status !== 'running') return true;
    const answers = this.#context.desk.take();
    await this.#record(answers);
    const served = (await this.#serveInner()) || answers.length > 0;
    const decided = await this.#decide();
    if (decided.facts.length === 0) return moved || served;
    await this.#begin(decided);
    return true;
  }

  /** Admits tool calls of programs. One at a time with all else, so that none can pass a limit. */
  async #serveInner(): Promise<boolean> {
    const now = this.#recorder.now();
    const calls = this.#context.innerCalls.take(now);
    if (calls.length === 0) return false;
    const admitted = await admitInner(this.#context, calls, now);
    await this.#begin(admitted);
    return admitted.facts.length > 0;
  }

  /** Writes down what is about to be done, then does it. */
  async #begin({ facts, starts }: Pick<Decided, 'facts' | 'starts'>): Promise<void> {
    await this.#record(facts);
    for (const start of starts) this.#launch(start);
  }

  async #record(facts: readonly Fact[]): Promise<void> {
    for (const event of await this.#recorder.record(facts)) {
      this.#context.guards.see(event);
      this.#context.innerCalls.see(event);
      followBoxes(this.#context, event);
      await this.#context.desk.see(event);
    }
  }

  async #recordFinished(): Promise<boolean> {
    if (this.#timeIsOver) await this.#endByTime();
    if (this.#finished.length === 0) return false;
    const { state, runFiles } = this.#context;
    const batch = this.#finished.splice(0);
    const taken = new Map<string, string>();
    const artifacts: Extract<Fact, { type: 'artifact.written' }>[] = [];
    const facts = batch.flatMap(({ frame: id, facts: brought, files }): Fact[] => {
      const frame = state.frames.get(id);
      if (!frame) return [];
      const written = artifactFacts({ state, taken }, frame, files);
      artifacts.push(...written);
      return [
        ...written,
        ...brought.map((fact) =>
          withFiles(
            fact,
            written.map(({ data }) => data.path),
          ),
        ),
      ];
    });
    await this.#record(facts);
    for (const { data } of artifacts) await runFiles.show(data);
    for (const { type, data } of facts) {
      if (type === 'artifact.removed') await runFiles.hide(data.path);
    }
    const warned = warnings(state);
    await this.#record(warned);
    for (const id of this.#blocked) state.ready.add(id);
    this.#blocked.clear();
    return true;
  }

  async #decide(): Promise<Decided> {
    const { state } = this.#context;
    const ready = [...state.ready];
    state.ready.clear();
    const decided = await decide(this.#context, ready, this.#recorder.now());
    for (const id of decided.blocked) this.#blocked.add(id);
    for (const { frame, until } of decided.later) this.#sleep(frame, until);
    return decided;
  }

  #sleep(frame: string, until: number): void {
    const { clock } = this.#context.host.effects;
    this.#sleeping.get(frame)?.();
    const cancel = clock.timer(Math.max(1, until - this.#recorder.now()), () => {
      this.#sleeping.delete(frame);
      this.#context.state.ready.add(frame);
      this.#wake.notify();
    });
    this.#sleeping.set(frame, cancel);
  }

  #launch(start: Start): void {
    const stop = new AbortController();
    this.#running.set(start.id, { stop, start });
    start
      .perform(stop.signal)
      .then(
        (finished) => {
          if (this.#running.has(start.id)) this.#finished.push(finished);
        },
        (error: unknown) => {
          if (stop.signal.aborted) {
            if (stop.signal.reason instanceof OutOfTime) this.#finished.push(start.outOfTime());
            return;
          }
          this.#broken ??= error;
        },
      )
      .finally(() => {
        this.#running.delete(start.id);
        this.#wake.notify();
      });
    this.#warmUp();
  }

  /** Schemas are checked after the first answer at the earliest: loading the validator fits before it. */
  #warmUp(): void {
    const { plan, tools, host } = this.#context;
    if (tools.size === 0 && !plan.output) return;
    this.#stopWarming ??= host.effects.clock.timer(WARM_UP_MS, warmUp);
  }

  /** Rings when only the time of the last turn is left. */
  #startClock(): void {
    const left = this.#context.remainingMs('work');
    if (!Number.isFinite(left) || this.#timeWasOver) return;
    this.#stopClock = this.#context.host.effects.clock.timer(Math.max(1, left), () => {
      this.#timeIsOver = true;
      this.#timeWasOver = true;
      this.#wake.notify();
    });
  }

  /** Says that the time is over and ends what is running; the last turn may use what was kept. */
  async #endByTime(): Promise<void> {
    this.#timeIsOver = false;
    const { state } = this.#context;
    if (state.closingAsked) return;
    const limit = state.limits.time ?? 0;
    const used = Math.max(0, limit - this.#context.remainingMs('closing'));
    const kept = this.#context.remainingMs('closing');
    await this.#record([
      {
        type: 'budget.exhausted',
        data: { dimension: 'time', limit, used, reserved: kept, wanted: 0 },
      },
      ...endHeldCalls(this.#context),
    ]);
    for (const cancel of this.#sleeping.values()) cancel();
    for (const id of this.#sleeping.keys()) state.ready.add(id);
    this.#sleeping.clear();
    for (const { stop } of this.#running.values()) stop.abort(new OutOfTime());
  }

  async #stopNow(reason: string): Promise<void> {
    await this.#endEffects();
    await this.#record([{ type: 'run.stopped', data: { reason } }]);
  }

  /** Nobody is there to answer: the run can be taken up again when somebody has. */
  async #pauseNow(): Promise<void> {
    await this.#endEffects();
    await this.#record([{ type: 'run.paused', data: { reason: 'approval' } }]);
  }

  async #endEffects(): Promise<void> {
    const { clock } = this.#context.host.effects;
    const aborted = new AwpError('internal/bug', 'the run was stopped');
    for (const { stop } of this.#running.values()) stop.abort(aborted);
    let late = false;
    const cancel = clock.timer(STOP_GRACE_MS, () => {
      late = true;
      this.#wake.notify();
    });
    while (this.#running.size > 0 && !late) await this.#wake.changed;
    cancel();
    await this.#recordFinished();
  }
}

function withFiles(fact: Fact, files: readonly string[]): Fact {
  if (fact.type !== 'tool.returned' || files.length === 0) return fact;
  return { ...fact, data: { ...fact.data, files } };
}

function stuck({ openFrames, frames }: RunState): AwpError {
  const phases = [...openFrames].map((id) => `${id}: ${frames.get(id)?.phase}`).join(', ');
  return new AwpError(
    'internal/bug',
    `nothing is left to do, but the run has not ended (${phases})`,
  );
}
