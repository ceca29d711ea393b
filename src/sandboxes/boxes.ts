import { orAborted } from '../base/concurrency.ts';
import type { Language } from '../events/plan.ts';
import type { Effects } from '../ports/effects.ts';
import type { ComingJob, Execution, SandboxJob } from '../ports/sandbox.ts';
import { Box, type BoxEnd, type InBox, type Launch } from './box.ts';
import type { Frame } from './frames.ts';
import { neverStarted, toExecution } from './outcome.ts';
import type { Provider } from './provider.ts';
import { comingShape, type Shape, sessionShape, shapeKey, shapeOf } from './shape.ts';

/** How long a box that was made ready waits for a program, in milliseconds. */
const IDLE_MS = 60_000;
/** How long a box is left for programs of its own shape when another shape is likely to come, in milliseconds. */
const SETTLED_MS = 5000;
/**
 * How long it takes until the next box is started, in milliseconds. A box that loads its libraries takes
 * more of the processor than a small program: one that comes right after another would wait for it.
 */
const PAUSE_MS = 50;
/** How long a box whose program is over may take to end by itself, in milliseconds. */
const QUICK_MS = 500;

/** A box as its provider makes it. */
export interface Made {
  launch: Launch;
  /** Tells whose program comes: its secrets are for its requests only. */
  use(job: SandboxJob): void;
  /** Removes what was made for it on the host. */
  remove(): Promise<void>;
}

/** What a provider knows about its boxes. */
export interface BoxMaker {
  effects: Effects;
  /** Aborting `signal` ends what takes long in it: packages that are installed. */
  make(shape: Shape, signal: AbortSignal): Promise<Made>;
  /** Frames that a program needs besides its job. */
  frames(job: SandboxJob): Promise<readonly Frame[]>;
  /** Whether a runner stays beside programs of this language and says when one is over. */
  serves(language: Language): boolean;
  /** Whether nothing on the host is left to remove when a fresh box has said that its program is over. */
  quick?(language: Language): boolean;
}

/** How a program is run in a box that was started. */
interface HowToRun {
  signal: AbortSignal;
  /** Whether a runner says when it is over. */
  marked: boolean;
  more?: readonly Frame[];
}

interface Ready {
  key: string;
  made: Made;
  box: Box;
  /** Cancels its end by idleness. */
  keep(): void;
}

/** A box that is being made ready, or waits. */
interface Waiting {
  key: string;
  /** When it began to be made, on the monotonic clock. */
  since: number;
  started: Promise<Ready | undefined>;
  /** Once it waits for a program. */
  ready?: Ready;
}

interface Session {
  key: string;
  ready: Promise<Ready>;
  /** Resolves when its last program is over: they run one after the other. */
  last: Promise<unknown>;
  /** Whether its box was ended: programs that still wait for it get another one. */
  over: boolean;
}

/**
 * Runs programs in boxes of one provider: in one that was made ready, if there is one of the same
 * shape; in one that a worker's programs share, if the policy says so; else in a fresh one. A box is
 * never used for two workers.
 */
export class Boxes {
  readonly #maker: BoxMaker;
  readonly #size: number;
  readonly #pool: Waiting[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #closing = new Set<Promise<unknown>>();
  #over = new AbortController();

  /** `size`: boxes that are kept ready, at most. */
  constructor(maker: BoxMaker, size: number) {
    this.#maker = maker;
    this.#size = size;
  }

  /** The part of a provider that its boxes are; `first`: the language that is made ready by default. */
  asProvider(
    first: Language,
  ): Required<Pick<Provider, 'run' | 'prepare' | 'endSession' | 'close'>> {
    return {
      run: (job, signal) => this.run(job, signal),
      prepare: (coming) => this.prepare(coming, coming.language ?? first),
      endSession: (session) => this.endSession(session),
      close: () => this.close(),
    };
  }

  /** Runs one program. */
  async run(job: SandboxJob, signal: AbortSignal): Promise<Execution> {
    if (signal.aborted) return neverStarted();
    const { session, policy, language } = job;
    if (policy.session === 'persistent' && session !== undefined && this.#maker.serves(language)) {
      return await this.#runInSession(session, job, signal);
    }
    const ready = this.#take(shapeKey(shapeOf(job)));
    return ready ? await this.#runWarm(ready, job, signal) : await this.#runCold(job, signal);
  }

  /** Makes boxes of a shape ready in the background: one at least, and as many as there is room for. */
  prepare(coming: ComingJob, language: Language): void {
    if (coming.policy.session === 'persistent' && this.#maker.serves(language)) return;
    const shape = comingShape(coming, language);
    const key = shapeKey(shape);
    if (!this.#pool.some((waiting) => waiting.key === key)) this.#makeRoom();
    while (this.#pool.length < this.#size) this.#fill(shape);
  }

  /** Ends the box of a session. */
  async endSession(name: string): Promise<void> {
    const session = this.#sessions.get(name);
    if (session) await this.#end(name, session);
  }

  /** Ends all boxes; resolves when nothing of them is left. */
  async close(): Promise<void> {
    this.#over.abort(new Error('the boxes are closed'));
    this.#over = new AbortController();
    const pool = this.#pool.splice(0);
    await Promise.all([...this.#sessions.keys()].map((name) => this.endSession(name)));
    await Promise.all(pool.map(async ({ started }) => this.#discard(await started)));
    await Promise.all(this.#closing);
  }

  #fill(shape: Shape): void {
    const since = this.#maker.effects.clock.monotonic();
    const none = Promise.resolve(undefined);
    const waiting: Waiting = { key: shapeKey(shape), since, started: none };
    this.#pool.push(waiting);
    // One that cannot be made ready now is not missed: the program itself will say what is wrong.
    waiting.started = this.#startSoon(shape, waiting).catch(() => undefined);
    void waiting.started.then((ready) => {
      if (ready) waiting.ready = ready;
      else this.#drop(waiting);
    });
  }

  #drop(waiting: Waiting): void {
    const index = this.#pool.indexOf(waiting);
    if (index >= 0) this.#pool.splice(index, 1);
  }

  /** Whoever has just run a program, and will run another one, does not wait for the box after those. */
  async #startSoon(shape: Shape, waiting: Waiting): Promise<Ready | undefined> {
    const { signal } = this.#over;
    const paused = Promise.withResolvers<void>();
    const cancel = this.#maker.effects.clock.timer(PAUSE_MS, paused.resolve);
    try {
      await orAborted(paused.promise, signal);
    } finally {
      cancel();
    }
    // It may have made room for another one meanwhile.
    return this.#pool.includes(waiting) ? await this.#start(shape) : undefined;
  }

  async #start(shape: Shape): Promise<Ready> {
    const { effects, make } = this.#maker;
    const made = await make(shape, this.#over.signal);
    const box = new Box(effects, made.launch);
    const ready = { key: shapeKey(shape), made, box, keep: () => {} };
    try {
      await box.ready();
    } catch (error) {
      await made.remove();
      throw error;
    }
    ready.keep = effects.clock.timer(IDLE_MS, () => void this.#dismiss(ready));
    return ready;
  }

  /**
   * Where no room is left, the second of two boxes of one shape goes, else the one that has waited
   * longest, unless it is new: programs of several shapes that come in turns would end each other's.
   */
  #makeRoom(): void {
    if (this.#pool.length < this.#size) return;
    const keys = this.#pool.map(({ key }) => key);
    const second = this.#pool.find(({ key }, index) => keys.indexOf(key) < index);
    const settled = this.#maker.effects.clock.monotonic() - SETTLED_MS;
    const waiting = second ?? this.#pool.find(({ since }) => since <= settled);
    if (!waiting) return;
    this.#drop(waiting);
    this.#later(waiting.started.then((ready) => this.#discard(ready)));
  }

  /**
   * A box of this shape that is ready now: a fresh one is there sooner than one that still imports its
   * libraries.
   */
  #take(key: string): Ready | undefined {
    for (const waiting of [...this.#pool]) {
      const { ready } = waiting;
      if (!ready || ready.key !== key) continue;
      this.#drop(waiting);
      ready.keep();
      if (!ready.box.over) return ready;
      this.#later(this.#discard(ready));
    }
    return undefined;
  }

  async #dismiss(ready: Ready): Promise<void> {
    const waiting = this.#pool.find((one) => one.ready === ready);
    if (waiting) this.#drop(waiting);
    await this.#discard(ready);
  }

  async #discard(ready: Ready | undefined): Promise<void> {
    if (!ready) return;
    ready.keep();
    await ready.box.close();
    await ready.made.remove();
  }

  #later(work: Promise<unknown>): void {
    const done = work.catch(() => {}).finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }

  async #runWarm(ready: Ready, job: SandboxJob, signal: AbortSignal): Promise<Execution> {
    const shape: Shape = { ...shapeOf(job), readiness: 'ahead' };
    try {
      // A runner beside it says when the program is over; without one the end of the box says it.
      const marked = this.#maker.serves(job.language);
      return await this.#runIn(ready, job, { signal, marked });
    } finally {
      this.#later(this.#discard(ready));
      if (this.#pool.length < this.#size) this.#fill(shape);
    }
  }

  async #runCold(job: SandboxJob, signal: AbortSignal): Promise<Execution> {
    const { effects, make, frames, quick } = this.#maker;
    const [made, more] = await Promise.all([make(shapeOf(job), signal), frames(job)]);
    // Where nothing on the host waits for the end of the box, the runner's word is enough.
    const marked = quick?.(job.language) ?? false;
    let box: Box | undefined;
    try {
      box = new Box(effects, made.launch);
      return await this.#runIn({ made, box }, job, { signal, marked, more });
    } finally {
      if (marked && box) this.#later(box.ended(QUICK_MS).then(() => made.remove()));
      else await made.remove();
    }
  }

  async #runInSession(name: string, job: SandboxJob, signal: AbortSignal): Promise<Execution> {
    const session = this.#session(name, job);
    const turn = session.last.then(async () => {
      if (signal.aborted) return neverStarted();
      const ready = await session.ready;
      ready.keep();
      // A program that was stopped took the box with it: the next one starts clean.
      if (ready.box.over) await this.#end(name, session);
      if (session.over) return undefined;
      const done = await this.#runIn(ready, job, { signal, marked: true });
      if (ready.box.over || done.stopped !== undefined) await this.#end(name, session);
      return done;
    });
    session.last = turn.catch(() => {});
    return (await turn) ?? (await this.#runInSession(name, job, signal));
  }

  /** The session's box; another one when the worker's next program needs another shape. */
  #session(name: string, job: SandboxJob): Session {
    const shape = sessionShape(job);
    const key = shapeKey(shape);
    const known = this.#sessions.get(name);
    if (known?.key === key) return known;
    // Nothing may come between: whoever asks next has to find the new one.
    const ready = (known?.last ?? Promise.resolve()).then(async () => {
      if (known) await this.#end(name, known);
      return await this.#start(shape);
    });
    const session: Session = { key, ready, last: Promise.resolve(), over: false };
    ready.catch(() => this.#forget(name, session));
    this.#sessions.set(name, session);
    return session;
  }

  #forget(name: string, session: Session): void {
    session.over = true;
    if (this.#sessions.get(name) === session) this.#sessions.delete(name);
  }

  async #end(name: string, session: Session): Promise<void> {
    this.#forget(name, session);
    await this.#discard(await session.ready.catch(() => undefined));
  }

  async #runIn(
    { made, box }: Pick<Ready, 'made' | 'box'>,
    job: SandboxJob,
    { signal, marked, more = [] }: HowToRun,
  ): Promise<Execution> {
    const { effects } = this.#maker;
    made.use(job);
    const start = effects.clock.monotonic();
    const inBox = marked ? withMark(effects, signal, more) : { signal, more };
    const end: BoxEnd = await box.run(job, inBox);
    return toExecution(
      end,
      { launch: made.launch, job, signal },
      effects.clock.monotonic() - start,
    );
  }
}

/** The end of a program's texts cannot be foretold by it: it is a word of chance. */
function withMark(effects: Effects, signal: AbortSignal, more: readonly Frame[]): InBox {
  const mark = `\0${Buffer.from(effects.random.bytes(16)).toString('hex')}\n`;
  return { signal, mark, more: [...more, { kind: 'E', name: '', payload: Buffer.from(mark) }] };
}
