import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Aim, type Figure, median, shown, tableOf, withTable } from '../../bench/table.ts';

function cells(...figures: Figure[]): string[] {
  const rows = tableOf([figures]).split('\n').slice(2);
  return (rows[0] ?? '').split('|').map((cell) => cell.trim());
}

function met(value: number, aim: Aim, floor?: number): string | undefined {
  const figure = { name: 'x', value, unit: 'ms', aim };
  return cells({
    ...figure,
    ...(floor !== undefined && { floor: { name: 'least', value: floor } }),
  }).at(-2);
}

describe('the table of the benchmarks', () => {
  it('has one row for each figure, with its floor, their ratio, others and the aim', () => {
    const figure: Figure = {
      name: 'step',
      value: 0.42,
      unit: 'ms',
      floor: { name: 'sync', value: 0.3 },
      recorded: 'other 1.2',
      aim: { timesFloor: 2 },
    };
    expect(cells(figure).slice(1, -1)).toEqual([
      'step',
      '0.42 ms',
      'sync: 0.3',
      '1.4x',
      'other 1.2',
      'at most 2x the floor',
      'yes',
    ]);
  });

  it('leaves empty what was not measured', () => {
    expect(cells({ name: 'size', value: 12, unit: 'MB' }).slice(1, -1)).toEqual([
      'size',
      '12.0 MB',
      ...['', '', '', '', ''],
    ]);
  });

  it('takes the medians over all processes, of figure and floor apart', () => {
    const report = (value: number, floor: number): Figure[] => [
      { name: 'step', value, unit: 'ms', floor: { name: 'least', value: floor } },
    ];
    const [, , row] = tableOf([report(10, 1), report(90, 5), report(20, 2)]).split('\n');
    expect(row).toContain('| 20.0 ms | least: 2 | 10.0x |');
  });

  it('judges an aim by the medians, not by most of the processes', () => {
    const report = (value: number): Figure[] => [
      { name: 'step', value, unit: 'ms', aim: { atMost: 15 } },
    ];
    const [, , row] = tableOf([report(10), report(10), report(20), report(30)]).split('\n');
    expect(row).toContain('| yes |');
  });

  it.each<[string, number, Aim, number | undefined, string]>([
    ['a bound that is reached', 50, { atMost: 50 }, undefined, 'yes'],
    ['a bound that is passed', 50.1, { atMost: 50 }, undefined, '**no**'],
    ['a bound to stay below', 0.101, { below: 0.101 }, undefined, '**no**'],
    ['a ratio that is kept', 2, { timesFloor: 2 }, 1, 'yes'],
    ['a ratio that is passed', 2.1, { timesFloor: 2 }, 1, '**no**'],
    ['a ratio without a floor', 1, { timesFloor: 2 }, undefined, '**no**'],
    ['a figure that is no number', Number.NaN, { atMost: 50 }, undefined, '**no**'],
  ])('says of %s whether it is met', (_what, value, aim, floor, wanted) => {
    expect(met(value, aim, floor)).toBe(wanted);
  });

  it.each<[string, number[], string[]]>([
    ['below the best of its rivals', [3, 2], ['below all others, the best 2', 'yes']],
    ['above one of them', [3, 0.5], ['below all others, the best 0.5', '**no**']],
    ['alone', [], ['below all others', 'none is installed']],
  ])('says of a figure %s how it stands', (_what, rivals, wanted) => {
    const own: Figure = { name: 'own', value: 1, unit: 'ms', aim: { belowRivals: 'chain' } };
    const others = rivals.map((value, index): Figure => {
      return { name: `other ${index}`, value, unit: 'ms', rival: 'chain' };
    });
    expect(cells(own, ...others).slice(-3, -1)).toEqual(wanted);
  });
});

describe('a median', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, wanted) => {
    expect(median(values)).toBe(wanted);
  });

  it('has as many values below as above', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe('a shown number', () => {
  it.each([
    [28_280.4, '28,280'],
    [-1234.6, '-1,235'],
    [107.53, '107.5'],
    [1.2345, '1.23'],
    [0.000098, '0.000098'],
    [0, '0'],
  ])('%d is %s', (value, wanted) => {
    expect(shown(value)).toBe(wanted);
  });
});

describe('the page of the benchmarks', () => {
  const page = 'before\n<!-- table -->\nold\n<!-- end -->\nafter\n';

  it('gets a new table between its markers and keeps the rest', () => {
    const wanted = 'before\n<!-- table -->\n\nnew $1\n\n<!-- end -->\nafter\n';
    expect(withTable(page, 'new $1')).toBe(wanted);
    expect(withTable(wanted, 'new $1')).toBe(wanted);
  });

  it('is refused without markers', () => {
    expect(() => withTable('nothing here', 'new')).toThrow('no <!-- table -->');
  });

  it('has its markers in the repository', () => {
    const path = resolve(import.meta.dirname, '../../docs/benchmarks.md');
    expect(withTable(readFileSync(path, 'utf8'), 'new')).toContain('new');
  });
});
