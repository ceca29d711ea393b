import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSql } from '../../../src/tools/query/sql-text.ts';

describe('the text of a query', () => {
  it.each([
    ['', true],
    [' \n\t', true],
    ['-- a\n/* b */ ;', true],
    ['/* open', true],
    ['--', true],
    ['select 1', false],
    [';1', false],
  ])('of %j is empty: %s', (sql, empty) => {
    expect(readSql(sql).empty).toBe(empty);
  });

  it.each([
    ['select 1', false],
    ['select 1;', false],
    ['select 1; -- done\n;', false],
    ["select ';' as a", false],
    ['select 1 as ";"', false],
    ['select 1 as [;]', false],
    ['select 1 as `;`', false],
    ["select 'it''s; so'", false],
    ['select 1 /* ; select 2 */', false],
    ['select 1; select 2', true],
    ['select 1;select 2;', true],
    ["select 'a'';'; drop table a", true],
    ['select 1;\u00a0x', true],
    ['; select 1', false],
  ])('%j has several statements: %s', (sql, several) => {
    expect(readSql(sql).several).toBe(several);
  });

  it.each<[string, number, string[]]>([
    ['select ?', 1, []],
    ['select ?, ?, ?', 3, []],
    ['select ?3', 3, []],
    ['select ?3, ?', 4, []],
    ['select \'?\', "?", ? -- ?', 1, []],
    ['select :a, @b, $c, :a', 0, ['a', 'b', 'c']],
    ["select ':a'", 0, []],
    ['select :größe_1', 0, ['größe_1']],
    ['select a->>2, a::b', 0, ['b']],
  ])('%j asks for %i values and the names %j', (sql, positional, named) => {
    const text = readSql(sql);
    expect([text.positional, [...text.named]]).toEqual([positional, named]);
  });

  it.each<[string, string[]]>([
    ['select * from Sales', ['select', 'from', 'sales']],
    ['from "A ""b"""', ['from', 'a "b"']],
    ['from [a b], `c``d`', ['from', 'a b', 'c`d']],
    ['from shop.orders', ['from', 'shop', 'orders']],
    ["from x where a = 'y' -- z", ['from', 'x', 'where', 'a']],
    ['from größe_2024', ['from', 'größe_2024']],
    ['select 1e5, 0x1F, 2.5', ['select']],
  ])('%j speaks of %j', (sql, names) => {
    expect([...readSql(sql).names]).toEqual(names);
  });

  it('is read to its end, whatever it is', () => {
    const pieces = fc.constantFrom("'", '"', '`', '[', ']', ';', '--', '/*', '*/', '?', ':', 'a');
    const sql = fc
      .array(fc.oneof(pieces, fc.string()), { maxLength: 60 })
      .map((all) => all.join(''));
    fc.assert(fc.property(sql, (text) => readSql(text).positional >= 0));
  });
});
