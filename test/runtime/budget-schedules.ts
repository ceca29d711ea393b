import { join } from 'node:path';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Usage } from '../../src/events/event.ts';
import type { Limits } from '../../src/events/plan.ts';
import { resultOf } from '../../src/events/result.ts';
import type { RunState } from '../../src/events/state.ts';
import {
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
} from '../../src/ports/model-provider.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Tool } from '../../src/ports/tool.ts';
import { promptTokens } from '../../src/runtime/budget-tokens.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import {
  complete,
  delegate,
  logOf,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

/** A random world: limits, and a list of dice that decide about every answer. */
export interface Schedule {
  limits: Limits;
  dice: readonly number[];
  /** Whether the service names what it used: always, never, or only sometimes. */
  usage: 'always' | 'never' | 'sometimes';
}

const limit = (max: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max }), { nil: null, freq: 3 });

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  limits: fc.record({
    loops: fc.integer({ min: 0, max: 6 }),
    workers: limit(8),
    tokens: limit(40_000),
    time: fc.constant(null),
    tools: limit(6),
    depth: fc.constant(3),
    calls: limit(15),
    cost: fc.option(
      fc.integer({ min: 0, max: 40 }).map((cents) => cents / 1000),
      { nil: null, freq: 3 },
    ),
    parallel: fc.integer({ min: 1, max: 6 }),
  }),
  dice: fc.array(fc.nat(999), { minLength: 12, maxLength: 40 }),
  usage: fc.constantFrom('always', 'never', 'sometimes'),
});

const PRICE = { input: 1, output: 4 };

/** What a model service really served, counted by itself. */
class World {
  calls = 0;
  turns = 0;
  tokens = 0;
  cost = 0;
  tools = 0;
  busy = 0;
  most = 0;
  readonly workers = new Set<string>();
  readonly #dice: readonly number[];
  readonly #usage: Schedule['usage'];
  #thrown = 0;
  readonly #scheduler: fc.Scheduler;

  constructor({ dice, usage }: Schedule, scheduler: fc.Scheduler) {
    this.#dice = dice;
    this.#usage = usage;
    this.#scheduler = scheduler;
  }

  roll(sides: number): number {
    const die = this.#dice[this.#thrown++ % this.#dice.length] ?? 0;
    return die % sides;
  }

  provider(): ModelProvider {
    const world = this;
    return {
      name: 'scripted',
      async *ask(request: ModelRequest): AsyncGenerator<ModelChunk> {
        yield await world.#answer(request);
      },
    };
  }

  tool(): Tool {
    return {
      name: 'arithmetic.add',
      description: 'adds',
      parameters: { type: 'object' },
      idempotent: true,
      run: async () => {
        this.tools += 1;
        await this.#scheduler.schedule(Promise.resolve(), 'tool');
        return { ok: true, status: 200, data: { result: 3 } };
      },
    };
  }

  async #answer(request: ModelRequest): Promise<ModelChunk> {
    const agent = request.headers['x-awp-agent'] ?? '';
    const isManager = request.headers['x-awp-role'] === 'manager';
    this.calls += 1;
    if (isManager) this.turns += 1;
    else this.workers.add(agent);
    this.busy += 1;
    this.most = Math.max(this.most, this.busy);
    const text = isManager ? this.#decide() : this.#work();
    const wantsTool = !isManager && request.toolChoice === 'auto' && this.roll(3) === 0;
    const fate = this.roll(12);
    // The truth: never more input than the prompt has, never more output than was allowed.
    const input = Math.min(promptTokens(request.messages, request.tools), 1 + this.roll(5000));
    const output = 1 + this.roll(request.maxOutputTokens);
    const refused = fate === 0;
    if (!refused) {
      this.tokens += input + output;
      this.cost += (input * PRICE.input + output * PRICE.output) / 1e6;
    }
    await this.#scheduler.schedule(Promise.resolve(), agent);
    this.busy -= 1;
    if (refused) {
      const usage = { input: 0, output: 0 };
      throw new ModelError('model/rate-limited', 'too many', { usage, retryAfterMs: 0 });
    }
    if (fate === 1) throw new ModelError('model/truncated', 'cut', { retryAfterMs: 0 });
    if (fate === 2) throw new ModelError('model/auth', 'no', { usage: { input, output } });
    const says = this.#usage === 'always' || (this.#usage === 'sometimes' && this.roll(2) === 0);
    const usage: Usage | undefined = says ? { input, output } : undefined;
    const toolCalls = wantsTool ? [{ id: 'a', name: 'arithmetic.add', args: {} }] : [];
    return { type: 'end', text: wantsTool ? '' : text, toolCalls, usage };
  }

  #decide(): string {
    const answers: Json[] = [
      delegate('a', 'b', 'c'),
      delegate('a'),
      complete(),
      'nothing to read',
      { decision: 'fail', reason: 'cannot' },
      delegate('a', 'b', 'c', 'd', 'e', 'f'),
    ];
    const answer = answers[this.roll(answers.length)] ?? '';
    return typeof answer === 'string' ? answer : JSON.stringify(answer);
  }

  #work(): string {
    const answers: JsonObject[] = [{ summary: 'ok', confidence: 1 }, { confidence: 7 }];
    return this.roll(5) === 0 ? 'prose' : JSON.stringify(answers[this.roll(2)]);
  }
}

/** What of a schedule passed its limits; empty when none did. */
export async function violations(
  schedule: Schedule,
  scheduler: fc.Scheduler,
  place: { store: Store; folder: string; id: string },
): Promise<string[]> {
  const world = new World(schedule, scheduler);
  const host = testHost(place.folder, {
    script: world.provider(),
    store: place.store,
    tools: [world.tool()],
    price: PRICE,
  });
  const plan = testPlan(
    { tools: ['arithmetic.*'], durability: 'batched', maxOutputTokens: 2000 },
    { limits: schedule.limits },
  );
  const run = await startTestRun(host, plan, place.id);
  let over = false;
  let turns = 0;
  const done = run.done.finally(() => {
    over = true;
  });
  done.catch(() => {}); // it is awaited below
  while (!over) {
    if (scheduler.count() > 0) await scheduler.waitOne();
    else await new Promise((resolve) => setImmediate(resolve));
    if (++turns > 200_000) throw new Error(`the run does not end: ${stateOf(run.state)}`);
  }
  await done;
  const { limits } = schedule;
  const { ledger, status } = run.state;
  const found: string[] = [];
  const check = (name: string, value: number, most: number | null): void => {
    if (most !== null && value > most + 1e-9) found.push(`${name}: ${value} of ${most}`);
  };
  check('calls served', world.calls, limits.calls);
  check('tokens served', world.tokens, limits.tokens);
  check('cost served', world.cost, limits.cost);
  check('tools run', world.tools, limits.tools);
  check('workers', world.workers.size, limits.workers);
  check('workers at once', world.most, limits.parallel);
  check('turns', ledger.used.loops, limits.loops);
  check('tokens counted', ledger.used.tokens, limits.tokens);
  check('cost counted', ledger.used.cost, limits.cost);
  check('served beyond the count', world.tokens, ledger.used.tokens);
  if (world.calls !== ledger.used.calls)
    found.push(`calls: ${world.calls} served, ${ledger.used.calls} counted`);
  if (ledger.reserved.tokens !== 0 || Math.abs(ledger.reserved.cost) > 1e-9)
    found.push('reservations are left');
  if (status === 'running' || status === 'cancelled') found.push(`status ${status}`);
  const { usage } = resultOf(run.state, '');
  const sum = usage.agents.reduce((all, { input, output }) => all + input + output, 0);
  if (sum !== usage.totalTokens)
    found.push(`agents have ${sum} tokens, the run ${usage.totalTokens}`);
  const log = await logOf(place.store, place.id);
  const refused = log.some(({ type }) => type === 'budget.exhausted');
  if (refused && status === 'complete') found.push('complete although something was refused');
  return found;
}

/** Runs `count` random schedules through the real runtime and the store on disk. */
export async function checkSchedules(
  count: number,
  settings: fc.Parameters<[Schedule, fc.Scheduler]> = {},
): Promise<void> {
  using folder = temporaryFolder();
  const store = await openSqliteStore({ folder: join(folder.path, '.awp') });
  let number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(schedules, fc.scheduler(), async (schedule, scheduler) => {
        const id = `r-${number++}`;
        const found = await violations(schedule, scheduler, { store, folder: folder.path, id });
        if (found.length > 0) throw new Error(`a limit was passed: ${found.join('; ')}`);
      }),
      { numRuns: count, ...settings },
    );
  } finally {
    await store.close();
  }
}

function stateOf({ status, openFrames, frames, exhausted, ready }: RunState): string {
  const phases = [...openFrames].map((id) => `${id} ${frames.get(id)?.phase}`);
  return JSON.stringify({ status, phases, exhausted, ready: [...ready] });
}
