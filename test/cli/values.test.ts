import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/base/nearest.ts';
import { parseChoice, parseLimit, parseRaise, raisedLimits } from '../../src/cli/values.ts';
import { DEFAULT_LIMITS } from '../../src/data/options.ts';

const raised = (...texts: string[]) => raisedLimits(texts.map(parseRaise), DEFAULT_LIMITS);

import type { Dimension } from '../../src/events/plan.ts';

describe('a limit on the command line', () => {
  it.each([
    ['tokens', '500000', 500_000],
    ['tokens', '500k', 500_000],
    ['tokens', '2m', 2_000_000],
    ['tokens', '1.5M', 1_500_000],
    ['tokens', '1_000_000', 1_000_000],
    ['tokens', 'null', null],
    ['loops', '0', 0],
    ['time', '90s', 90_000],
    ['time', '5m', 300_000],
    ['time', '90', 90_000],
    ['time', '250ms', 250],
    ['cost', '0.50', 0.5],
    ['cost', '$2', 2],
    ['parallel', '4', 4],
  ] as [Dimension, string, number | null][])('%s %s is %j', (dimension, text, wanted) => {
    expect(parseLimit(dimension, text)).toBe(wanted);
  });

  it.each([
    ['tokens', 'many'],
    ['tokens', '-5'],
    ['tokens', '1.5'],
    ['tokens', ''],
    ['tokens', '9'.repeat(400)],
    ['loops', 'Infinity'],
    ['time', '5 years'],
    ['cost', '1e3'],
    ['parallel', '0'],
    ['parallel', 'null'],
  ] as [Dimension, string][])('%s %s is refused with an example', (dimension, text) => {
    expect(() => parseLimit(dimension, text)).toThrowError(
      expect.objectContaining({
        code: 'usage/bad-value',
        hint: expect.stringContaining('such as'),
      }),
    );
  });

  it('is raised by its name', () => {
    expect(raised('tokens=800k')).toEqual({ tokens: 800_000 });
    expect(raised('time=10m')).toEqual({ time: 600_000 });
    expect(raised('cost=null')).toEqual({ cost: null });
  });

  it('can say how much more than the run has', () => {
    expect(raised('loops=+5')).toEqual({ loops: 20 });
    expect(raised('time=+5m', 'loops=+1', 'loops=+2')).toEqual({ time: 600_000, loops: 18 });
    expect(raised('loops=3', 'loops=+1')).toEqual({ loops: 4 });
  });

  it.each(['calls=+5', 'loops=+null', 'loops=+', 'time=+5x'])('refuses %s', (text) => {
    expect(() => raised(text)).toThrowError(expect.objectContaining({ code: 'usage/bad-value' }));
  });

  it.each(['tokens', 'tokken=1', '=', 'constructor=3'])('%s cannot be raised', (text) => {
    expect(() => parseRaise(text)).toThrowError(
      expect.objectContaining({
        code: 'usage/bad-value',
        hint: expect.stringContaining('tokens='),
      }),
    );
  });
});

it('a word that is none of the choices is answered with the nearest', () => {
  expect(() => parseChoice('progress', 'quite', ['auto', 'quiet'])).toThrowError(
    expect.objectContaining({ hint: 'did you mean quiet?' }),
  );
});

it.each([
  ['modle', ['model', 'out'], 'model'],
  ['rnu', ['run', 'runs list', 'demo'], 'run'],
  ['budget.token', ['budget.tokens', 'budget.tools'], 'budget.tokens'],
  ['xyz', ['model', 'out'], undefined],
  ['', ['model'], undefined],
  ['x'.repeat(100_000), ['model'], undefined],
])('nearest to %.20s', (word, candidates, wanted) => {
  expect(nearest(word, candidates)).toBe(wanted);
});
