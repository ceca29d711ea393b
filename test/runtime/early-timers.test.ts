import { describe, expect, it } from 'vitest';
import { ChangeSignal } from '../../src/base/concurrency.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import type { Frame } from '../../src/events/state.ts';
import type { Clock } from '../../src/ports/effects.ts';
import { InnerAsks } from '../../src/runtime/inner-asks.ts';
import { InnerCalls } from '../../src/runtime/tools/inner-calls.ts';
import { testPlan } from '../make.ts';

/** A clock whose timers ring a little too early, as those of machines do. */
function hasty(): { clock: Clock; advance(ms: number): void } {
  const { advance, now, ...fixed } = fixedClock();
  return { advance, clock: { ...fixed, now: () => now() - 1 } };
}

const frame = { id: '1.1', phase: 'tools', tools: ['a.b'] } as unknown as Frame;

describe('what waits for a time, when its timer rings too early', () => {
  it('is taken all the same: a call of a program', () => {
    const { clock, advance } = hasty();
    const wake = new ChangeSignal();
    const calls = new InnerCalls({ wake, clock, needsBox: new Set() });
    void calls.open(frame, '1.1/1.t1').tools?.call('a.b', {}, new AbortController().signal);
    const [first] = calls.take(clock.now());
    const due = clock.now() + 501;
    calls.defer(first?.id ?? '', due);
    expect(calls.take(due - 1)).toEqual([]);
    advance(501);
    expect(calls.take(due - 1)).toEqual([first]);
  });

  it('is taken all the same: a question of code', () => {
    const { clock, advance } = hasty();
    const asks = new InnerAsks({ wake: new ChangeSignal(), clock, plan: testPlan() });
    void asks.ask(frame, { prompt: 'x' } as never, new AbortController().signal);
    const [first] = asks.take(clock.now());
    if (!first) throw new Error('nothing was taken');
    const due = clock.now() + 501;
    asks.defer(first, due);
    expect(asks.take(due - 1)).toEqual([]);
    advance(501);
    expect(asks.take(due - 1)).toEqual([first]);
  });
});
