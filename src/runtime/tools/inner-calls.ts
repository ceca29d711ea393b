import type { ChangeSignal } from '../../base/concurrency.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { RunEvent } from '../../events/event.ts';
import type { Frame } from '../../events/state.ts';
import type { Clock } from '../../ports/effects.ts';
import type { BoxToolReply, BoxTools } from '../../ports/sandbox.ts';

/** Calls of one program that are made at the same time; the others wait. */
const MOST_AT_ONCE = 16;
/** Characters of a tool's name that are kept: longer than any that there can be. */
const NAME_CHARS = 128;
/** Bytes of a result's JSON that go into a box; a frame holds 1 MiB. */
const REPLY_BYTES = 900_000;

/** A tool call that a program asks for from inside of its box. */
export interface InnerCall {
  /** `2.1/3.t1.i4`: the call of the program, and which of its own calls it is. */
  id: string;
  frame: Frame;
  parentCall: string;
  name: string;
  args: JsonObject;
  /** Aborts when the program, or its wait for the answer, has ended. */
  signal: AbortSignal;
}

/** A program in its box, as far as tools are concerned. */
export interface Program {
  /** Undefined when its agent has no tool that it could call. */
  tools: BoxTools | undefined;
  /** Ends calls that are still out; resolves when the log knows of all of them. */
  close(): Promise<void>;
}

interface Entry {
  call: InnerCall;
  program: { out: number };
  /** Not to be taken before: milliseconds since 1970. */
  until?: number;
  /** The approval that it waits for. */
  held?: string;
  reply(reply: BoxToolReply): void;
  /** The log knows what came of it, or it was never made. */
  over(): void;
}

/**
 * The queue between programs in boxes and the driver: programs put calls in, the driver admits them
 * one after another, so that none can pass a limit beside it, and the log's answer goes back.
 */
export class InnerCalls {
  readonly #wake: ChangeSignal;
  readonly #needsBox: ReadonlySet<string>;
  readonly #clock: Clock;
  #waiting: Entry[] = [];
  readonly #out = new Map<string, Entry>();
  readonly #timers = new Set<() => void>();

  /** `wake` rings when there is something to take. */
  constructor({ wake, needsBox, clock }: InnerCallsParts) {
    this.#wake = wake;
    this.#needsBox = needsBox;
    this.#clock = clock;
  }

  /** Opens the way to tools for the program of one call. */
  open(frame: Frame, parentCall: string): Program {
    const names = toolsInside(this.#needsBox, frame);
    const ended = new AbortController();
    const program = { out: 0 };
    const open = new Set<Promise<void>>();
    let count = 0;
    const ask: BoxTools['call'] = (name, args, given) => {
      count += 1;
      const signal = AbortSignal.any([given, ended.signal]);
      const id = `${parentCall}.i${count}`;
      const call = { id, frame, parentCall, name: name.slice(0, NAME_CHARS), args, signal };
      const { reply, over } = this.#add(call, program);
      open.add(over);
      return reply;
    };
    return {
      tools: names.length === 0 ? undefined : { names, call: ask },
      close: async () => {
        ended.abort();
        this.#wake.notify();
        await Promise.all(open);
      },
    };
  }

  /** Puts a call that was taken back until a person has answered. */
  hold(id: string, approval: string): void {
    this.#putBack(id, { held: approval });
  }

  /** Puts a call that was taken back until a time, in milliseconds since 1970. */
  defer(id: string, until: number): void {
    const entry = this.#putBack(id, { until });
    const cancel = this.#clock.timer(Math.max(1, until - this.#clock.now()), () => {
      this.#timers.delete(cancel);
      // A timer may ring a little too early, and nothing else may ring after it.
      delete entry?.until;
      this.#wake.notify();
    });
    this.#timers.add(cancel);
  }

  /** Nothing is taken any more. */
  end(): void {
    for (const cancel of this.#timers) cancel();
  }

  /** Ids of the calls of programs that can do nothing before a person answers. */
  blockedPrograms(): ReadonlySet<string> {
    const held = this.#waiting.filter((entry) => entry.held !== undefined);
    const busy = new Set([...this.#out.values()].map(({ call }) => call.parentCall));
    return new Set(held.map(({ call }) => call.parentCall).filter((id) => !busy.has(id)));
  }

  /** The calls that may be admitted at `now`; those that nobody waits for any more, or whose agent has ended, are left out. */
  take(now: number): InnerCall[] {
    const taken: InnerCall[] = [];
    this.#waiting = this.#waiting.filter((entry) => {
      if (entry.call.signal.aborted || entry.call.frame.phase === 'closed') {
        entry.reply(INTERRUPTED);
        entry.over();
        return false;
      }
      if (entry.held !== undefined || (entry.until ?? 0) > now) return true;
      if (entry.program.out >= MOST_AT_ONCE) return true;
      entry.program.out += 1;
      this.#out.set(entry.call.id, entry);
      taken.push(entry.call);
      return false;
    });
    return taken;
  }

  /** Hands the answer that is in the log to the program that waits for it. */
  see(event: RunEvent): void {
    if (event.type === 'approval.resolved') this.#release(event.data.id);
    if (event.type !== 'tool.returned') return;
    const entry = this.#out.get(event.data.call);
    if (!entry) return;
    this.#out.delete(event.data.call);
    entry.program.out -= 1;
    entry.reply(replyOf(event.data));
    entry.over();
  }

  #putBack(id: string, why: Pick<Entry, 'held' | 'until'>): Entry | undefined {
    const entry = this.#out.get(id);
    if (!entry) return undefined;
    this.#out.delete(id);
    entry.program.out -= 1;
    this.#waiting.push(Object.assign(entry, why));
    return entry;
  }

  #release(approval: string): void {
    for (const entry of this.#waiting) if (entry.held === approval) delete entry.held;
  }

  #add(
    call: InnerCall,
    program: { out: number },
  ): { reply: Promise<BoxToolReply>; over: Promise<void> } {
    const reply = Promise.withResolvers<BoxToolReply>();
    const over = Promise.withResolvers<void>();
    const entry: Entry = { call, program, reply: reply.resolve, over: over.resolve };
    const giveUp = (): void => reply.resolve(INTERRUPTED);
    if (call.signal.aborted) giveUp();
    else call.signal.addEventListener('abort', giveUp, { once: true });
    this.#waiting.push(entry);
    this.#wake.notify();
    return { reply: reply.promise, over: over.promise };
  }
}

/** What the queue is made of. */
interface InnerCallsParts {
  wake: ChangeSignal;
  /** Names of the tools that run programs. */
  needsBox: ReadonlySet<string>;
  clock: Clock;
}

/** Names of the tools that programs of an agent may call: a program cannot start another one. */
export function toolsInside(
  needsBox: ReadonlySet<string>,
  { tools }: Pick<Frame, 'tools'>,
): string[] {
  return tools.filter((name) => !needsBox.has(name));
}

/** Why there is no answer to a call whose program has ended. */
export const PROGRAM_ENDED = 'tool/interrupted: the program ended before the call did';

const INTERRUPTED: BoxToolReply = { ok: false, status: 500, data: {}, error: PROGRAM_ENDED };

interface Returned {
  ok: boolean;
  status: number;
  data: Json;
  error?: string;
}

function replyOf({ ok, status, data, error }: Returned): BoxToolReply {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes <= REPLY_BYTES) return { ok, status, data, ...(error !== undefined && { error }) };
  const large = `tool/too-large: the result has ${bytes} bytes; at most ${REPLY_BYTES} go into a program`;
  return { ok: false, status: 500, data: {}, error: large };
}
