import { describe, expect, it } from 'vitest';
import { Breakers, isFailure } from '../../../src/runtime/tools/breakers.ts';

const policy = { failures: 2, resetMs: 1000, halfOpen: 2 };
const bad = { ok: false, status: 500 };
const good = { ok: true, status: 200 };

/** One tool of one agent: `call(result, at)` is false when it is held back. */
function caller(perTool = {}) {
  const breaker = { ...policy, monitored: ['server_error' as const], perTool };
  const breakers = new Breakers({ breaker });
  return {
    breakers,
    call(result: { ok: boolean; status: number }, at: number): boolean {
      if (breakers.problem(['x.y', 'w'], at)) return false;
      breakers.called(['x.y', 'w']);
      breakers.returned(['x.y', 'w'], { failed: isFailure({ breaker }, result), at });
      return true;
    },
  };
}

describe('a circuit breaker', () => {
  it('opens after failures in a row, tries again after its time, and closes when trials work', () => {
    const { call } = caller();
    const made = [
      call(bad, 0),
      call(good, 1),
      call(bad, 2),
      call(bad, 3),
      call(good, 4),
      call(good, 1002),
      call(good, 1003),
      call(good, 1004),
      call(bad, 1005),
      call(good, 1006),
    ];
    expect(made).toEqual([true, true, true, true, false, false, true, true, true, true]);
  });

  it('opens anew when a trial fails', () => {
    const { call } = caller();
    call(bad, 0);
    call(bad, 1);
    expect([call(bad, 1001), call(good, 1002), call(good, 2000), call(good, 2001)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('lets only so many trials out at once', () => {
    const { call, breakers } = caller();
    call(bad, 0);
    call(bad, 1);
    const out = [1001, 1002, 1003].map((at) => {
      if (breakers.problem(['x.y', 'w'], at)) return false;
      breakers.called(['x.y', 'w']);
      return true;
    });
    expect(out).toEqual([true, true, false]);
  });

  it('does not wait for a trial whose process ended', () => {
    const { call, breakers } = caller();
    call(bad, 0);
    call(bad, 1);
    breakers.called(['x.y', 'w']);
    breakers.called(['x.y', 'w']);
    expect(breakers.problem(['x.y', 'w'], 1001)).toBeDefined();
    breakers.abandoned(['x.y', 'w']);
    expect(breakers.problem(['x.y', 'w'], 1001)).toBeUndefined();
  });

  it('is apart for each tool and each agent', () => {
    const { call, breakers } = caller({ 'x.y': { ...policy, failures: 1 } });
    call(bad, 0);
    expect(breakers.problem(['x.y', 'v'], 1)).toMatchObject({ who: 'x.y', waitMs: 999 });
    expect(breakers.problem(['a.b', 'w'], 1)).toBeUndefined();
  });

  it('is not there when the plan has none', () => {
    const breakers = new Breakers({});
    for (let at = 0; at < 100; at++) breakers.returned(['x.y', 'w'], { failed: true, at });
    expect(breakers.problem(['x.y', 'w'], 100)).toBeUndefined();
  });
});
