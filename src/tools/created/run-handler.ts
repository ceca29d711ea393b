import { isObject, type JsonObject } from '../../base/json.ts';
import type { ToolDraft } from '../../events/creation.ts';
import type { Clock } from '../../ports/effects.ts';
import type { BoxToolReply, BoxTools, Sandbox, SandboxJob } from '../../ports/sandbox.ts';
import { pythonProgram } from './python-program.ts';
import { scriptProgram } from './script-program.ts';

/** The one name under which a handler's program can speak to the host; what boxes have for it calls it so. */
const RESULT = 'awp.result';
/** How long a program may go on when its result is there, in milliseconds. */
const LINGER_MS = 1000;

/** What a handler is run with. */
export interface HandlerCall {
  draft: Pick<ToolDraft, 'code' | 'language'>;
  args: JsonObject;
  /** In a trial, only those arguments are given that the handler takes. */
  trial: boolean;
}

/** What of a job does not depend on how a handler is called. */
export type HandlerPlace = Omit<SandboxJob, 'code' | 'language' | 'stdin' | 'tools'>;

/** A handler on its way: the job, the box that ends it in time, and what it will have said. */
export interface HandlerRun {
  job: SandboxJob;
  /** Runs the job in the box, and ends it when it does not after its result. */
  run: Sandbox['run'];
  /** What it said first; undefined until then. */
  said(): JsonObject | undefined;
}

/**
 * Makes a handler ready for a box. Arguments go in as data on the standard input; what comes of it
 * comes back over the channel of tool calls, where what the handler prints cannot be mistaken for it.
 * The first word counts: what is said later, by threads, timers or at the end, is refused.
 */
export function handlerRun(
  sandbox: Pick<Sandbox, 'run'>,
  { call, place, clock }: { call: HandlerCall; place: HandlerPlace; clock: Clock },
): HandlerRun {
  const result = new ResultChannel(clock);
  const { draft, args, trial } = call;
  const { code, language } = draft;
  const job: SandboxJob = {
    ...place,
    language,
    code: language === 'python' ? pythonProgram(code) : scriptProgram(code, RESULT),
    stdin: new TextEncoder().encode(JSON.stringify({ args, trial })),
    tools: result.tools,
  };
  return {
    job,
    said: () => result.said,
    run: async (given, signal) => {
      try {
        return await sandbox.run(given, AbortSignal.any([signal, result.enough]));
      } finally {
        result.end();
      }
    },
  };
}

/** Takes the first word of a handler. */
class ResultChannel {
  readonly #clock: Clock;
  readonly #enough = new AbortController();
  #said: JsonObject | undefined;
  #over = false;
  #cancel: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get said(): JsonObject | undefined {
    return this.#said;
  }

  /** Aborts when a program goes on for too long after its result. */
  get enough(): AbortSignal {
    return this.#enough.signal;
  }

  get tools(): BoxTools {
    return { names: [RESULT], call: async (name, args) => this.#take(name, args) };
  }

  end(): void {
    this.#over = true;
    this.#cancel();
  }

  #take(name: string, args: JsonObject): BoxToolReply {
    if (name !== RESULT) {
      const error = 'a handler has no tools: it gets all that it needs as arguments';
      return { ok: false, status: 403, data: {}, error };
    }
    if (this.#said || this.#over || !isObject(args)) {
      return { ok: false, status: 409, data: {}, error: 'there is a result already' };
    }
    this.#said = args;
    this.#cancel = this.#clock.timer(LINGER_MS, () => this.#enough.abort());
    return { ok: true, status: 200, data: {} };
  }
}
