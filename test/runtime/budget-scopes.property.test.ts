import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AskPurpose, Fact, RunEvent } from '../../src/events/event.ts';
import type { Limits, Spend } from '../../src/events/plan.ts';
import { emptyState, fold, foldAll } from '../../src/events/reduce.ts';
import { isNested, openScopes, scopesOf } from '../../src/events/scopes.ts';
import type { Frame, RunState, Scope } from '../../src/events/state.ts';
import { Admission } from '../../src/runtime/budget.ts';
import { settlements } from '../../src/runtime/budget-report.ts';
import { COUNTED, Rooms } from '../../src/runtime/budget-rooms.ts';
import { graphPlan, planGraph } from './graphs.ts';

const PRICE = { input: 1, output: 4 };
/** Sums of money are not exact. */
const NEARLY = 1e-9;
const nothing = (): Spend => ({ loops: 0, workers: 0, tokens: 0, tools: 0, calls: 0, cost: 0 });

interface Schedule {
  limits: Limits;
  /** Each decides about one thing, in turn, and again from the first when all were thrown. */
  dice: readonly number[];
  steps: number;
}

const limit = (max: number): fc.Arbitrary<number | null> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: Math.ceil(max / 4), max }) },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) },
  );

const limits = fc.record({
  loops: limit(40),
  workers: limit(20),
  tokens: limit(200_000),
  time: fc.constant(null),
  tools: limit(30),
  depth: fc.constant(3),
  calls: limit(80),
  cost: limit(400).map((cents) => cents && cents / 1000),
  parallel: fc.integer({ min: 1, max: 9 }),
});

const schedules: fc.Arbitrary<Schedule> = fc.record({
  limits,
  dice: fc.array(fc.nat(9999), { minLength: 101, maxLength: 401 }),
  steps: fc.integer({ min: 20, max: 250 }),
});

/** A run without models: the budget's own rules, the fold, and dice in the place of all else. */
class World {
  readonly state = emptyState('r-1');
  readonly log: RunEvent[] = [];
  /** What was charged to each budget itself, without those below, as this test counts it. */
  readonly own = new Map<Scope, Spend>();
  /** Use beyond reservations, in each budget with those below. */
  readonly over = new Map<Scope, { tokens: number; cost: number }>();
  readonly #out = new Map<string, { tokens: number; cost: number }>();
  readonly #tools = new Map<string, string>();
  readonly #dice: readonly number[];
  #at = 0;
  #count = 0;

  constructor({ limits: most, dice }: Schedule) {
    this.#dice = dice;
    const plan = { ...graphPlan(planGraph({})), limits: most };
    this.record(
      { type: 'run.started', data: { plan, simulated: true, version: 'x' } },
      started('0', 'graph'),
    );
  }

  roll(sides: number): number {
    return (this.#dice[this.#at++ % this.#dice.length] ?? 0) % sides;
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.roll(Math.max(1, list.length))];
  }

  record(...facts: readonly Fact[]): void {
    for (const fact of facts) {
      const seq = this.log.length + 1;
      const ts = new Date(1e12 + seq).toISOString();
      const event = { v: 1, run: 'r-1', seq, ts, depth: 0, ...fact } as RunEvent;
      this.log.push(event);
      fold(this.state, event);
      this.check();
    }
  }

  /** Several wishes at once: none may pass a limit together with another. */
  pass(): void {
    const admission = new Admission(this.state);
    const facts: Fact[] = [];
    for (let wishes = 1 + this.roll(4); wishes > 0; wishes--) facts.push(...this.#wish(admission));
    this.record(...facts);
  }

  #wish(admission: Admission): Fact[] {
    const frame = this.pick(this.#openFrames());
    if (!frame) return [];
    switch (this.roll(5)) {
      case 0:
        return isAbove(frame) ? this.#loop(admission, frame) : [];
      case 1:
        return isAbove(frame) ? this.#worker(admission, frame) : [];
      case 2:
        return this.#tool(admission, frame);
      default:
        return frame.role === 'graph' ? [] : this.#ask(admission, frame);
    }
  }

  #loop(admission: Admission, frame: Frame): Fact[] {
    const wanted: Partial<Limits> = {};
    const most = { loops: 15, workers: 8, tokens: 60_000, tools: 9, calls: 25, cost: 0.15 };
    for (const dimension of COUNTED) {
      if (this.roll(2) === 0) wanted[dimension] = (most[dimension] * this.roll(100)) / 100;
      if (dimension !== 'cost') wanted[dimension] &&= Math.round(wanted[dimension] ?? 0);
    }
    const share = admission.share(frame, wanted);
    if (share.verdict !== 'go') return [];
    for (const dimension of COUNTED) {
      expect(share.limits[dimension] ?? 0).toBeLessThanOrEqual(wanted[dimension] ?? 0);
    }
    const scope = `${this.#count++}`.padStart(3, 'm');
    return [
      { type: 'budget.reserved', agent: frame.id, data: { scope, limits: share.limits } },
      started(scope, 'manager', frame.id),
    ];
  }

  #worker(admission: Admission, frame: Frame): Fact[] {
    if (admission.worker(frame) !== 'go') return [];
    this.#charge(frame, { workers: 1 });
    return [started(`w${this.#count++}`, frame.role === 'graph' ? 'node' : 'worker', frame.id)];
  }

  #tool(admission: Admission, frame: Frame): Fact[] {
    if (admission.tool(frame)) return [];
    this.#charge(frame, { tools: 1 });
    const call = `t${this.#count++}`;
    this.#tools.set(call, frame.id);
    const data = { call, tool: 'arithmetic.add', args: {}, idempotent: true };
    return [{ type: 'tool.called', agent: frame.id, data }];
  }

  #ask(admission: Admission, frame: Frame): Fact[] {
    if ([...this.#out.keys()].some((call) => call.startsWith(`${frame.id}/`))) return [];
    const turns = ['turn', 'turn', 'correction', 'closing'] as const;
    const purpose: AskPurpose = frame.role === 'manager' ? (this.pick(turns) ?? 'turn') : 'work';
    const promptTokens = 1 + this.roll(3000);
    const maxOutputTokens = 1 + this.roll(3000);
    const isSpent = scopesOf(this.state, frame).some(({ limits: most, ledger: { used } }) =>
      (['tokens', 'cost'] as const).some((one) => used[one] >= (most[one] ?? Infinity)),
    );
    const size = { promptTokens, maxOutputTokens };
    const wanted = { frame, purpose, again: false, ...size, price: PRICE };
    const verdict = admission.ask(wanted);
    if (verdict.verdict !== 'go') return [];
    expect(isSpent).toBe(false);
    expect(verdict.maxOutputTokens).toBeLessThanOrEqual(maxOutputTokens);
    const { tokens, cost } = verdict.reserved;
    const call = `${frame.id}/${this.#count++}`;
    this.#out.set(call, { tokens, cost: cost ?? 0 });
    this.#charge(frame, { calls: 1, loops: purpose === 'turn' || purpose === 'closing' ? 1 : 0 });
    const data = {
      ...{ call, attempt: 1, model: 'm', keep: 0, messages: [], tools: [], temperature: 0 },
      ...{ maxOutputTokens: verdict.maxOutputTokens, inputHash: '', purpose },
      reserved: verdict.reserved,
    };
    return [{ type: 'model.asked', agent: frame.id, data }];
  }

  /** Effects end: with less than was reserved, with all of it, or with more. */
  end(call = this.pick([...this.#out.keys()])): void {
    const reserved = this.#out.get(call ?? '');
    const frame = this.state.frames.get(call?.split('/')[0] ?? '');
    if (call === undefined || !reserved || !frame) return;
    this.#out.delete(call);
    const share = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1, 1.5][this.roll(10)] ?? 1;
    const tokens = Math.round(reserved.tokens * share);
    const cost = reserved.cost * share;
    this.#charge(frame, { tokens, cost });
    this.#overuse(frame, tokens - reserved.tokens, cost - reserved.cost);
    const usage = { input: tokens, output: 0 };
    const data = { call, attempt: 1, text: '', toolCalls: [], usage, cost, ms: 1 };
    if (this.roll(3) > 0) this.record({ type: 'model.responded', agent: frame.id, data });
    else {
      const failed = { call, attempt: 1, code: 'model/timeout', message: 'late', usage, cost };
      this.record({ type: 'model.failed', agent: frame.id, data: failed });
    }
  }

  #endTool(call: string): void {
    this.#tools.delete(call);
    const data = { call, tool: 'arithmetic.add', ok: true, status: 200, data: {}, ms: 1 };
    const agent = this.state.inFlight.get(call)?.frame;
    if (agent !== undefined) this.record({ type: 'tool.returned', agent, data });
  }

  /** The process dies, sometimes when a share is set aside and its loop has not started. */
  crash(): void {
    if (this.roll(2) === 0) {
      const frame = this.pick(this.#openFrames().filter(isAbove));
      const facts = frame ? this.#loop(new Admission(this.state), frame).slice(0, 1) : [];
      this.record(...facts);
    }
    for (const [call, { tokens, cost }] of this.#out) {
      const frame = this.state.frames.get(call.split('/')[0] ?? '');
      if (frame) this.#charge(frame, { tokens, cost });
    }
    this.#out.clear();
    this.#tools.clear();
    const abandoned = [...this.state.inFlight.keys()];
    this.record({ type: 'run.resumed', data: { abandoned, version: 'x' } });
    for (const id of this.state.scopes.keys()) expect(this.state.frames.has(id)).toBe(true);
  }

  /** A frame ends, and all below it before; what is out of them ends first. */
  close(top = this.pick(this.#openFrames().filter(({ id }) => id !== '0'))): void {
    if (!top || top.phase === 'closed') return;
    for (const id of [...top.open]) this.close(this.state.frames.get(id));
    for (const call of [...this.#out.keys()]) if (call.startsWith(`${top.id}/`)) this.end(call);
    for (const [call, frame] of [...this.#tools]) if (frame === top.id) this.#endTool(call);
    const above = scopesOf(this.state, this.state.frames.get(top.parent ?? ''))[0] ?? this.state;
    const share = this.state.scopes.get(top.id);
    const before = COUNTED.map((dimension) => new Rooms(this.state).held(above, dimension));
    const unused = COUNTED.map((dimension) => {
      const most = share?.limits[dimension] ?? null;
      return most === null ? 0 : Math.max(0, most - (share?.ledger.used[dimension] ?? 0));
    });
    const output = { output: {}, text: '', confidence: 1, problems: [] };
    if (this.roll(2) === 0) this.record({ type: 'agent.finished', agent: top.id, data: output });
    else {
      const data = { code: 'node/timeout', message: 'late' };
      this.record({ type: 'agent.failed', agent: top.id, data });
    }
    // Exactly what was not used is free again.
    for (const [index, dimension] of COUNTED.entries()) {
      const held = new Rooms(this.state).held(above, dimension);
      expect((before[index] ?? 0) - held).toBeCloseTo(unused[index] ?? 0, 9);
    }
    if (!share) return;
    expect(settlements(this.state)).toMatchObject([
      { data: { scope: top.id, used: share.ledger.used } },
    ]);
    this.record(...settlements(this.state));
    expect(settlements(this.state)).toEqual([]);
  }

  closeAll(): void {
    for (const id of [...(this.state.frames.get('0')?.open ?? [])]) {
      this.close(this.state.frames.get(id));
    }
  }

  /** What must hold after every event. */
  check(): void {
    const rooms = new Rooms(this.state);
    for (const scope of [this.state, ...openScopes(this.state)]) {
      for (const dimension of COUNTED) {
        const most = scope.limits[dimension];
        if (most === null) continue;
        const { used, reserved } = scope.ledger;
        const counts = dimension !== 'tokens' && dimension !== 'cost';
        const out = counts ? 0 : reserved[dimension];
        const held = rooms.held(scope, dimension);
        const over = counts ? 0 : (this.over.get(scope)?.[dimension] ?? 0);
        const sum = used[dimension] + out + held;
        if (sum > most + over + NEARLY) {
          throw new Error(`${nameOf(scope)}: ${sum} ${dimension} of ${most}`);
        }
      }
    }
  }

  #openFrames(): Frame[] {
    return [...this.state.openFrames].flatMap((id) => this.state.frames.get(id) ?? []);
  }

  #charge(frame: Frame, spend: Partial<Spend>): void {
    const [nearest = this.state] = scopesOf(this.state, frame);
    const sum = this.own.get(nearest) ?? nothing();
    for (const dimension of COUNTED) sum[dimension] += spend[dimension] ?? 0;
    this.own.set(nearest, sum);
  }

  #overuse(frame: Frame, tokens: number, cost: number): void {
    for (const scope of scopesOf(this.state, frame)) {
      const sum = this.over.get(scope) ?? { tokens: 0, cost: 0 };
      sum.tokens += Math.max(0, tokens);
      sum.cost += Math.max(0, cost);
      this.over.set(scope, sum);
    }
  }
}

function isAbove({ role }: Frame): boolean {
  return role === 'graph' || role === 'manager';
}

function nameOf(scope: Scope): string {
  return isNested(scope) ? scope.id : 'the run';
}

function started(
  agent: string,
  role: 'graph' | 'manager' | 'node' | 'worker',
  parent?: string,
): Fact {
  const data = {
    role,
    name: agent,
    model: 'm',
    temperature: 0,
    tools: [],
    instructions: '',
    index: 0,
  };
  return { type: 'agent.started', agent, ...(parent !== undefined && { parent }), depth: 0, data };
}

/** What a budget and all below it were charged, as this test counted it. */
function sumOf(world: World, scope: Scope): Spend {
  const sum = { ...(world.own.get(scope) ?? nothing()) };
  for (const below of world.state.scopes.values()) {
    const parent: Scope = world.state.scopes.get(below.parent ?? '') ?? world.state;
    if (parent !== scope) continue;
    const spent = sumOf(world, below);
    for (const dimension of COUNTED) sum[dimension] += spent[dimension];
  }
  return sum;
}

function everythingAddsUp(world: World): void {
  const { state } = world;
  for (const scope of [state, ...state.scopes.values()]) {
    const sum = sumOf(world, scope);
    for (const dimension of COUNTED) {
      const used = scope.ledger.used[dimension];
      expect({
        of: nameOf(scope),
        dimension,
        near: Math.abs(used - sum[dimension]) < 1e-6,
      }).toEqual({
        of: nameOf(scope),
        dimension,
        near: true,
      });
    }
    expect(scope.ledger.reserved.tokens).toBe(0);
    expect(Math.abs(scope.ledger.reserved.cost)).toBeLessThan(NEARLY);
    expect(scope.nested.size).toBe(0);
    expect(scope.openWorkers).toBe(0);
  }
}

function play(schedule: Schedule): RunState {
  const world = new World(schedule);
  for (let step = 0; step < schedule.steps; step++) {
    const what = world.roll(10);
    if (what < 5) world.pass();
    else if (what < 8) world.end();
    else if (what < 9 && world.roll(2) === 0) world.close();
    else if (world.roll(3) === 0) world.crash();
  }
  world.closeAll();
  everythingAddsUp(world);
  expect(foldAll('r-1', world.log)).toEqual(world.state);
  return world.state;
}

describe('budgets in budgets', () => {
  it('are never passed together, and give back exactly what they do not use, however a loop ends', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        play(schedule);
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it('are deep and busy in these schedules (this shows that the test above looks at something)', () => {
    const seen = { nested: 0, deep: 0, calls: 0 };
    for (const schedule of fc.sample(schedules, { numRuns: 60, seed: 7 })) {
      const { scopes, ledger } = play(schedule);
      seen.nested += scopes.size;
      seen.deep += [...scopes.values()].filter(({ parent }) => parent !== undefined).length;
      seen.calls += ledger.used.calls;
    }
    expect(seen.nested).toBeGreaterThan(300);
    expect(seen.deep).toBeGreaterThan(100);
    expect(seen.calls).toBeGreaterThan(400);
  }, 120_000);
});
