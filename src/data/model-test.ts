import { toAwpError } from '../base/errors.ts';
import { builtinModels, tools } from '../builtins.ts';
import type { Envelope } from '../events/decision.ts';
import type { Fact, Message, RunEvent, Usage } from '../events/event.ts';
import { emptyState, fold } from '../events/reduce.ts';
import type { RunState } from '../events/state.ts';
import type { Effects } from '../ports/effects.ts';
import {
  type Capabilities,
  type ModelAnswer,
  ModelError,
  type ModelRequest,
  type ResolvedModel,
  type ToolSpec,
} from '../ports/model-provider.ts';
import { makeResolver } from '../providers/resolve.ts';
import type { Surroundings } from '../runtime/agent/parts/look.ts';
import { managerStart, workerStart } from '../runtime/agent/prompt.ts';
import { costOf } from '../runtime/budget-tokens.ts';
import { readDecision } from '../runtime/engines/decision.ts';
import { makePlan } from './make-plan.ts';
import { describeBytes } from './table.ts';

/** What a model is tried for. */
export type TrialName = 'text' | 'json' | 'tools' | 'stream';

/** What came of one trial. */
export interface Trial {
  name: TrialName;
  /** `skipped` after a failure that the next question could only repeat. */
  outcome: 'ok' | 'failed' | 'skipped';
  /** In words, what was seen. */
  words: string;
  /** Code and remedy of a failure of the service. */
  code?: string;
  hint?: string;
  /** Milliseconds until the first piece, and until the end. */
  firstMs?: number;
  ms?: number;
}

/** What a model can do for a run. */
export interface ModelVerdict {
  /** The model string. */
  model: string;
  service: string;
  simulated: boolean;
  /** What is known of it without asking; undefined when nothing is. */
  capabilities: Capabilities | undefined;
  trials: readonly Trial[];
  /** Whether a manager could work with it: it answers, and with JSON. */
  usable: boolean;
  /** Tokens of all questions; undefined when the service was silent about them. */
  usage: Usage | undefined;
  /** US dollars, as the service said or by its price; null when neither is known of a question. */
  cost: number | null;
}

/** Time for one answer, in milliseconds. */
const PATIENCE_MS = 120_000;
/** Tokens of one answer: enough for a model that thinks first. */
const ANSWER_TOKENS = 4096;

/**
 * Tries a model with three questions at most, those of a small run: each is asked once, with at most
 * 4,096 tokens for the answer and two minutes of time. Throws `model/...` for a model that cannot be
 * asked by configuration.
 */
export async function testModel(
  model: string,
  effects: Effects,
  signal: AbortSignal,
): Promise<ModelVerdict> {
  const resolved = makeResolver({ effects, extra: builtinModels })(model);
  const tester = new Tester(resolved, effects, signal);
  const trials = await tester.run();
  const passed = new Set(trials.filter(({ outcome }) => outcome === 'ok').map(({ name }) => name));
  const { usage, cost } = tester;
  return {
    ...{ model, service: resolved.provider.name, simulated: resolved.simulated, trials },
    ...{ usage, cost },
    capabilities: resolved.capabilities,
    usable: passed.has('text') && passed.has('json'),
  };
}

/** What one question brought. */
interface Heard {
  answer?: ModelAnswer;
  failure?: Pick<Trial, 'words' | 'code' | 'hint'>;
  pieces: number;
  times: Pick<Trial, 'firstMs' | 'ms'>;
}

class Tester {
  readonly #resolved: ResolvedModel;
  readonly #effects: Effects;
  readonly #signal: AbortSignal;
  /** Tokens so far; undefined once a service was silent about them. */
  usage: Usage | undefined = { input: 0, output: 0 };
  /** US dollars so far; null once nobody knows. */
  cost: number | null = 0;

  constructor(resolved: ResolvedModel, effects: Effects, signal: AbortSignal) {
    this.#resolved = resolved;
    this.#effects = effects;
    this.#signal = signal;
  }

  async run(): Promise<Trial[]> {
    const state = startedState();
    const asManager = managerMessages(state);
    const first = await this.#ask(asManager, { tools: [], stream: false });
    if (!first.answer) return [failed('text', first), ...skipped(['json', 'tools', 'stream'])];
    const { text } = first.answer;
    const reading = readDecision(text);
    const { json, envelope } = jsonTrial(reading);
    const spec = tools.get('code.execute');
    const specs = spec ? [toSpec(spec)] : [];
    const tool = await this.#ask(workerMessages(state, envelope), { tools: specs, stream: false });
    const streamed = await this.#ask(asManager, { tools: [], stream: true });
    return [
      { name: 'text', outcome: 'ok', words: `${text.length} characters`, ...first.times },
      json,
      toolsTrial(tool),
      streamTrial(streamed),
    ];
  }

  async #ask(
    messages: readonly Message[],
    { tools: specs, stream }: Pick<ModelRequest, 'tools' | 'stream'>,
  ): Promise<Heard> {
    const { provider, model } = this.#resolved;
    const { clock } = this.#effects;
    const request: ModelRequest = {
      ...{ model, messages, tools: specs, stream, temperature: 0, headers: {} },
      toolChoice: specs.length > 0 ? 'auto' : 'none',
      ...{ maxOutputTokens: ANSWER_TOKENS, timeoutMs: PATIENCE_MS },
    };
    const started = clock.monotonic();
    const since = (): number => Math.round(clock.monotonic() - started);
    const heard: Heard = { pieces: 0, times: {} };
    try {
      for await (const chunk of provider.ask(request, this.#signal)) {
        heard.times.firstMs ??= since();
        if (chunk.type === 'text') heard.pieces += 1;
        else heard.answer = chunk;
      }
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      const { message, code, hint } = toAwpError(error);
      // A failed answer can cost as much as a good one.
      this.#count(error instanceof ModelError ? error : { usage: undefined });
      heard.failure = { words: message, code, ...(hint !== undefined && { hint }) };
    }
    heard.times.ms = since();
    if (heard.answer) this.#count(heard.answer);
    return heard;
  }

  #count({ usage, cost: said }: Pick<ModelAnswer, 'usage' | 'cost'>): void {
    const cost = said ?? (usage ? costOf(this.#resolved.price, usage) : null);
    this.cost = cost === null || this.cost === null ? null : this.cost + cost;
    this.usage = usage && this.usage && sumOf(this.usage, usage);
  }
}

function sumOf(one: Usage, other: Usage): Usage {
  const part = (name: 'cached' | 'cacheWritten' | 'reasoning'): Partial<Usage> => {
    const sum = (one[name] ?? 0) + (other[name] ?? 0);
    return sum > 0 ? { [name]: sum } : {};
  };
  const guessed = one.estimated === true || other.estimated === true;
  return {
    input: one.input + other.input,
    output: one.output + other.output,
    ...part('cached'),
    ...part('cacheWritten'),
    ...part('reasoning'),
    ...(guessed && { estimated: true }),
  };
}

function failed(name: TrialName, { failure, times }: Heard): Trial {
  return { name, outcome: 'failed', words: 'no answer', ...failure, ...times };
}

function skipped(names: readonly TrialName[]): Trial[] {
  return names.map((name) => ({ name, outcome: 'skipped', words: 'not asked' }));
}

/** The same answer shows whether it is the JSON of a manager; its first worker is asked next. */
function jsonTrial(reading: ReturnType<typeof readDecision>): { json: Trial; envelope: Envelope } {
  if ('problem' in reading) {
    return { json: { name: 'json', outcome: 'failed', words: reading.problem }, envelope: ADDER };
  }
  const { decision, repaired } = reading;
  const words = `decided to ${decision.decision}${repaired ? ', after its JSON was mended' : ''}`;
  const [first] = decision.decision === 'delegate' ? decision.delegations : [];
  return { json: { name: 'json', outcome: 'ok', words }, envelope: first ?? ADDER };
}

/** What a worker is told when the manager delegated nothing. */
const ADDER: Envelope = {
  workerId: 'adder',
  instructions: 'Run a program that prints the sum of revenue in inputs/sales.csv.',
};

function toolsTrial(heard: Heard): Trial {
  if (!heard.answer) return failed('tools', heard);
  const call = heard.answer.toolCalls.find(({ name }) => name === 'code.execute');
  const sound = typeof call?.args.code === 'string';
  const words = call
    ? sound
      ? 'called the tool that it was given'
      : 'called the tool with arguments that do not fit'
    : 'did not call the tool that it was given: only fit for a manager';
  return { name: 'tools', outcome: sound ? 'ok' : 'failed', words, ...heard.times };
}

function streamTrial(heard: Heard): Trial {
  if (!heard.answer) return failed('stream', heard);
  const { pieces, times } = heard;
  const words =
    pieces === 0
      ? 'the answer came in one piece'
      : `${pieces} ${pieces === 1 ? 'piece' : 'pieces'}`;
  return { name: 'stream', outcome: pieces === 0 ? 'failed' : 'ok', words, ...times };
}

const TABLE = 'month,revenue\nJan,100\nFeb,200\nMar,150\n';
const SURROUNDINGS: Surroundings = {
  box: {
    name: 'box',
    isolation: 'of a test: nothing is run',
    languages: [{ language: 'javascript', description: 'JavaScript, an ES module on Node' }],
  },
  tools: [{ name: 'code.execute', description: 'runs a program' }],
  needsBox: new Set(['code.execute']),
};

/** A run that has just begun, with a small table. */
function startedState(): RunState {
  const bytes = new TextEncoder().encode(TABLE);
  const { kind, text } = describeBytes({ name: 'sales.csv', bytes, size: bytes.length });
  const inputs = [
    { name: 'sales', kind, path: 'sales.csv', bytes: bytes.length, description: text },
  ];
  const plan = makePlan(
    { task: 'Find the peak month of revenue' },
    { managerModel: 'tested', workerModel: 'tested', simulated: false, inputs, output: undefined },
  );
  const state = emptyState('test');
  tell(state, { type: 'run.started', data: { plan, simulated: false, version: 'test' } });
  tell(state, agent('0', { workerId: 'manager', instructions: plan.task }));
  return state;
}

function managerMessages(state: RunState): Message[] {
  const { plan } = state;
  const frame = state.frames.get('0');
  if (!plan || !frame) return [];
  return managerStart({ plan, state, frame, surroundings: SURROUNDINGS }, { told: 0 });
}

function workerMessages(state: RunState, envelope: Envelope): Message[] {
  tell(state, agent('1.1', envelope));
  const frame = state.frames.get('1.1');
  const { plan } = state;
  return plan && frame ? workerStart({ plan, state, frame, surroundings: SURROUNDINGS }) : [];
}

function agent(id: string, { workerId, instructions, contract }: Envelope): Fact {
  const isManager = id === '0';
  return {
    type: 'agent.started',
    agent: id,
    depth: isManager ? 0 : 1,
    ...(!isManager && { parent: '0', loop: 1 }),
    data: {
      role: isManager ? 'manager' : 'worker',
      ...{ name: workerId, model: 'tested', temperature: 0, instructions },
      tools: isManager ? [] : ['code.execute'],
      ...(contract && { contract }),
      index: isManager ? 0 : 1,
    },
  };
}

function tell(state: RunState, fact: Fact): void {
  const ts = new Date(0).toISOString();
  fold(state, { v: 1, run: state.run, seq: state.seq + 1, ts, depth: 0, ...fact } as RunEvent);
}

function toSpec({ name, description, parameters }: ToolSpec): ToolSpec {
  return { name, description, parameters };
}
