import { describe, expect, it } from 'vitest';
import { taintText } from '../../src/cli/taint-text.ts';
import type { AgentRole } from '../../src/events/event.ts';
import { emptyState } from '../../src/events/reduce.ts';
import type { Frame } from '../../src/events/state.ts';
import type { Taint } from '../../src/events/taint.ts';

function stateOf(agents: readonly (readonly [string, AgentRole, ...Taint[]])[]) {
  const state = emptyState('r');
  for (const [name, role, ...taint] of agents) {
    state.frames.set(name, { name, role, taint: new Set(taint) } as unknown as Frame);
  }
  return state;
}

describe('the line about untrusted text', () => {
  it('names those who worked with it, not those who passed it on', () => {
    const state = stateOf([
      ['manager', 'manager', 'untrusted'],
      ['a', 'worker', 'private', 'untrusted'],
      ['b', 'worker', 'private'],
      ['c', 'node', 'untrusted'],
    ]);
    expect(taintText(state)).toBe('Untrusted text was in the context of a, c\n');
  });

  it('is short, however many there are, and not there without any', () => {
    const many = Array.from({ length: 30 }, (_, n) => [`w${n}`, 'worker', 'untrusted'] as const);
    expect(taintText(stateOf(many))).toMatch(/ of w0, .*, w11 and 18 more\n$/);
    expect(taintText(stateOf([['a', 'worker']]))).toBe('');
  });
});
