import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import {
  ComeBackLater,
  Limiter,
  type LimiterSettings,
  limiterOf,
  type Turn,
  type Wanted,
} from '../../src/providers/limiter.ts';
import { FairQueue } from '../../src/providers/limiter-queue.ts';
import { TokenBucket } from '../../src/providers/token-bucket.ts';

const SETTINGS: LimiterSettings = { atOnce: 2, requestsPerMinute: null, tokensPerMinute: null };
const never = new AbortController().signal;

/** A limiter, and who got a turn so far, in order. */
function limited(settings: Partial<LimiterSettings> = {}) {
  const clock = fixedClock();
  const limiter = new Limiter(clock, { ...SETTINGS, ...settings });
  const started: string[] = [];
  const turns: Turn[] = [];
  return {
    clock,
    limiter,
    started,
    turns,
    async ask(name: string, wanted: Partial<Wanted> = {}, signal = never): Promise<Turn> {
      const whole = { run: 'r', agent: 'a', model: 'm', tokens: 10, timeoutMs: null, ...wanted };
      const turn = await limiter.acquire(whole, signal);
      started.push(name);
      turns.push(turn);
      return turn;
    },
    /** Ends the turn that was given first and lets the next one be taken. */
    async end(tokens?: number): Promise<void> {
      turns.shift()?.end(tokens);
      await settle();
    },
  };
}

async function settle(): Promise<void> {
  for (let count = 0; count < 10; count++) await undefined;
}

describe('calls at once', () => {
  it('are as many as may be, the others wait in order', async () => {
    const { ask, end, started, limiter } = limited();
    for (const name of ['1', '2', '3', '4']) void ask(name);
    await settle();
    expect([started, limiter.waiting]).toEqual([['1', '2'], 2]);
    await end();
    expect(started).toEqual(['1', '2', '3']);
    await end();
    expect([started, limiter.waiting]).toEqual([['1', '2', '3', '4'], 0]);
  });

  it('are given back once, however often that is said', async () => {
    const { ask, started, turns } = limited({ atOnce: 1 });
    for (const name of ['1', '2', '3']) void ask(name);
    await settle();
    turns[0]?.end(undefined);
    turns[0]?.end(undefined);
    await settle();
    expect(started).toEqual(['1', '2']);
  });

  it('take turns between runs, and between the agents of a run', async () => {
    const { ask, end, started } = limited({ atOnce: 1 });
    void ask('first');
    for (const name of ['a1', 'a2', 'a3']) void ask(name, { run: 'big', agent: 'a' });
    for (const name of ['b1', 'b2']) void ask(name, { run: 'big', agent: 'b' });
    void ask('small', { run: 'small', agent: 'a' });
    await settle();
    while (started.length < 7) await end();
    expect(started).toEqual(['first', 'a1', 'small', 'b1', 'a2', 'b2', 'a3']);
  });

  it('leave the queue when they are aborted, and let the others by', async () => {
    const { ask, end, started, limiter, clock } = limited({ atOnce: 1 });
    void ask('1');
    const controller = new AbortController();
    const gone = ask('2', {}, controller.signal);
    gone.catch(() => {});
    void ask('3');
    await settle();
    controller.abort('no more');
    await expect(gone).rejects.toBe('no more');
    expect(limiter.waiting).toBe(1);
    await end();
    expect(started).toEqual(['1', '3']);
    expect(clock.pending).toBe(0);
    await expect(ask('4', {}, AbortSignal.abort('late'))).rejects.toBe('late');
  });

  it('leave no listener behind when their turn has come', async () => {
    const { ask, end, started } = limited({ atOnce: 1 });
    const { signal } = new AbortController();
    void ask('1', {}, signal);
    void ask('2', {}, signal);
    await settle();
    await end();
    expect(started).toEqual(['1', '2']);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a service that has too much to do', () => {
  it('gets half as many calls, and one more with each round of good answers', async () => {
    const { ask, limiter, turns } = limited({ atOnce: 8 });
    for (let count = 0; count < 8; count++) await ask(String(count));
    // All eight were out when it was too much: that counts once.
    for (const turn of turns.splice(0)) {
      turn.refused(undefined);
      turn.end(0);
    }
    expect(limiter.atOnce).toBe(4);
    for (let round = 5; round <= 9; round++) {
      for (let count = 0; count < limiter.atOnce + 1; count++) (await ask('x')).end(undefined);
      expect(limiter.atOnce).toBe(Math.min(8, round));
    }
  });

  it('keeps one call at least', async () => {
    const { ask, limiter, clock } = limited({ atOnce: 2 });
    for (let count = 0; count < 9; count++) {
      const turn = await ask('x');
      turn.refused(undefined);
      turn.end(0);
      clock.advance(1);
    }
    expect(limiter.atOnce).toBe(1);
  });

  it('is left alone by all for as long as it asked', async () => {
    const { ask, started, clock } = limited();
    const turn = await ask('1');
    turn.refused(2500);
    turn.end(0);
    void ask('2', { run: 'other' });
    await settle();
    clock.advance(2499);
    await settle();
    expect(started).toEqual(['1']);
    clock.advance(1);
    await settle();
    expect(started).toEqual(['1', '2']);
    expect(clock.pending).toBe(0);
  });

  it('is asked again after a minute, however long it wants to be left alone', async () => {
    const { ask, started, clock } = limited();
    const turn = await ask('1');
    turn.refused(86_400_000);
    turn.end(0);
    void ask('2');
    clock.advance(60_000);
    await settle();
    expect(started).toEqual(['1', '2']);
  });

  it('holds back one model, and lets the calls of others by', async () => {
    const { ask, started, clock, limiter } = limited({ atOnce: 4 });
    const turn = await ask('a1', { model: 'a' });
    turn.refused(5000);
    turn.answered([{ of: 'requests', left: 0, resetMs: 9000 }]);
    turn.end(0);
    void ask('a2', { model: 'a' });
    void ask('a3', { model: 'a' });
    void ask('b1', { model: 'b' }).then((other) => other.end(0));
    await settle();
    expect([started, limiter.waiting]).toEqual([['a1', 'b1'], 2]);
    clock.advance(9000);
    await settle();
    expect(started).toEqual(['a1', 'b1', 'a2', 'a3']);
    expect(clock.pending).toBe(0);
  });

  it('shares what it takes at once and in a minute among all models', async () => {
    const { ask, started, limiter } = limited({ atOnce: 9, requestsPerMinute: 2 });
    for (const model of ['a', 'b', 'c']) void ask(model, { model });
    await settle();
    expect([started, limiter.waiting]).toEqual([['a', 'b'], 1]);
  });

  it('turns those away that wait already and have less time', async () => {
    const { ask, turns, limiter } = limited({ atOnce: 1 });
    await ask('1');
    const { signal } = new AbortController();
    const late = ask('2', { timeoutMs: 100_000 }, signal).catch((error: unknown) => error);
    for (const wanted of [{ timeoutMs: 900_000 }, { timeoutMs: 5000, model: 'other' }, {}]) {
      void ask('3', wanted);
    }
    turns[0]?.refused(300_000);
    expect(await late).toMatchObject({ waitMs: 300_000 });
    expect(await late).toBeInstanceOf(ComeBackLater);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(limiter.waiting).toBe(3);
  });

  it('is asked again by everybody once a minute is over, and may then name a shorter wait', async () => {
    const { ask, started, clock } = limited();
    const turn = await ask('1');
    turn.refused(86_400_000);
    turn.end(0);
    await expect(ask('x', { timeoutMs: 90_000 })).rejects.toBeInstanceOf(ComeBackLater);
    clock.advance(60_000);
    const again = await ask('2', { timeoutMs: 90_000 });
    again.refused(2000);
    again.end(0);
    void ask('3', { timeoutMs: 90_000 });
    clock.advance(1999);
    await settle();
    expect(started).toEqual(['1', '2']);
    clock.advance(1);
    await settle();
    expect(started).toEqual(['1', '2', '3']);
  });

  it('is not waited for by a call that has less time, which says when to come back', async () => {
    const { ask, clock } = limited();
    const turn = await ask('1');
    turn.refused(86_400_000);
    turn.end(0);
    clock.advance(1000);
    for (const timeoutMs of [58_000, 300_000]) {
      const late = await ask('2', { timeoutMs }).catch((error: unknown) => error);
      expect(late).toBeInstanceOf(ComeBackLater);
      expect(late).toMatchObject({ waitMs: 86_399_000 });
    }
  });

  it.each([
    ['requests', { of: 'requests', left: 1, resetMs: 1200 }, 1],
    ['tokens', { of: 'tokens', left: 25, resetMs: 1200 }, 2],
  ] as const)('is asked for no more %s than it says are left', async (_, quota, more) => {
    const { ask, started, clock } = limited({ atOnce: 9 });
    (await ask('first')).answered([quota]);
    for (let count = 0; count < 4; count++) void ask('more');
    await settle();
    expect(started).toHaveLength(1 + more);
    clock.advance(1200);
    await settle();
    expect(started).toHaveLength(5);
  });

  it('may say that nothing is left, without an end: that is not obeyed', async () => {
    const { ask, started } = limited();
    (await ask('1')).answered([{ of: 'requests', left: 0, resetMs: undefined }]);
    await ask('2');
    expect(started).toEqual(['1', '2']);
  });
});

describe('limits a minute', () => {
  it('let through what a minute allows, then one after the other', async () => {
    const { ask, started, clock } = limited({ atOnce: 99, requestsPerMinute: 6 });
    for (let count = 0; count < 9; count++) void ask('x');
    await settle();
    expect(started).toHaveLength(6);
    clock.advance(9999);
    await settle();
    expect(started).toHaveLength(6);
    clock.advance(1);
    await settle();
    expect(started).toHaveLength(7);
    clock.advance(20_000);
    await settle();
    expect(started).toHaveLength(9);
    expect(clock.pending).toBe(0);
  });

  it('give back the tokens that a call did not use', async () => {
    const { ask, started, turns } = limited({ atOnce: 99, tokensPerMinute: 100 });
    void ask('1', { tokens: 100 });
    void ask('2', { tokens: 60 });
    await settle();
    expect(started).toEqual(['1']);
    turns[0]?.end(40);
    await settle();
    expect(started).toEqual(['1', '2']);
  });

  it('keep the tokens of a call that nobody counted', async () => {
    const { ask, started, turns } = limited({ atOnce: 99, tokensPerMinute: 100 });
    void ask('1', { tokens: 100 });
    void ask('2', { tokens: 60 });
    await settle();
    turns[0]?.end(undefined);
    await settle();
    expect(started).toEqual(['1']);
  });

  it('can be changed while calls wait', async () => {
    const { ask, started, limiter } = limited({ requestsPerMinute: 1 });
    void ask('1');
    void ask('2');
    await settle();
    limiter.configure(SETTINGS);
    await settle();
    expect(started).toEqual(['1', '2']);
  });
});

describe('a bucket', () => {
  it('lets through no more in any minute than it holds and gets in it', () => {
    const step = fc.record({ pause: fc.nat(30_000), share: fc.integer({ min: 1, max: 100 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.array(step), (perMinute, steps) => {
        const bucket = new TokenBucket(perMinute, 0);
        const taken: { at: number; amount: number }[] = [];
        let now = 0;
        for (const { pause, share } of steps) {
          now += pause;
          const amount = Math.ceil((perMinute * share) / 100);
          const wait = bucket.waitFor(amount, now);
          expect(bucket.waitFor(amount, now + wait)).toBe(0);
          if (wait > 0) continue;
          bucket.take(amount, now);
          taken.push({ at: now, amount });
        }
        for (const { at } of taken) {
          const minute = taken.filter((one) => one.at >= at && one.at < at + 60_000);
          const sum = minute.reduce((all, { amount }) => all + amount, 0);
          expect(sum).toBeLessThanOrEqual(2 * perMinute);
        }
      }),
    );
  });

  it('lets more than it holds through when it is full, and is owed the rest', () => {
    const bucket = new TokenBucket(60, 0);
    expect(bucket.waitFor(90, 0)).toBe(0);
    bucket.take(90, 0);
    expect(bucket.waitFor(1, 0)).toBe(31_000);
    // A clock that stands still, or goes back, changes nothing.
    expect(bucket.waitFor(1, -5)).toBe(31_000);
  });
});

describe('a fair queue', () => {
  it('gives each run its turn: nobody waits for more than one call of each of the others', () => {
    const one = fc.record({
      run: fc.constantFrom('a', 'b', 'c'),
      agent: fc.constantFrom('x', 'y'),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), (items) => {
        const queue = new FairQueue<{ run: string; agent: string; place: number }>();
        for (const [place, item] of items.entries()) queue.add({ ...item, place });
        const order: { run: string; agent: string; place: number }[] = [];
        for (let [next] = queue.inTurn(); next; [next] = queue.inTurn()) {
          queue.take(next);
          order.push(next);
        }
        expect(queue.size).toBe(0);
        expect(order).toHaveLength(items.length);
        for (const [index, { run, agent, place }] of order.entries()) {
          const rest = order.slice(index + 1);
          // Of one agent, the order in which they came.
          for (const later of rest.filter((x) => x.run === run && x.agent === agent)) {
            expect(later.place).toBeGreaterThan(place);
          }
          const again = rest.findIndex((later) => later.run === run);
          const between = again < 0 ? rest : rest.slice(0, again);
          for (const other of ['a', 'b', 'c']) {
            if (other === run || again < 0) continue;
            expect(between.filter((x) => x.run === other).length).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it('forgets who waits no longer', () => {
    const queue = new FairQueue();
    const item = { run: 'a', agent: 'x' };
    queue.add(item);
    queue.add(item);
    expect(queue.size).toBe(1);
    expect([queue.remove(item), queue.remove(item), ...queue.inTurn()]).toEqual([true, false]);
  });
});

describe('the limiter of a service', () => {
  it('is one for a process, by address and account', () => {
    const clock = fixedClock();
    const one = limiterOf(clock, 'a', SETTINGS);
    expect(limiterOf(clock, 'a', { ...SETTINGS, atOnce: 7 })).toBe(one);
    expect(one.atOnce).toBe(7);
    expect(limiterOf(clock, 'b', SETTINGS)).not.toBe(one);
    expect(limiterOf(fixedClock(), 'a', SETTINGS)).not.toBe(one);
  });
});
