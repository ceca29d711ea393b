import type { ChangeSignal } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import type { Fact, RunEvent } from '../events/event.ts';
import type { RunState } from '../events/state.ts';
import { type Admitted, admitInnerAsk } from './admit-inner-ask.ts';
import { numberPosts } from './board/number-posts.ts';
import { exhausted } from './budget.ts';
import { settlements, warnings } from './budget-report.ts';
import { timeRefusal } from './budget-time.ts';
import type { RunContext } from './context.ts';
import { startRepairers } from './creation/repair-start.ts';
import { admitInner, decide } from './decide.ts';
import type { Finished } from './effect.ts';
import { EffectsInFlight } from './effects-in-flight.ts';
import { endIdle, idleOrder, lateFacts } from './nodes/deadlines.ts';
import { withinLimits } from './nodes/state-limits.ts';
import { openBelow, stopFrames } from './nodes/stop-frame.ts';
import type { Recorder } from './recorder.ts';
import { warmUp } from './schema.ts';
import { endHeldCalls } from './tools/admit-tool.ts';
import { artifactFacts } from './tools/artifacts.ts';
import { followBoxes, prepareBox } from './tools/boxes.ts';
import { Watch } from './watch.ts';

/** How long a stop waits for effects that were told to end, in milliseconds. */
const STOP_GRACE_MS = 1500;
/** How long after the first effect was started the validator is loaded, in milliseconds. */
const WARM_UP_MS = 5;

/**
 * Drives one run to its end: what effects brought is taken in, the engine is asked what follows
 * until nothing does, all of that is appended at once, and only then done. One step at a time, so
 * admission never races with itself.
 */
export class Driver {
  readonly #context: RunContext;
  readonly #recorder: Recorder;
  readonly #effects: EffectsInFlight;
  readonly #watch: Watch;
  /** Frames that wait for room in the budget or in the pool. */
  readonly #blocked = new Set<string>();
  readonly #wake: ChangeSignal;
  #broken: unknown;
  #stopReason: string | undefined;
  #stopWarming: (() => void) | undefined;

  constructor(context: RunContext, recorder: Recorder) {
    const { state, wake } = context;
    this.#context = context;
    this.#wake = wake;
    this.#recorder = recorder;
    const ring = (): void => wake.notify();
    this.#effects = new EffectsInFlight({ state, ring, broken: (error) => this.breakOff(error) });
    this.#watch = new Watch(context, { now: () => recorder.now(), ring });
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
    const { state } = this.#context;
    this.#watch.start();
    for (const id of state.openFrames) {
      const frame = state.frames.get(id);
      if (frame) prepareBox(this.#context, frame);
    }
    try {
      await this.#loop();
    } finally {
      this.#watch.end();
      this.#stopWarming?.();
      this.#context.innerCalls.end();
      this.#context.innerAsks.end();
      await this.#endEffects(new AwpError('internal/bug', 'the run has ended'));
      await this.#context.results.clean();
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
      } else await this.#waitFor(changed);
    }
  }

  /** Waits until something comes; where nothing can come any more, those that wait are asked again. */
  async #waitFor(changed: Promise<void>): Promise<void> {
    if (this.#effects.idle && !this.#watch.waiting) await this.#breakCircle();
    else await changed;
  }

  /** Whether nothing goes on before a person answers: all that is out are programs that wait, too. */
  #needsPerson(): boolean {
    if (this.#context.state.pendingApprovals.size === 0) return false;
    if (this.#watch.waiting || this.#effects.moving) return false;
    const blocked = this.#context.innerCalls.blockedPrograms();
    return this.#effects.ids.every((id) => blocked.has(id));
  }

  /** Such time is not active time (decision 13). */
  async #waitForPerson(changed: Promise<void>): Promise<void> {
    this.#watch.pause();
    await changed;
    this.#watch.go();
  }

  /** Takes in what came, then all that follows from it; false when there was nothing to do. */
  async #step(): Promise<boolean> {
    const { state, desk } = this.#context;
    const finished = this.#effects.take();
    this.#takeIn(finished);
    this.#endLate();
    this.#watch.wakeFrames();
    let moved = finished.length > 0;
    if (state.status === 'running') {
      const answers = desk.take();
      this.#stage(answers);
      const served = await this.#serveInner();
      moved ||= served || answers.length > 0;
    }
    while (state.status === 'running' && (await this.#decide())) moved = true;
    return (await this.#commit()) || moved;
  }

  /**
   * Starts those who repair drafts, and admits tool calls of programs and questions of code. One at a
   * time with all else, so that none can pass a limit.
   */
  async #serveInner(): Promise<boolean> {
    const now = this.#recorder.now();
    const repairs = startRepairers(this.#context, this.#context.repairs.take());
    this.#stage(repairs);
    const calls = this.#context.innerCalls.take(now);
    let moved = repairs.length > 0;
    if (calls.length > 0 && this.#take(await admitInner(this.#context, calls, now))) moved = true;
    for (const ask of this.#context.innerAsks.take(now)) {
      if (this.#take(admitInnerAsk(this.#context, ask, now))) moved = true;
    }
    return moved;
  }

  #take({ facts, starts }: Admitted): boolean {
    this.#stage(facts);
    this.#effects.add(starts);
    return facts.length > 0;
  }

  /** Adds facts to the state; they are in the log after the next `#commit`. */
  #stage(facts: readonly Fact[]): void {
    const { created, guards, nodeGuards, results, state } = this.#context;
    for (const event of this.#recorder.stage(facts)) {
      created.see(event);
      guards.see(event);
      nodeGuards.see(event);
      results.see(event);
      this.#watch.see(event);
      if (event.type === 'agent.finished' || event.type === 'agent.failed') this.#unblock();
    }
    if (state.unsettled.size > 0 && state.status === 'running') this.#stage(settlements(state));
  }

  /** Makes safe what was staged, shows it, and starts what it announces. */
  async #commit(): Promise<boolean> {
    const events = await this.#recorder.flush();
    for (const event of events) {
      this.#context.innerCalls.see(event);
      this.#context.innerAsks.see(event);
      this.#context.repairs.see(event);
      followBoxes(this.#context, event);
      // Awaited only for what is asked: this is done for every event.
      const asking = this.#context.desk.see(event);
      if (asking !== undefined) await asking;
    }
    await this.#show(events);
    if (this.#effects.launch()) this.#warmUp();
    // Files that follow the log; what runs goes on meanwhile. Awaited only where there are some.
    const kept = this.#context.results.write();
    if (kept !== undefined) await kept;
    const followed = this.#context.stateFiles.follow(events);
    if (followed !== undefined) await followed;
    const tools = this.#context.keptTools.follow(events);
    if (tools !== undefined) await tools;
    return events.length > 0;
  }

  /** Brings `artifacts/` in line with what the log now says, in its order. */
  async #show(events: readonly RunEvent[]): Promise<void> {
    const { runFiles } = this.#context;
    for (const { type, data } of events) {
      if (type === 'artifact.written') await runFiles.show(data);
      if (type === 'artifact.removed') await runFiles.hide(data.path);
    }
  }

  /** Stages what effects brought. */
  #takeIn(finished: readonly Finished[]): void {
    if (finished.length === 0) return;
    const { state } = this.#context;
    const taken = new Map<string, string>();
    const numbered = numberPosts(state);
    const facts = finished.flatMap(({ frame: id, facts: said, files }): readonly Fact[] => {
      const frame = state.frames.get(id);
      if (!frame) return [];
      const brought = numbered(said);
      if (files.length === 0) return brought.flatMap((fact) => withinLimits(state, fact));
      const written = artifactFacts({ state, taken }, frame, files);
      const paths = written.map(({ data }) => data.path);
      return [...written, ...brought.map((fact) => withFiles(fact, paths))];
    });
    this.#stage(facts);
    this.#stage(warnings(state));
    this.#unblock();
  }

  /** Frames that wait for room look for it again. */
  #unblock(): void {
    const { state } = this.#context;
    for (const id of this.#blocked) state.ready.add(id);
    this.#blocked.clear();
  }

  /**
   * Workers that wait for what a sub-manager may give back keep the places that its own workers wait
   * for, when no more may be at work at once: nobody goes on, so those that wait are refused. It follows
   * from the state alone. Throws when nothing follows from that either.
   */
  async #breakCircle(): Promise<void> {
    this.#unblock();
    const moved = await this.#decide(true);
    await this.#commit();
    if (!moved) throw stuck(this.#context.state);
  }

  /** Asks the engine once; false when nothing follows. */
  async #decide(isFinal = false): Promise<boolean> {
    const { state } = this.#context;
    if (state.ready.size === 0) return false;
    const ready = [...state.ready];
    state.ready.clear();
    const { facts, starts, blocked, later } = await decide(this.#context, ready, {
      now: this.#recorder.now(),
      effects: this.#effects,
      isFinal,
    });
    for (const id of blocked) this.#blocked.add(id);
    for (const { frame, until } of later) this.#watch.sleep(frame, until);
    this.#stage(facts);
    this.#effects.add(starts);
    return facts.length > 0 || starts.length > 0;
  }

  /** Schemas are checked after the first answer at the earliest: loading the validator fits before it. */
  #warmUp(): void {
    const { plan, tools, host } = this.#context;
    if (tools.size === 0 && !plan.output) return;
    this.#stopWarming ??= host.effects.clock.timer(WARM_UP_MS, warmUp);
  }

  /** Ends what has no time left: the run, nodes, and a run in which nothing moves. */
  #endLate(): void {
    const { state } = this.#context;
    if (this.#watch.takeTimeIsOver()) this.#endByTime();
    for (const id of this.#watch.takeSpent()) this.#endLoopByTime(id);
    for (const id of this.#watch.takeLate()) {
      const frame = state.frames.get(id);
      const now = this.#recorder.now();
      if (frame) this.#stage(lateFacts(this.#ending, { state, frame, now }));
    }
    if (!this.#watch.takeIdle(this.#effects.out)) return;
    this.#stage(stopFrames(this.#ending, state, idleOrder(state)));
    this.#stage(endIdle(state, this.#recorder.now()));
  }

  /** Nothing was ended before in what is staged now: a frame that was ended is closed at once. */
  get #ending(): Parameters<typeof stopFrames>[0] {
    return { stopped: new Set(), cut: (frames, why) => this.#effects.cut(why, frames) };
  }

  /** Says that the time is over and ends what is running; the last turn may use what was kept. */
  #endByTime(): void {
    const { state, remainingMs } = this.#context;
    if (state.closingAsked) return;
    const limit = state.limits.time ?? 0;
    const kept = remainingMs('closing');
    const used = Math.max(0, limit - kept);
    const data = { dimension: 'time' as const, limit, used, reserved: kept, wanted: 0 };
    this.#stage([{ type: 'budget.exhausted', data }, ...endHeldCalls(this.#context)]);
    this.#watch.wakeAll();
    this.#takeIn(this.#effects.cut(undefined));
    if (state.openFrames.has('0')) state.ready.add('0');
  }

  /** Ends what is out in a loop whose time for work is over; its last turn may use what was kept. */
  #endLoopByTime(id: string): void {
    const { state, stopwatch } = this.#context;
    const frames = openBelow(state, [id]).map((frame) => frame.id);
    const late = timeRefusal(state, state.frames.get(id), stopwatch.activeMs);
    if (!late || frames.length === 0) return;
    this.#stage([exhausted(id, late)]);
    this.#takeIn(this.#effects.cut(undefined, new Set(frames)));
    for (const below of frames) state.ready.add(below);
  }

  async #stopNow(reason: string): Promise<void> {
    await this.#endEffects(new AwpError('internal/bug', 'the run was stopped'));
    await this.#recorder.record([{ type: 'run.stopped', data: { reason } }]);
  }

  /** Nobody is there to answer: the run can be taken up again when somebody has. */
  async #pauseNow(): Promise<void> {
    await this.#endEffects(new AwpError('internal/bug', 'the run was stopped'));
    await this.#recorder.record([{ type: 'run.paused', data: { reason: 'approval' } }]);
  }

  /** Waits for effects that were told to end, but not for ever; what they brought is taken in. */
  async #endEffects(reason: AwpError): Promise<void> {
    this.#effects.abort(reason);
    const { clock } = this.#context.host.effects;
    const late = Promise.withResolvers<void>();
    const cancel = clock.timer(STOP_GRACE_MS, late.resolve);
    await Promise.race([this.#effects.allGone(), late.promise]);
    cancel();
    if (this.#broken !== undefined || this.#context.state.status !== 'running') return;
    this.#takeIn(this.#effects.take());
    await this.#commit();
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
