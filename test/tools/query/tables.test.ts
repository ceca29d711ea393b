import { describe, expect, it } from 'vitest';
import { tablesNamed, tablesOf, tablesThere } from '../../../src/tools/query/tables.ts';

const tables = (...paths: string[]) => tablesOf(paths.map((path) => ({ path, bytes: 1 })));

describe('the names of tables', () => {
  it.each([
    ['inputs/sales.csv', 'sales'],
    ['inputs/Sales 2024.csv', 'sales_2024'],
    ['inputs/2024-sales.tsv', 't_2024_sales'],
    ['inputs/deep/down/a.b.json', 'a_b'],
    ['inputs/Größe (m²).csv', 'größe_m²'],
    ['inputs/order.csv', 't_order'],
    ['inputs/Group.json', 't_group'],
    ['inputs/sqlite_schema.csv', 't_sqlite_schema'],
    ['inputs/---.csv', 't_table'],
    ['inputs/main.db', 'main_2'],
    [`inputs/${'a'.repeat(200)}.csv`, 'a'.repeat(60)],
    ["inputs/x'; drop table y --.csv", 'x_drop_table_y'],
  ])('%s is %s', (path, table) => {
    expect(tables(path)).toMatchObject([{ path, table }]);
  });

  it('of files with the same name are numbered, those of inputs first', () => {
    const found = tables('output/a.csv', 'shared/a.json', 'inputs/b/A.csv', 'inputs/a.csv');
    expect(found.map(({ path, table }) => [path, table])).toEqual([
      ['inputs/a.csv', 'a'],
      ['inputs/b/A.csv', 'a_2'],
      ['shared/a.json', 'a_3'],
      ['output/a.csv', 'a_4'],
    ]);
  });

  it('are given to files that can be tables only', () => {
    const paths = ['a.png', 'b.txt', 'c', 'd.csv', 'e.NDJSON', 'f.sqlite', 'g.tab', 'h.geojson'];
    const found = tables(...paths.map((path) => `inputs/${path}`));
    expect(found.map(({ table, kind }) => `${table} ${kind}`)).toEqual([
      'd text',
      'e lines',
      'f database',
      'g text',
      'h json',
    ]);
  });

  it('choose the files that a query speaks of', () => {
    const all = tables('inputs/a.csv', 'inputs/b.csv', 'inputs/shop.db');
    const named = tablesNamed(all, new Set(['select', 'b', 'shop', 'orders']));
    expect(named.map(({ table }) => table)).toEqual(['b', 'shop']);
  });

  it('are listed in a sentence, the first forty of them', () => {
    expect(tablesThere([])).toContain('there are no tables');
    expect(tablesThere(tables('inputs/a.csv', 'inputs/shop.db'))).toBe(
      'there are: a (inputs/a.csv), shop.<its table> (inputs/shop.db)',
    );
    const many = tables(...Array.from({ length: 45 }, (_, index) => `inputs/f${index}.csv`));
    expect(tablesThere(many)).toMatch(/ and 5 more$/);
  });
});
