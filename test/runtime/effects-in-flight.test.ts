import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Finished, Start } from '../../src/runtime/effect.ts';
import { EffectsInFlight } from '../../src/runtime/effects-in-flight.ts';

const stopped = (agent: string, code: string): Finished => ({
  frame: agent,
  facts: [{ type: 'agent.failed', agent, data: { code, message: '' } }],
  files: [],
});

function start(
  id: string,
  end?: Promise<Finished>,
): Start & { reasons: unknown[]; begun: boolean } {
  const frame = id.split('/')[0] ?? id;
  const one = {
    id,
    reasons: [] as unknown[],
    begun: false,
    perform(signal: AbortSignal): Promise<Finished> {
      one.begun = true;
      const aborted = new Promise<Finished>((_, reject) => {
        signal.addEventListener('abort', () => {
          one.reasons.push(signal.reason);
          reject(signal.reason);
        });
      });
      return end ? Promise.race([end, aborted]) : aborted;
    },
    outOfTime: (cut = { code: 'budget/time', message: '' }) => stopped(frame, cut.code),
  };
  return one;
}

function effects() {
  const problems: unknown[] = [];
  let rings = 0;
  const made = new EffectsInFlight({
    state: { inFlight: new Map() },
    ring: () => {
      rings += 1;
    },
    broken: (error) => problems.push(error),
  });
  return { effects: made, problems, rings: () => rings };
}

const why = { code: 'node/timeout', message: 'too long' };
const ids = (finished: readonly Finished[]): unknown[] =>
  finished.map(({ frame, facts: [fact] }) => [frame, fact?.type]);

describe('effects', () => {
  it('start when they are launched, and bring what they bring once', async () => {
    const { effects: out, rings } = effects();
    const one = start('1/1', Promise.resolve(stopped('1', 'x')));
    out.add([one]);
    expect([one.begun, out.has('1/1'), out.out, out.idle]).toEqual([false, true, false, false]);
    expect(out.moving).toBe(true);
    expect(out.launch()).toBe(true);
    expect([one.begun, out.has('1/1'), out.out, out.ids]).toEqual([true, true, true, ['1/1']]);
    expect(out.moving).toBe(false);
    await out.allGone();
    expect(rings()).toBe(1);
    expect(ids(out.take())).toEqual([['1', 'agent.failed']]);
    expect([out.take(), out.idle, out.launch()]).toEqual([[], true, false]);
  });

  it('of some frames are cut off: inner ones first, those not started, too', async () => {
    const { effects: out, problems } = effects();
    const all = ['1/1.t1', '1/1.t1.i1', '2/1', '1'].map((id) => start(id));
    out.add(all.slice(0, 3));
    out.launch();
    out.add(all.slice(3));
    const cut = out.cut(why, new Set(['1']));
    expect(cut.map(({ facts }) => facts[0]?.data)).toEqual(
      Array.from({ length: 3 }, () => ({ code: 'node/timeout', message: '' })),
    );
    expect(all.map(({ reasons }) => reasons.length)).toEqual([1, 1, 0, 0]);
    expect(String(all[0]?.reasons[0])).toContain('too long');
    expect(out.ids).toEqual(['2/1']);
    expect(out.launch()).toBe(false);
    await turn();
    expect([out.take(), problems]).toEqual([[], []]);
  });

  it('that have ended already bring what they brought when they are cut off', async () => {
    const { effects: out } = effects();
    const good: Finished = { ...stopped('1', 'x'), files: [] };
    out.add([start('1', Promise.resolve(good)), start('2', Promise.resolve(stopped('2', 'y')))]);
    out.launch();
    await out.allGone();
    expect(out.cut(why, new Set(['1']))).toEqual([good]);
    expect(ids(out.take())).toEqual([['2', 'agent.failed']]);
  });

  it('are not taken when they end after they were cut off', async () => {
    const { effects: out } = effects();
    const late = Promise.withResolvers<Finished>();
    const one = { ...start('1'), perform: () => late.promise };
    out.add([one]);
    out.launch();
    expect(out.cut(undefined)).toHaveLength(1);
    let isGone = false;
    const gone = out.allGone().then(() => {
      isGone = true;
    });
    await turn();
    expect(isGone).toBe(false);
    late.resolve(stopped('1', 'x'));
    await gone;
    expect(out.take()).toEqual([]);
  });

  it('are aborted all at once, and what they bring all the same is taken', async () => {
    const { effects: out, problems } = effects();
    const listens = start('1');
    const ends = { ...start('2'), perform: async () => stopped('2', 'x') };
    out.add([listens, ends]);
    out.launch();
    out.abort(new Error('stop'));
    await out.allGone();
    expect(ids(out.take())).toEqual([['2', 'agent.failed']]);
    expect([out.out, problems]).toEqual([false, []]);
  });

  it('that fail although they must not are told of', async () => {
    const { effects: out, problems } = effects();
    out.add([start('1', Promise.reject(new Error('a bug')))]);
    out.launch();
    await out.allGone();
    expect(problems).toEqual([new Error('a bug')]);
  });
});
