import { AwpError, toAwpError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Effects, RunningProcess } from '../ports/effects.ts';
import { encodeMessage, MessageReader } from './messages.ts';
import { startedBy } from './process-tree.ts';

/** Characters that are kept of what a process says outside of any call. */
const MOST_SAID = 4000;
/** Milliseconds in which a call must have ended after it was told to. */
const GRACE_MS = 1000;
/** What may be wanted and not yet given: the other side waits at 32 before it wants more. */
const MOST_WANTED = 64;

/** What is asked of the code in the process. */
export interface Request extends JsonObject {
  kind: 'call' | 'approval';
}

/** Something that code threw. */
export interface Thrown {
  message: string;
  code?: string;
  hint?: string;
  /** File and line of the code that it is about. */
  at?: string;
}

/** What can go wrong with a process, as errors of those who started it. */
export interface Failures {
  /** Its code, or this module of it, cannot be loaded. */
  load(message: string, module: string | undefined): AwpError;
  /** It ended before what it was asked for was done. */
  ended(why: string): AwpError;
  /** Its code threw. */
  thrown(thrown: Thrown): AwpError;
}

/** What came back, and what was printed meanwhile. */
export interface Reply {
  value: Json;
  printed: string;
}

/** Who hears of a request. */
export interface Listener {
  signal: AbortSignal;
  progress(text: string): void;
  /** Does what the code wants meanwhile; nothing can be wanted when it is left out. */
  serve?(wanted: JsonObject): Promise<Json>;
}

interface Pending {
  listener: Listener;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
  /** Nobody waits for it any more. */
  abandoned: boolean;
  /** Stops the clock that runs since then. */
  stop(): void;
}

/** How long the pipes of a process that was ended are waited for, in milliseconds. */
const CLOSE_MS = 1000;

/** One process with the modules of a workflow, from its start until it has ended. */
export class ModuleProcess {
  readonly #effects: Effects;
  readonly #process: RunningProcess;
  readonly #failures: Failures;
  readonly #reader = new MessageReader();
  readonly #pending = new Map<number, Pending>();
  readonly #loaded = Promise.withResolvers<JsonObject[]>();
  #calls = 0;
  #wanted = 0;
  #said = '';
  /** Why it ends, in its own words. */
  #reason: string | undefined;
  #usable = true;
  #killed: Promise<void> | undefined;

  constructor(effects: Effects, spec: { program: string; cwd: string; failures: Failures }) {
    this.#effects = effects;
    this.#failures = spec.failures;
    const root = effects.secrets.get('SystemRoot');
    this.#process = effects.processes.spawn({
      command: effects.processes.node(),
      args: [spec.program],
      // Node on Windows cannot start without it; nothing else is needed.
      env: root === undefined ? {} : { SystemRoot: root },
      cwd: spec.cwd,
      extra: ['pipe'],
      detached: true,
    });
    this.#loaded.promise.catch(() => {}); // asked for by `load`
    this.#listen();
  }

  /** Whether new calls may go to it. */
  get usable(): boolean {
    return this.#usable;
  }

  /** Loads the code and gives what it said of its tools. Throws the failure `load`. */
  async load(what: JsonObject): Promise<JsonObject[]> {
    this.#send({ ...what, kind: 'load' });
    return this.#loaded.promise;
  }

  /**
   * Has something done. Rejects with the signal's reason when it aborts, with the failure `ended` when
   * the process ends, and with what the code threw.
   */
  async ask(request: Request, listener: Listener): Promise<Reply> {
    this.#calls += 1;
    const id = this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#pending.set(id, { listener, resolve, reject, abandoned: false, stop: () => {} });
    const abort = (): void => this.#abandon(id);
    listener.signal.addEventListener('abort', abort, { once: true });
    this.#send({ ...request, id });
    if (listener.signal.aborted) abort();
    try {
      return await promise;
    } finally {
      listener.signal.removeEventListener('abort', abort);
    }
  }

  /** Ends it, with all that it has started. */
  end(reason = 'it was ended'): void {
    this.#usable = false;
    this.#reason ??= reason;
    this.#killed ??= this.#kill();
  }

  /** What has a group of its own is found as long as the process that started it is there. */
  async #kill(): Promise<void> {
    // What is halted starts nothing more.
    this.#process.kill('SIGSTOP', true);
    for (const pid of await startedBy(this.#effects, this.#process.pid)) {
      this.#effects.processes.end(pid);
    }
    this.#process.kill('SIGKILL', true);
  }

  /** Resolves when it has ended. */
  async ended(): Promise<void> {
    await this.#process.exit.catch(() => {});
  }

  /**
   * Ends it and resolves soon, also when something that it started holds its pipes open: that is let
   * go.
   */
  async close(reason: string): Promise<void> {
    this.end(reason);
    const { stdout, stderr, extra } = this.#process;
    const stop = this.#effects.clock.timer(CLOSE_MS, () => {
      for (const pipe of [stdout, stderr, ...extra]) pipe.destroy();
    });
    await this.ended();
    stop();
  }

  #listen(): void {
    const { stdout, stderr, extra, exit } = this.#process;
    const keep = (bytes: Uint8Array): void => {
      this.#said = (this.#said + Buffer.from(bytes).toString()).slice(-MOST_SAID);
    };
    stdout.onData(keep);
    stderr.onData(keep);
    extra[0]?.onData((bytes) => {
      const messages = this.#reader.add(bytes);
      if (!messages) this.end('it wrote what is no message, or one of more than 64 MiB');
      for (const message of messages ?? []) this.#take(message);
    });
    exit.then(
      ({ code, signal }) => this.#over(signal ?? `status ${code}`),
      (error: Error) => this.#over(error.message),
    );
  }

  #send(message: JsonObject): void {
    void this.#process.extra[0]?.write(encodeMessage(message));
  }

  #take(message: JsonObject): void {
    const { kind, id, error } = message;
    if (kind === 'loaded' && Array.isArray(message.tools)) {
      this.#loaded.resolve(message.tools.filter(isObject));
    } else if (kind === 'failed') {
      this.#fail(message);
    }
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (!pending) return;
    if (kind === 'progress') pending.listener.progress(String(message.text));
    if (kind === 'want') void this.#serve(pending.listener, message);
    if (kind !== 'result') return;
    this.#pending.delete(Number(id));
    pending.stop();
    if (error !== undefined) pending.reject(this.#failures.thrown(thrownIn(error)));
    else pending.resolve({ value: message.value ?? null, printed: String(message.printed ?? '') });
    this.#endIfIdle();
  }

  /** Before it has loaded its modules that is why it cannot; later it is about to end. */
  #fail({ error, module }: JsonObject): void {
    const { message, at } = thrownIn(error);
    this.#usable = false;
    this.#reason ??= at === undefined ? message : `${message}, ${at}`;
    const which = typeof module === 'string' && module !== '' ? module : undefined;
    const place = at === undefined ? '' : ` (${at})`;
    this.#loaded.reject(this.#failures.load(`${message.slice(0, 1900)}${place}`, which));
  }

  /** Does what the code wants, and tells it what came of it. */
  async #serve(listener: Listener, { number, ...wanted }: JsonObject): Promise<void> {
    if (this.#wanted >= MOST_WANTED) return this.end('it wanted too much at once');
    this.#wanted += 1;
    const reply = await this.#served(listener, wanted).catch((given: unknown) => {
      const { code, message, hint } = toAwpError(given);
      return { error: { code, message, ...(hint !== undefined && { hint }) } };
    });
    this.#wanted -= 1;
    if (this.#usable) this.#send({ kind: 'given', number: number ?? null, ...reply });
  }

  async #served({ serve }: Listener, wanted: JsonObject): Promise<JsonObject> {
    if (!serve) throw new AwpError('internal/bug', 'nothing can be wanted here');
    return { value: await serve(wanted) };
  }

  #abandon(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    pending.abandoned = true;
    pending.reject(pending.listener.signal.reason);
    this.#send({ kind: 'cancel', id });
    pending.stop = this.#effects.clock.timer(GRACE_MS, () => {
      // It does not listen: what it goes on with must not go on.
      this.#usable = false;
      this.#endIfIdle();
    });
  }

  /** A process that is given up goes on for those alone who still wait for it. */
  #endIfIdle(): void {
    if (this.#usable || [...this.#pending.values()].some(({ abandoned }) => !abandoned)) return;
    this.end('a call did not end when it was told to');
  }

  #over(how: string): void {
    this.#usable = false;
    const why = this.#reason ?? `${how}${complaintIn(this.#said)}`;
    this.#loaded.reject(
      this.#failures.load(`the process of the modules ended (${why})`, undefined),
    );
    const error = this.#failures.ended(why);
    for (const { reject, stop } of this.#pending.values()) {
      stop();
      reject(error);
    }
    this.#pending.clear();
  }
}

/** The line of an output that says what went wrong, without the places in the code. */
function complaintIn(output: string): string {
  const line = output.split('\n').find((one) => /\b(?:FATAL ERROR|[A-Z]\w*Error): /.test(one));
  return line === undefined ? '' : `: ${line.trim().slice(0, 300)}`;
}

function thrownIn(error: Json | undefined): Thrown {
  const { message = 'it failed', code, hint, at } = isObject(error) ? error : {};
  return {
    message: String(message),
    ...(typeof code === 'string' && { code }),
    ...(typeof hint === 'string' && { hint }),
    ...(typeof at === 'string' && { at }),
  };
}
