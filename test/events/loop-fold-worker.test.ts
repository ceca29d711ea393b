import { describe, expect, it } from 'vitest';
import type { Fact, RunEvent } from '../../src/events/event.ts';
import { foldAll } from '../../src/events/reduce.ts';
import { testPlan } from '../make.ts';

const agent = { model: 'm', temperature: 0, tools: ['x.y'], instructions: 'Do it.' };
const manager: Fact = {
  ...{ type: 'agent.started', agent: '0', depth: 0 },
  data: { ...agent, role: 'manager', name: 'manager', index: 0 },
};
const decided: Fact = {
  ...{ type: 'manager.decided', agent: '0' },
  data: {
    ...{ decision: 'delegate', call: '0/1' },
    delegations: [1, 2, 3].map((n) => ({ workerId: `w${n}`, instructions: 'x' })),
  },
};
const started = (index: number, notes?: readonly string[]): Fact => ({
  ...{ type: 'agent.started', agent: `1.${index}`, parent: '0', depth: 1, loop: 1 },
  data: { ...agent, role: 'worker', name: `w${index}`, index, ...(notes && { notes }) },
});
const returned = (tool: string, ok: boolean): Fact => ({
  ...{ type: 'tool.returned', agent: '1.1' },
  data: { call: '1.1/1.t1', tool, ok, status: 200, data: {}, ms: 0 },
});

function stateAfter(...facts: readonly Fact[]) {
  const plan = testPlan({}, { policy: { callsPerMinute: 5 } });
  const first: Fact = { type: 'run.started', data: { plan, simulated: true, version: 'x' } };
  const events = [first, manager, decided, ...facts].map((fact, index) => ({
    ...{ v: 1, run: 'r-1', seq: index + 1, depth: 0 },
    ...{ ts: new Date(Date.UTC(2026, 0, 1) + index * 20_000).toISOString(), ...fact },
  }));
  return foldAll('r-1', events as RunEvent[]);
}

describe('what the log says of workers', () => {
  it('puts them in the order of their delegations, whichever was started first', () => {
    const state = stateAfter(started(3), started(1), started(2));
    expect(state.frames.get('0')?.turns[0]?.workers).toEqual(['1.1', '1.2', '1.3']);
  });

  it('tells their manager what was not taken of its delegations', () => {
    const state = stateAfter(started(1, ['No such tool.']), started(2));
    expect(state.frames.get('0')?.notes).toEqual(['No such tool.']);
  });

  it('counts what came of their calls; names that they do not have count as one', () => {
    const calls = [returned('x.y', true), returned('x.y', false), returned('a', false)];
    const state = stateAfter(started(1), ...calls, returned('b', false));
    expect(Object.fromEntries(state.frames.get('1.1')?.returned ?? [])).toEqual({
      ...{ 'x.y': { ok: 1, failed: 1 }, '': { ok: 0, failed: 2 } },
    });
  });

  it('keeps the times of their questions of the last minute, where these are limited', () => {
    const asked = (call: number): Fact => ({
      ...{ type: 'model.asked', agent: '1.1' },
      data: {
        ...{ call: `1.1/${call}`, attempt: 1, model: 'm', keep: 0, messages: [], tools: [] },
        ...{ temperature: 0, maxOutputTokens: 1, inputHash: '', purpose: 'work' },
        reserved: { tokens: 1, cost: null },
      },
    });
    const state = stateAfter(started(1), asked(1), asked(2), asked(3), asked(4), asked(5));
    const times = state.frames.get('0')?.delegation?.askedAt ?? [];
    expect(times.map((at) => (state.lastAt - at) / 1000)).toEqual([40, 20, 0]);
  });
});
