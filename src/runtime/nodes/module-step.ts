import { orAborted } from '../../base/concurrency.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { type KeptCall, keyOfCall } from '../../events/code-frames.ts';
import type { Plan } from '../../events/plan.ts';
import type { Frame } from '../../events/state.ts';
import type { Host } from '../../ports/host.ts';
import type { BoxToolReply } from '../../ports/sandbox.ts';
import type { AskAnswer, AskRequest, ModuleCall, StepRunner } from '../../ports/step.ts';
import type { ToolOpener } from '../../ports/tool.ts';
import { hashOfAsk } from '../admit-inner-ask.ts';
import type { RunContext } from '../context.ts';
import { agentOf } from '../plan-parts.ts';

/** What the code of an agent may have its run do. */
export type ModuleAsks = Pick<ModuleCall, 'tools' | 'ask' | 'callTool'>;

/** The code of agents is looked at, and trusted, before anything of a run is written. */
export function moduleOpeners({ runModule }: Host, { agents = {} }: Plan): ToolOpener[] {
  const modules = Object.values(agents).flatMap(({ module }) => module ?? []);
  if (modules.length === 0 || !runModule?.open) return [];
  const open = async (signal: AbortSignal) => {
    const close = await runModule.open?.(modules, signal);
    return { tools: [], close: async () => close?.() };
  };
  return [{ name: 'code of agents', open }];
}

interface Running {
  runner: StepRunner;
  call: Omit<ModuleCall, keyof ModuleAsks>;
  signal: AbortSignal;
}

/**
 * Runs the code of an agent to its end. What it asked of models and tools is in the log before what it
 * returned; what it still waits for then is ended.
 */
export async function runModule(
  context: RunContext,
  frame: Frame,
  { runner, call, signal }: Running,
): Promise<Json | undefined> {
  const asks = new Asks(context, frame);
  try {
    return await orAborted(runner.run({ ...call, ...asks.given }), signal);
  } finally {
    const closed = asks.close();
    if (!signal.aborted) await orAborted(closed, signal);
  }
}

/** The questions and calls of one run of code. */
class Asks {
  readonly given: ModuleAsks;
  readonly #context: RunContext;
  readonly #frame: Frame;
  readonly #ended = new AbortController();
  readonly #program: ReturnType<RunContext['innerCalls']['open']>;
  readonly #open = new Set<Promise<void>>();
  /** What an earlier process asked for the same code, and what came of it. */
  readonly #earlier: KeptCall[];

  constructor(context: RunContext, frame: Frame) {
    this.#context = context;
    this.#frame = frame;
    this.#earlier = [...(frame.kept ?? [])];
    // Grants and rules of access count as for an agent that asks a model.
    this.#program = context.innerCalls.open({ ...frame, role: 'node' }, frame.id);
    this.given = {
      tools: this.#program.tools?.names ?? [],
      ask: (request) => this.#ask(request),
      callTool: (name, args) => this.#call(name, args),
    };
  }

  /** Ends what is out; resolves when the log knows of all of it. */
  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#program.close(), ...this.#open]);
  }

  async #ask(request: AskRequest): Promise<AskAnswer> {
    const { plan, innerAsks } = this.#context;
    const { model } = agentOf(plan, this.#frame);
    const known = this.#takeEarlier('model', hashOfAsk(request, model));
    if (known?.reply) return answerIn(known.reply);
    const { answer, over } = innerAsks.ask(this.#frame, request, this.#ended.signal);
    this.#open.add(over);
    return answer;
  }

  async #call(name: string, args: JsonObject): Promise<BoxToolReply> {
    const known = this.#takeEarlier('tool', keyOfCall(name, args));
    if (known?.reply) return replyIn(known.reply);
    if (known && !known.idempotent) return INTERRUPTED;
    const { tools } = this.#program;
    return tools ? tools.call(name, args, this.#ended.signal) : { ...NO_TOOLS };
  }

  /** What was cut off and may be done again, was: a later process may have brought its reply. */
  #takeEarlier(kind: KeptCall['kind'], key: string): KeptCall | undefined {
    const at = this.#earlier.findIndex(
      (one) => one.kind === kind && one.key === key && (one.reply || !one.idempotent),
    );
    return at < 0 ? undefined : this.#earlier.splice(at, 1)[0];
  }
}

function answerIn({ text, usage, cost }: JsonObject): AskAnswer {
  const { input, output } = usage as { input: number; output: number }; // as it was kept
  return {
    text: String(text),
    usage: { input, output },
    cost: typeof cost === 'number' ? cost : null,
  };
}

function replyIn({ ok, status, data = {}, error }: JsonObject): BoxToolReply {
  const said = typeof error === 'string' ? { error } : {};
  return { ok: ok === true, status: Number(status), data, ...said };
}

const INTERRUPTED: BoxToolReply = {
  ok: false,
  status: 500,
  data: {},
  error:
    'tool/interrupted: the process stopped while this call was being made; whether it took effect is not known',
};

const NO_TOOLS: BoxToolReply = {
  ok: false,
  status: 404,
  data: {},
  error: 'tool/unknown: this agent has no tools; its file grants them in capabilities.tools',
};
