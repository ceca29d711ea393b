import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { Limits } from '../../src/events/plan.ts';
import { DEFAULT_POLICY, type PlanSubmanagers } from '../../src/events/plan-policy.ts';
import { emptyState, fold } from '../../src/events/reduce.ts';
import { isNested, openScopes } from '../../src/events/scopes.ts';
import type { Frame, RunState, Scope } from '../../src/events/state.ts';
import { ModelError, type ModelRequest } from '../../src/ports/model-provider.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted.ts';
import { COUNTED, type Counted, Rooms, tightest } from '../../src/runtime/budget-rooms.ts';
import { levelOf } from '../../src/runtime/submanagers/depth.ts';
import { TURN_SHARE } from '../../src/runtime/submanagers/share.ts';
import { unsettled } from '../log-sums.ts';
import { askedBy, complete, delegate, only, temporaryFolder } from '../make.ts';
import { runTeam, textOf } from './submanager-runs.ts';

/** Sums of money and of shares are not exact. */
const NEARLY = 1e-6;

interface World {
  limits: Limits;
  submanagers: Omit<PlanSubmanagers, 'forbiddenKeys' | 'promotion'>;
  dice: readonly number[];
  /** Where the log is cut, each as a part of it from 0 to 1. */
  crashes: readonly number[];
}

const limit = (max: number): fc.Arbitrary<number | null> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: Math.ceil(max / 4), max }) },
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 4 }) },
  );

const worlds: fc.Arbitrary<World> = fc.record({
  limits: fc.record({
    loops: fc.integer({ min: 2, max: 400 }),
    workers: limit(150),
    tokens: limit(3_000_000),
    time: fc.constant(null),
    tools: limit(90),
    depth: fc.integer({ min: 0, max: 3 }),
    calls: limit(600),
    cost: limit(9000).map((cents) => cents && cents / 1000),
    parallel: fc.integer({ min: 1, max: 5 }),
  }),
  submanagers: fc.record({
    atOnce: fc.integer({ min: 0, max: 3 }),
    total: fc.integer({ min: 0, max: 7 }),
    share: fc.option(fc.integer({ min: 5, max: 95 }).map((share) => share / 100)),
    refund: fc.boolean(),
    strict: fc.boolean(),
  }),
  dice: fc.array(fc.nat(9999), { minLength: 23, maxLength: 61 }),
  crashes: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 2 }),
});

/** A model without memory: dice that the question chooses decide what it answers. */
function modelOf({ dice }: World): (request: ModelRequest) => ScriptedAnswer {
  return (request) => {
    const name = askedBy(request);
    const text = textOf(request);
    let at = [...`${name} ${request.messages.length}`].reduce(
      (sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 100_003,
      text.split('## Turn').length,
    );
    const roll = (sides: number): number => (dice[at++ % dice.length] ?? 0) % sides;
    const usage = { input: 1, output: 1 };
    if (roll(25) === 0) return new ModelError('model/bad-request', 'no', { usage });
    return request.headers['x-awp-role'] === 'manager' ? decide(roll) : work(request, roll);
  };
}

function decide(roll: (sides: number) => number): ScriptedAnswer {
  const what = roll(10);
  if (what === 0) return 'nothing to read';
  if (what === 1) return { decision: 'fail', reason: 'cannot' };
  if (what <= 3) return complete();
  const orders = Array.from({ length: 1 + roll(4) }, (_, index): JsonObject => {
    const order = { worker_id: `w${index}`, instructions: `do ${roll(9999)}` };
    if (roll(2) === 0) return order;
    const share = roll(3) === 0 ? {} : { submanager_budget_fraction: (5 + roll(91)) / 100 };
    return { ...order, as_submanager: true, ...share };
  });
  return delegate(...orders);
}

function work(request: ModelRequest, roll: (sides: number) => number): ScriptedAnswer {
  const isFirst = request.messages.every(({ role }) => role !== 'assistant');
  if (isFirst && request.toolChoice === 'auto' && roll(3) === 0)
    return { toolCalls: [{ name: 'arithmetic.add', args: { a: 1, b: 2 } }] };
  return roll(6) === 0 ? 'prose' : { summary: `found ${roll(9999)}`, confidence: roll(11) / 10 };
}

/** Holds a log against all that must be so after each of its events. */
class Auditor {
  readonly state = emptyState('r-test');
  readonly #world: World;
  /** What the turn of each manager found, and the shares that it gave since. */
  readonly #turns = new Map<string, { began: Map<Counted, number>; scopes: string[] }>();
  most = { depth: 0, open: 0, total: 0 };

  constructor(world: World) {
    this.#world = world;
  }

  take(event: RunEvent): void {
    fold(this.state, event);
    const { type, agent = '', data } = event;
    const frame = this.state.frames.get(agent);
    if (type === 'manager.decided' && frame) this.#beginTurn(frame);
    if (type === 'budget.reserved') this.#shared(agent, data.scope);
    this.#withinLimits();
    if (type === 'agent.started' && frame) this.#withinCaps(frame);
  }

  #beginTurn(frame: Frame): void {
    const rooms = new Rooms(this.state);
    const began = new Map<Counted, number>();
    for (const dimension of COUNTED) {
      const room = tightest(rooms.of(frame, dimension));
      if (room) began.set(dimension, room.left);
    }
    this.#turns.set(frame.id, { began, scopes: [] });
  }

  /** All shares of a turn are at most four fifths of what it found. */
  #shared(agent: string, scope: string): void {
    const turn = this.#turns.get(agent);
    if (!turn) throw new Error(`${agent} shares without a turn`);
    turn.scopes.push(scope);
    for (const [dimension, began] of turn.began) {
      const given = turn.scopes.reduce((sum, id) => sum + this.#inUse(id, dimension), 0);
      this.#most(`shares of ${agent} in ${dimension}`, given, TURN_SHARE * began);
    }
  }

  #inUse(id: string, dimension: Counted): number {
    const scope = this.state.scopes.get(id);
    if (!scope) return 0;
    const isBack = this.state.frames.get(id)?.phase === 'closed' && scope.refund;
    return isBack ? scope.ledger.used[dimension] : (scope.limits[dimension] ?? 0);
  }

  #withinLimits(): void {
    const { state } = this;
    const rooms = new Rooms(state);
    for (const scope of [state, ...openScopes(state)]) {
      const { used, reserved } = scope.ledger;
      const below = [...state.scopes.values()].filter(({ parent }) => parent === idOf(scope));
      for (const dimension of COUNTED) {
        const isOut = dimension === 'tokens' || dimension === 'cost';
        const out = isOut ? reserved[dimension] : 0;
        const held = rooms.held(scope, dimension) + (scope.lost?.[dimension] ?? 0);
        const sum = used[dimension] + out + held;
        this.#most(`${dimension} of ${idOf(scope)}`, sum, scope.limits[dimension]);
        const parts = below.reduce((all, { ledger }) => all + ledger.used[dimension], 0);
        this.#most(`${dimension} below ${idOf(scope)}`, parts, used[dimension]);
      }
      this.#most(`workers at once of ${idOf(scope)}`, scope.openWorkers, scope.limits.parallel);
    }
  }

  #withinCaps(frame: Frame): void {
    const { limits, submanagers } = this.#world;
    const counted = this.state.frames.get('0')?.delegation?.submanagers ?? { open: 0, total: 0 };
    const depth = levelOf(this.state, frame);
    this.#most('sub-managers at once', counted.open, submanagers.atOnce);
    this.#most('sub-managers', counted.total, submanagers.total);
    this.#most('depth', depth, limits.depth);
    const nested = [...this.state.openFrames].filter((id) => this.#isSub(id)).length;
    expect(counted.open).toBe(nested);
    this.most = {
      depth: Math.max(this.most.depth, depth),
      open: Math.max(this.most.open, counted.open),
      total: counted.total,
    };
  }

  #isSub(id: string): boolean {
    return id !== '0' && this.state.frames.get(id)?.role === 'manager';
  }

  #most(what: string, value: number, most: number | null): void {
    if (most !== null && value > most + NEARLY) throw new Error(`${what}: ${value} of ${most}`);
  }
}

function idOf(scope: Scope): string | undefined {
  return isNested(scope) ? scope.id : undefined;
}

/** Whether everything of a run that has ended came back, once. */
function allIsBack(state: RunState, log: readonly RunEvent[]): void {
  const settled = only(log, 'budget.settled').map(({ data }) => data.scope);
  expect(new Set(settled).size).toBe(settled.length);
  expect(new Set(settled)).toEqual(new Set(state.scopes.keys()));
  for (const scope of [state, ...state.scopes.values()]) {
    expect(scope.ledger.reserved.tokens).toBe(0);
    expect(Math.abs(scope.ledger.reserved.cost)).toBeLessThan(NEARLY);
    expect(scope.nested.size).toBe(0);
    expect(scope.openWorkers).toBe(0);
  }
  expect(state.openFrames.size).toBe(0);
  expect(unsettled(log)).toEqual([]);
  expect(['complete', 'partial', 'failed']).toContain(state.status);
}

/** Plays a world, with its crashes; what it came to. */
async function play(world: World): Promise<Auditor> {
  using folder = temporaryFolder();
  const model = modelOf(world);
  const host = {
    script: model,
    price: { input: 1, output: 4 },
  };
  const submanagers = { ...world.submanagers, forbiddenKeys: [] };
  const options = { tools: ['arithmetic.*'], maxOutputTokens: 900, durability: 'batched' } as const;
  const plan = { limits: world.limits, policy: { ...DEFAULT_POLICY, submanagers } };
  const settings = { options, plan, host };
  let run = await runTeam(folder.path, { managers: {} }, settings);
  let audited = audit(world, run.log);
  allIsBack(run.state, run.log);
  for (const crash of world.crashes) {
    const cut = run.cuts[Math.floor(crash * run.cuts.length)] ?? 1;
    const prefix = run.log.slice(0, cut);
    if (prefix.at(-1)?.type === 'run.finished') continue;
    run = await runTeam(folder.path, { managers: {} }, { ...settings, prefix });
    audited = audit(world, run.log);
    allIsBack(run.state, run.log);
  }
  return audited;
}

function audit(world: World, log: readonly RunEvent[]): Auditor {
  const auditor = new Auditor(world);
  for (const event of log) auditor.take(event);
  return auditor;
}

describe('budgets of trees of sub-managers', () => {
  it('hold at every event, on all levels, whatever they delegate, ask for, and wherever they crash', async () => {
    const seen = { depth: 0, open: 0, total: 0 };
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const { most } = await play(world);
        seen.depth = Math.max(seen.depth, most.depth);
        seen.open = Math.max(seen.open, most.open);
        seen.total = Math.max(seen.total, most.total);
      }),
      // Always the same worlds, so that what they reach is known.
      { numRuns: 80, seed: 8 },
    );
    // This shows that the property looks at something.
    expect(seen.depth).toBeGreaterThanOrEqual(2);
    expect(seen.open).toBeGreaterThanOrEqual(2);
    expect(seen.total).toBeGreaterThanOrEqual(3);
  }, 180_000);
});
