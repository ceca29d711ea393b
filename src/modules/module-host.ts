import { fileURLToPath } from 'node:url';
import { orAborted } from '../base/concurrency.ts';
import { AwpError } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import type { Tool, ToolContext, ToolResult } from '../ports/tool.ts';
import { envelopeOf } from './envelope.ts';
import {
  type Failures,
  type Listener,
  ModuleProcess,
  type Reply,
  type Request,
} from './module-process.ts';

const PROGRAM = fileURLToPath(new URL('host.mjs', import.meta.url));
/** Milliseconds for loading all modules. */
const LOAD_MS = 30_000;
/** Milliseconds in which a module must say whether a person is asked. */
const APPROVAL_MS = 10_000;

/** Modules of a workflow, and where the process finds our own package. */
export interface ModuleSet {
  /** Absolute path of the workflow's folder, in which they run. */
  workflow: string;
  /** Absolute path of the folder that their paths start from. */
  folder: string;
  /** SHA-256 of each file of that folder; nothing else of it is loaded. */
  files: Readonly<Record<string, string>>;
  /** Those that may have tools. */
  modules: readonly string[];
  /** Address of what modules find as `awp-agents`; it also has `isTool` and `toTools`. */
  entry: string;
}

/** A tool as its module describes it. */
export interface DescribedTool {
  tool: Tool;
  /** Path of its module. */
  module: string;
}

/**
 * The process with the modules of a workflow: started at once, and again for the first call after
 * it has ended.
 */
export class ModuleHost {
  readonly #effects: Effects;
  readonly #set: ModuleSet;
  #current: ModuleProcess | undefined;
  #starting: Promise<ModuleProcess> | undefined;
  /** All that were started and may still be there. */
  readonly #processes = new Set<ModuleProcess>();
  #closed = false;

  constructor(effects: Effects, set: ModuleSet) {
    this.#effects = effects;
    this.#set = set;
  }

  /** Starts it and gives its tools. Throws `tool/unavailable` for a module that cannot be loaded. */
  async open(signal: AbortSignal): Promise<DescribedTool[]> {
    const { process, tools } = await this.#start(signal);
    this.#current = process;
    return tools.map((described) => this.#toolOf(described));
  }

  /** Ends all processes. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#processes].map((process) => process.close('the run is over')));
  }

  async #start(signal: AbortSignal): Promise<{ process: ModuleProcess; tools: JsonObject[] }> {
    const { workflow, ...set } = this.#set;
    const process = new ModuleProcess(this.#effects, {
      ...{ program: PROGRAM, cwd: workflow, failures: FAILURES },
    });
    this.#processes.add(process);
    void process.ended().then(() => this.#processes.delete(process));
    const what = { ...set, modules: [...set.modules], files: { ...set.files } };
    const overdue = new AbortController();
    const stop = this.#effects.clock.timer(LOAD_MS, () => {
      overdue.abort(new AwpError('tool/unavailable', 'the modules did not load within 30 s'));
    });
    try {
      const both = AbortSignal.any([signal, overdue.signal]);
      return { process, tools: await orAborted(process.load(what), both) };
    } catch (error) {
      process.end();
      throw error;
    } finally {
      stop();
    }
  }

  /** A process that takes calls; several calls wait for the same new one. */
  async #running(): Promise<ModuleProcess> {
    if (this.#closed) throw new AwpError('tool/unavailable', 'the run is over');
    if (this.#current?.usable) return this.#current;
    this.#starting ??= this.#start(new AbortController().signal)
      .then(({ process }) => {
        this.#current = process;
        return process;
      })
      .finally(() => {
        this.#starting = undefined;
      });
    return this.#starting;
  }

  async #ask(request: Request, listener: Listener): Promise<Reply> {
    const process = await orAborted(this.#running(), listener.signal);
    return process.ask(request, listener);
  }

  #toolOf({ module, approval, ...said }: JsonObject): DescribedTool {
    const name = String(said.name);
    const tool: Tool = {
      ...described(name, said),
      ...(approval === true && { approval: (args: JsonObject) => this.#approval(name, args) }),
      run: (args, context) => this.#run(name, args, context),
    };
    return { tool, module: String(module) };
  }

  async #run(name: string, args: JsonObject, context: ToolContext): Promise<ToolResult> {
    const { agent, signal } = context;
    const secrets: Record<string, string> = {};
    for (const [key, secret] of context.secrets) secrets[key] = secret.reveal();
    const request: Request = { kind: 'call', tool: name, args, agent, secrets };
    const progress = (text: string): void => context.progress(text);
    const { value, printed } = await this.#ask(request, { signal, progress });
    const result = envelopeOf(value);
    const log = [result.log ?? '', printed.trimEnd()].filter((text) => text !== '').join('\n');
    return log === '' ? result : { ...result, log };
  }

  async #approval(name: string, args: JsonObject): Promise<string | undefined> {
    const overdue = new AbortController();
    const stop = this.#effects.clock.timer(APPROVAL_MS, () =>
      overdue.abort(new AwpError('tool/timeout', `${name} did not say whether somebody is asked`)),
    );
    try {
      const listener = { signal: overdue.signal, progress: () => {} };
      const { value } = await this.#ask({ kind: 'approval', tool: name, args }, listener);
      return typeof value === 'string' ? value : undefined;
    } finally {
      stop();
    }
  }
}

/** What goes wrong with the modules of tools. */
const FAILURES: Failures = {
  load: (message, module = 'the modules') =>
    new AwpError('tool/unavailable', `${module} cannot be loaded: ${message}`.slice(0, 2000), {
      hint: 'mend the module; awp validate does not run it',
    }),
  ended: (why) =>
    new AwpError('tool/crashed', `the process of the tools ended (${why})`, {
      hint: 'the next call starts it again',
    }),
  // Its own code is kept where it is one of a tool.
  thrown({ message, code = '', hint }) {
    const own = /^(tool|network)\/[a-z-]+$/.test(code);
    return new AwpError(own ? (code as 'tool/failed') : 'tool/failed', message, {
      ...(hint !== undefined && { hint }),
    });
  },
};

type Described = Omit<Tool, 'run' | 'approval'>;

/** What a process says of a tool, with the types that it must have. */
function described(name: string, said: JsonObject): Described {
  const { version, parameters, returns, timeoutMs, secrets, rate } = said;
  return {
    name,
    description: String(said.description),
    ...(typeof version === 'string' && { version }),
    parameters: isObject(parameters) ? parameters : { type: 'object' },
    ...(isObject(returns) && { returns }),
    idempotent: said.idempotent === true,
    sideEffects: said.sideEffects !== false,
    network: said.network === true,
    ...(Array.isArray(secrets) && { secrets: secrets.map(String) }),
    ...(typeof timeoutMs === 'number' && { timeoutMs }),
    ...(isObject(rate) && { rate: rateOf(rate) }),
    origin: 'custom',
  };
}

function rateOf({ perMinute, perHour }: JsonObject): NonNullable<Tool['rate']> {
  return {
    ...(typeof perMinute === 'number' && { perMinute }),
    ...(typeof perHour === 'number' && { perHour }),
  };
}
