import { describe, expect, it } from 'vitest';
import { listed, Suggestions } from '../../src/validator/suggestions.ts';

/** Counts how often its names are gone through. */
class CountingSet extends Set<string> {
  rounds = 0;

  override [Symbol.iterator](): SetIterator<string> {
    this.rounds++;
    return super[Symbol.iterator]();
  }
}

describe('names that may have been meant', () => {
  it('are near, and sure when no other is as near', () => {
    const suggestions = new Suggestions(new Set(['planner', 'step_a', 'step_b']));
    expect(suggestions.near('planer')).toBe('planner');
    expect(suggestions.sure('planer')).toBe('planner');
    expect(suggestions.near('step_c')).toBe('step_a');
    expect(suggestions.sure('step_c')).toBeUndefined();
    expect(suggestions.near('quite_another')).toBeUndefined();
  });

  it.each([
    [0, 100],
    [10, 100],
    [2000, 100],
    [10_000, 20],
    [200_000, 1],
    [200_001, 0],
  ])('of %i names are looked for at most %i times in 100', (size, rounds) => {
    const names = new CountingSet(Array.from({ length: size }, (_, at) => `n${at}`));
    const suggestions = new Suggestions(names);
    names.rounds = 0;
    for (let at = 0; at < 100; at++) suggestions.near('a-word-that-is-longer');
    expect(names.rounds).toBe(rounds);
  });
});

describe('a list of names for people', () => {
  it.each([
    [[], 'known: none'],
    [['a'], 'known: a'],
    [['a', 'b', 'c'], 'known: a, b, c'],
    [['a', 'b', 'c', 'd'], 'known: a, b, c, …'],
  ])('%j', (names, text) => {
    expect(listed('known', names, 3)).toBe(text);
  });
});
