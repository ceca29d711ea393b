import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';

type Row = Record<string, unknown>;
interface Table {
  table: string;
  rows: number;
  columns: { name: string; type: string }[];
}
const module = async (name: string) =>
  await import(new URL(`../../../src/tools/query/${name}`, import.meta.url).href);
const { loadFile } = await module('load.mjs');
const { rowsOf } = await module('csv.mjs');

/** A file as the engine has it: names and types of its columns, and its rows. */
function load(path: string, data: string | Uint8Array): { table: Table; rows: Row[] } {
  const database = new DatabaseSync(':memory:');
  const kinds: Record<string, string> = { csv: 'text', tsv: 'text', json: 'json', ndjson: 'lines' };
  const kind = kinds[path.split('.').at(-1) ?? ''];
  const [table] = loadFile(database, { table: 't', path, kind }, Buffer.from(data));
  const statement = database.prepare('SELECT * FROM t');
  statement.setReadBigInts(true);
  return { table, rows: statement.all().map((row) => ({ ...row })) };
}

const typesOf = ({ table }: { table: Table }) =>
  table.columns.map(({ name, type }) => `${name} ${type}`);
const values = ({ rows }: { rows: Row[] }) => rows.map((row) => Object.values(row));

describe('a text table', () => {
  it('has a type for each column, and NULL where nothing stands', () => {
    const found = load('a.csv', 'i,r,t,d\n1,2.5,x,2024-01-02\n,3,,2024-02-03\n-3,,"y, z",\n');
    expect(typesOf(found)).toEqual(['i integer', 'r real', 't text', 'd text']);
    expect(values(found)).toEqual([
      [1n, 2.5, 'x', '2024-01-02'],
      [null, 3, null, '2024-02-03'],
      [-3n, null, 'y, z', null],
    ]);
  });

  it.each([
    ['007\n08', 'text'],
    ['1\n2.5', 'real'],
    ['1e3\n-.5', 'real'],
    ['1\nNA\nn/a\n-', 'integer'],
    ['a\nNA', 'text'],
    ['NA\nNA', 'text'],
    ['9007199254740993\n1', 'integer'],
    ['9223372036854775807', 'integer'],
    ['9223372036854775808', 'text'],
    ['1e999', 'text'],
    ['true\nfalse', 'text'],
    ['1 000', 'text'],
    [' 1 \n2', 'integer'],
    ['0x10', 'text'],
    ['Infinity', 'text'],
    [`${'1'.repeat(50)}`, 'text'],
  ])('of the cells %j is %s', (cells, type) => {
    expect(load('a.csv', `a\n${cells}\n`).table.columns).toEqual([{ name: 'a', type }]);
  });

  it('keeps long integers and words for nothing of a text column as they are', () => {
    expect(values(load('a.csv', 'a,b\n9007199254740993,NA\n1,x\n'))).toEqual([
      [9007199254740993n, 'NA'],
      [1n, 'x'],
    ]);
  });

  it.each([
    [
      ';',
      'a;b\n1,5;x\n2,25;y\n',
      [
        [1.5, 'x'],
        [2.25, 'y'],
      ],
    ],
    ['tab', 'a\tb\n1\tx\n', [[1n, 'x']]],
    ['|', 'a|b\n1|x\n', [[1n, 'x']]],
  ])('is separated by %s', (_, text, wanted) => {
    expect(values(load('a.csv', text))).toEqual(wanted);
  });

  it.each([
    ['\r\n', 'a,b\r\n1,x\r\n\r\n2,y\r\n'],
    ['\r', 'a,b\r1,x\r2,y'],
    ['\n without one at the end', '\n\na,b\n1,x\n2,y'],
    ['UTF-8 with a mark', '\ufeffa,b\n1,x\n2,y'],
    ['UTF-16', Buffer.from('\ufeffa,b\n1,x\n2,y', 'utf16le')],
    ['a separator at the end of each line', 'a,b\n1,x,\n2,y,,\n'],
  ])('with %s is the same table', (_, text) => {
    const found = load('a.csv', text);
    expect(typesOf(found)).toEqual(['a integer', 'b text']);
    expect(values(found)).toEqual([
      [1n, 'x'],
      [2n, 'y'],
    ]);
  });

  it('in Latin-1 is read as such', () => {
    expect(values(load('a.csv', Buffer.from('a,b\nmaß,1\n', 'latin1')))).toEqual([['maß', 1n]]);
  });

  it('with a quote that is never closed is read line by line', () => {
    expect(values(load('a.tsv', 'a\tb\n"1\tx\n2\ty\n'))).toEqual([
      ['"1', 'x'],
      ['2', 'y'],
    ]);
  });

  it('has names that are there, different and short', () => {
    const { table } = load('a.csv', `a,A,,a_2,${'x'.repeat(300)},"b\nc"\n1,2,3,4,5,6,7\n`);
    expect(table.columns.map(({ name }) => name)).toEqual([
      'a',
      'A_2',
      'column_3',
      'a_2_2',
      'x'.repeat(200),
      'b c',
      'column_7',
    ]);
  });

  it.each([
    ['country,2019,2020\nA,1,2\nB,3,4\n', ['country', '2019', '2020'], 2],
    ['1,2\n3,4\n5,6\n', ['column_1', 'column_2'], 3],
    ['id,1\n1,2\n', ['id', '1'], 1],
    ['a\nb\n', ['a'], 1],
    ['a,b\n', ['a', 'b'], 0],
  ])('%j has the columns %j', (text, names, rows) => {
    const { table } = load('a.csv', text);
    expect([table.columns.map(({ name }) => name), table.rows]).toEqual([names, rows]);
  });

  it('of nothing is a table without rows', () => {
    expect(load('a.csv', '').rows).toEqual([]);
  });

  it('has at most 2,000 columns', () => {
    const line = Array.from({ length: 2001 }, (_, index) => `c${index}`).join(',');
    expect(() => load('a.csv', `${line}\n${line}\n`)).toThrow('more than 2000 columns');
  });

  it('is read into the same cells as by another reader', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', '1') });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(table, (rows) => {
        const text = Papa.unparse(rows, { newline: '\n' });
        const wanted = Papa.parse<string[]>(text, { delimiter: ',', newline: '\n' }).data;
        const filled = wanted.filter((row) => row.length > 1 || row[0] !== '');
        expect(rowsOf(text, ',')).toEqual(filled);
      }),
    );
  });
});

describe('a JSON table', () => {
  it.each([
    [
      'records',
      '[{"a":1,"b":"x"},{"a":2}]',
      [
        [1n, 'x'],
        [2n, null],
      ],
    ],
    [
      'columns',
      '{"a":[1,2],"b":["x",null]}',
      [
        [1n, 'x'],
        [2n, null],
      ],
    ],
    ['values', '[1,2.5]', [[1], [2.5]]],
    ['one record', '{"a":1,"b":"x"}', [[1n, 'x']]],
    [
      'records within an object',
      '{"n":2,"rows":[{"a":1,"b":"x"},{"a":2}]}',
      [
        [1n, 'x'],
        [2n, null],
      ],
    ],
    ['nothing', '[]', []],
    ['empty records', '[{},{}]', [[null], [null]]],
  ])('of %s', (_, text, wanted) => {
    expect(values(load('a.json', text))).toEqual(wanted);
  });

  it('has types of its values, and keeps what is mixed or nested', () => {
    const text =
      '[{"i":1,"r":1,"b":true,"t":"1","n":{"x":[1]},"m":1},{"i":2,"r":0.5,"b":false,"t":"2","n":[],"m":"x"}]';
    const found = load('a.json', text);
    expect(typesOf(found)).toEqual([
      ...['i integer', 'r real', 'b integer', 't text', 'n text', 'm mixed'],
    ]);
    expect(values(found)).toEqual([
      [1n, 1, 1n, '1', '{"x":[1]}', 1n],
      [2n, 0.5, 0n, '2', '[]', 'x'],
    ]);
  });

  it('keeps integers that a JavaScript number would round', () => {
    const text = '[{"a":9007199254740993,"b":1e17},{"a":-9223372036854775808,"b":0.5}]';
    expect(values(load('a.json', text))).toEqual([
      [9007199254740993n, 1e17],
      [-9223372036854775808n, 0.5],
    ]);
    expect(values(load('a.json', '[{"a":92233720368547758070}]'))).toEqual([
      ['92233720368547758070'],
    ]);
  });

  it('has names with a meaning in JavaScript as columns', () => {
    const { table } = load('a.json', '[{"__proto__":1,"constructor":2,"a":3,"A":4}]');
    expect(table.columns.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'a', 'A_2']);
  });

  it('of lines names the line that is none', () => {
    expect(values(load('a.ndjson', '{"a":1}\n\n{"a":2}\r\n'))).toEqual([[1n], [2n]]);
    expect(() => load('a.ndjson', '{"a":1}\n{"a":\n')).toThrow(/^line 2: /);
  });

  it.each([
    ['12', 'it is one value, no table'],
    ['{"a":', 'JSON'],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'call stack'],
  ])('is not made of %.20s', (text, problem) => {
    expect(() => load('a.json', text)).toThrow(problem);
  });
});
