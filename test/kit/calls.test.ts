import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildKit, KIT_CACHE } from '../../scripts/kit.ts';
import { temporaryFolder } from '../make.ts';
import { decodePng } from './png.ts';
import { JOB_INPUTS } from './weather.ts';

type Rows = Record<string, unknown>[];
type Chart = { svg: string; png: string; warnings: string[] };
interface Kit {
  readCsv(path: string): Rows;
  toCsv(rows: unknown): string;
  describe(rows: unknown): Rows;
  regress(rows: unknown, model: { y: string; x: string | string[] }): Regression;
  chart(spec: unknown, name: string): Promise<Chart>;
  save(name: string, data: unknown): string;
}
type Regression = Record<'n' | 'leftOut' | 'df' | 'r2' | 'adjustedR2' | 'residualSd', number> &
  Record<'f' | 'fP', number> & {
    terms: ({ name: string } & Record<'coefficient' | 'standardError' | 't' | 'p', number>)[];
  };

let kit: Kit;
let aq: { table(columns: unknown): unknown };
const before = process.cwd();
const folder = temporaryFolder();

const load = async (name: string) =>
  await import(pathToFileURL(join(KIT_CACHE, `${name}.mjs`)).href);
const written = (path: string): string => readFileSync(join(folder.path, path), 'utf8');

function readText(text: string): Rows {
  const path = join(folder.path, 'table.csv');
  writeFileSync(path, text);
  return kit.readCsv(path);
}

function python(code: string, input: unknown): unknown {
  const options = { input: JSON.stringify(input), encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', code], options);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

beforeAll(async () => {
  await buildKit();
  [kit, aq] = await Promise.all([load('kit'), load('arquero')]);
});
// A program writes below output/ of the folder that it is in.
beforeEach(() => process.chdir(folder.path));
afterAll(() => {
  process.chdir(before);
  folder[Symbol.dispose]();
});

describe('readCsv', () => {
  it.each<[string, string, unknown[]]>([
    ['numbers', 'v\n1\n-2.5\n1e3\n.5\n', [1, -2.5, 1000, 0.5]],
    ['numbers of which some are missing', 'v\n1\nNA\n-\n4\n', [1, null, null, 4]],
    ['numbers that begin with a zero as text', 'v\n01234\n98765\n', ['01234', '98765']],
    ['numbers among words as text', 'v\n1\ntwo\n', ['1', 'two']],
    ['numbers with a decimal comma as text', 'v;w\n1,5;a\n', ['1,5']],
    ['hexadecimal numbers and endless ones as text', 'v\n0x10\nInfinity\n', ['0x10', 'Infinity']],
    ['days in UTC', 'v\n2024-02-29\n', [new Date('2024-02-29T00:00:00Z')]],
    ['times in UTC', 'v\n2024-02-29 12:30\n', [new Date('2024-02-29T12:30:00Z')]],
    ['times of a zone', 'v\n2024-02-29T12:30:00+02:00\n', [new Date('2024-02-29T10:30:00Z')]],
    ['days that do not exist as text', 'v\n2024-13-01\n', ['2024-13-01']],
    ['true and false', 'v\ntrue\nFALSE\n', [true, false]],
    ['words that mean nothing elsewhere as text', 'v\nNA\nDE\n', ['NA', 'DE']],
    ['quoted words with commas and lines', 'v,w\n"a, ""b""\nc",1\n', ['a, "b"\nc']],
    ['a byte order mark and Windows lines', '\uFEFFv\r\n1\r\n2\r\n', [1, 2]],
    ['empty lines as nothing', 'v,w\n1,a\n\n,\n2,b\n', [1, 2]],
  ])('reads %s', (_, text, values) => {
    expect(readText(text).map((row) => row.v)).toEqual(values);
  });

  it('loses no value of lines that are longer than the names, or of names that occur twice', () => {
    expect(readText('a,a,\n1,2,3,4\n5\n')).toEqual([
      { a: 1, 'a (2)': 2, 'column 3': 3, 'column 4': 4 },
      { a: 5, 'a (2)': null, 'column 3': null, 'column 4': null },
    ]);
  });

  it('takes a column of any name', () => {
    const [row] = readText('__proto__,constructor\n1,2\n');
    expect(Object.entries(row ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  it('says where a table is broken', () => {
    expect(() => readText('a,b\n"1,2\n')).toThrow(/table\.csv, record 2: .*quote/i);
  });

  it('reads what toCsv writes', () => {
    const rows = [
      {
        day: new Date('2024-02-29'),
        time: new Date('2024-02-29T10:30:00Z'),
        n: 1.5,
        t: 'a "b", c',
      },
      {
        day: new Date('2024-03-01'),
        time: new Date('2024-03-01T00:00:01Z'),
        n: -2,
        t: null,
        x: true,
      },
    ];
    const read = readText(kit.toCsv(rows));
    expect(read).toEqual([{ ...rows[0], x: null }, rows[1]]);
  });
});

describe('describe', () => {
  it('gives the figures of pandas', () => {
    const path = join(JOB_INPUTS, 'seattle-weather.csv');
    const right = python(
      `import json, sys, pandas
table = pandas.read_csv(json.load(sys.stdin)).describe()
print(table.rename({"std": "sd", "25%": "q1", "50%": "median", "75%": "q3"}).to_json())`,
      path,
    ) as Record<string, Record<string, number>>;
    const columns = kit.describe(kit.readCsv(path));
    expect(Object.keys(right)).toEqual(['precipitation', 'temp_max', 'temp_min', 'wind']);
    for (const [name, figures] of Object.entries(right)) {
      const column = columns.find((one) => one.column === name);
      for (const [figure, value] of Object.entries(figures)) {
        expect(column?.[figure]).toBeCloseTo(value, 9);
      }
    }
  });

  it('says what kind of values a column has, and what is missing', () => {
    const day = new Date('2024-02-29');
    expect(
      kit.describe([
        { a: 'x', b: day, c: true, d: null, e: 1 },
        { a: 'x', b: null, c: false, d: '', e: 'one' },
        { a: 'y', c: true, e: 1, f: 2 },
      ]),
    ).toEqual([
      { column: 'a', type: 'text', count: 3, missing: 0, distinct: 2, top: 'x', times: 2 },
      { column: 'b', type: 'date', count: 1, missing: 2, distinct: 1, min: day, max: day },
      { column: 'c', type: 'boolean', count: 3, missing: 0, distinct: 2, top: true, times: 2 },
      { column: 'd', type: 'empty', count: 0, missing: 3, distinct: 0 },
      { column: 'e', type: 'mixed', count: 3, missing: 0, distinct: 2, top: 1, times: 2 },
      {
        ...{ column: 'f', type: 'number', count: 1, missing: 2, distinct: 1, mean: 2, sd: null },
        ...{ min: 2, q1: 2, median: 2, q3: 2, max: 2 },
      },
    ]);
  });

  it.each([[[1, 2]], ['text'], [undefined], [[null]]])('refuses %j as a table', (rows) => {
    expect(() => kit.describe(rows)).toThrow('a table is an array of records');
  });
});

describe('regress', () => {
  /** Longley's table, which rounding ruins in careless programs; figures certified by NIST. */
  const LONGLEY = [
    [60323, 83.0, 234289, 2356, 1590, 107608, 1947],
    [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
    [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
    [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
    [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
    [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
    [64989, 99.0, 365385, 1870, 3547, 115094, 1953],
    [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
    [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
    [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
    [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
    [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
    [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
    [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
    [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
    [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
  ].map((values) => Object.fromEntries(values.map((value, index) => [`v${index}`, value])));
  const X = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'];

  it('has the certified figures of a table that is hard to compute', () => {
    const certified = [
      [-3482258.63459582, 890420.383607373],
      [15.0618722713733, 84.9149257747669],
      [-0.035819179292591, 0.0334910077722432],
      [-2.02022980381683, 0.488399681651699],
      [-1.03322686717359, 0.214274163161675],
      [-0.0511041056535807, 0.22607320006937],
      [1829.15146461355, 455.478499142212],
    ];
    const { r2, residualSd, f, terms } = kit.regress(LONGLEY, { y: 'v0', x: X });
    certified.forEach(([coefficient = 0, error = 0], index) => {
      expect((terms[index]?.coefficient ?? 0) / coefficient).toBeCloseTo(1, 8);
      expect((terms[index]?.standardError ?? 0) / error).toBeCloseTo(1, 8);
    });
    expect(r2).toBeCloseTo(0.995479004577296, 12);
    expect(residualSd / 304.854073561965).toBeCloseTo(1, 9);
    expect(f / 330.285339234588).toBeCloseTo(1, 8);
  });

  it('has the figures of numpy, scikit-learn and scipy', () => {
    const path = join(JOB_INPUTS, 'seattle-weather.csv');
    const x = ['temp_min', 'wind', 'precipitation'];
    const right = python(
      `import json, sys, numpy, pandas
from scipy import stats
from sklearn.linear_model import LinearRegression
path, x = json.load(sys.stdin)
table = pandas.read_csv(path)
model = LinearRegression().fit(table[x], table["temp_max"])
X = numpy.column_stack([numpy.ones(len(table)), table[x]])
rest = table["temp_max"] - model.predict(table[x])
df = len(table) - X.shape[1]
errors = numpy.sqrt(numpy.diag(numpy.linalg.inv(X.T @ X)) * (rest @ rest) / df)
coefficients = numpy.append(model.intercept_, model.coef_)
r2 = model.score(table[x], table["temp_max"])
f = r2 / len(x) / (1 - r2) * df
print(json.dumps({
    "r2": r2, "f": f, "fP": stats.f.sf(f, len(x), df),
    "coefficient": list(coefficients), "standardError": list(errors),
    "t": list(coefficients / errors), "p": list(2 * stats.t.sf(abs(coefficients / errors), df)),
}))`,
      [path, x],
    ) as Record<string, number | number[]>;
    const fit = kit.regress(kit.readCsv(path), { y: 'temp_max', x });
    expect(fit.r2).toBeCloseTo(right.r2 as number, 12);
    expect(fit.f / (right.f as number)).toBeCloseTo(1, 9);
    expect(fit.fP).toBeCloseTo(right.fP as number, 12);
    for (const figure of ['coefficient', 'standardError', 't', 'p'] as const) {
      const values = right[figure] as number[];
      fit.terms.forEach((term, index) => {
        const value = values[index] ?? Number.NaN;
        if (value !== 0) expect(term[figure] / value).toBeCloseTo(1, 6);
        else expect(term[figure]).toBe(0);
      });
    }
  });

  it('leaves out rows with something missing and says how many', () => {
    const rows = [1, 2, 3, 4, 5].map((x) => ({ x, y: 2 * x + (x % 2), on: x > 3 }));
    const fit = kit.regress([...rows, { x: null, y: 1 }, { x: 9 }], { y: 'y', x: 'x' });
    expect(fit).toMatchObject({ n: 5, leftOut: 2, df: 3 });
    expect(fit.terms.map(({ name }) => name)).toEqual(['(intercept)', 'x']);
  });

  it.each<[string, { y: string; x: string[] }, string]>([
    ['a column of text', { y: 'v0', x: ['t'] }, `column 't' has "a", which is no number`],
    ['a column that follows from others', { y: 'v0', x: ['v1', 'w'] }, `column 'w' follows from`],
    ['a column that does not change', { y: 'v0', x: ['one'] }, `column 'one' follows from`],
    ['a column that is not there', { y: 'v0', x: ['none'] }, '0 complete rows are too few for 2'],
  ])('refuses %s', (_, model, message) => {
    const rows = LONGLEY.map((row) => ({ ...row, t: 'a', one: 1, w: 2 * (row.v1 ?? 0) + 3 }));
    expect(() => kit.regress(rows, model)).toThrow(message);
  });
});

describe('save', () => {
  it.each<[string, unknown, string]>([
    ['a.txt', 'text', 'text'],
    ['b.json', { a: [1] }, '{\n  "a": [\n    1\n  ]\n}\n'],
    ['c.csv', [{ a: 1, b: 'x,y' }, { c: true }], 'a,b,c\n1,"x,y",\n,,true\n'],
    ['d.csv', 'a;b\n', 'a;b\n'],
    ['deep/er/e.bin', new Uint8Array([65, 66]), 'AB'],
  ])('writes %s as its name says', (name, data, text) => {
    expect(kit.save(name, data)).toBe(`output/${name}`);
    expect(written(`output/${name}`)).toBe(text);
  });

  it('takes a table of arquero', () => {
    const table = aq.table({ a: [1, 2], b: ['x', 'y'] });
    expect(written(kit.save('table.csv', table))).toBe('a,b\n1,x\n2,y\n');
    expect(JSON.parse(written(kit.save('table.json', table)))).toHaveLength(2);
  });

  it.each(['../a', '/a', 'a/../../b', '', 'a//b', './a', 'a\\b', 'a\0b'])('refuses %j', (name) => {
    expect(() => kit.save(name, 'text')).toThrow('is no name below output/');
  });

  it('asks the box where a file goes, if it says', () => {
    mkdirSync(join(folder.path, 'elsewhere/sub'), { recursive: true });
    const place = (...parts: string[]): string => join(folder.path, 'elsewhere', ...parts);
    Object.assign(globalThis, { _output_file: place });
    try {
      expect(kit.save('sub/a.txt', 'text')).toBe('output/sub/a.txt');
    } finally {
      Reflect.deleteProperty(globalThis, '_output_file');
    }
    expect(written('elsewhere/sub/a.txt')).toBe('text');
  });
});

describe('chart', () => {
  const values = [
    { month: new Date('2024-01-01'), sales: 12 },
    { month: new Date('2024-02-01'), sales: 15 },
  ];
  const encoding = {
    x: { field: 'month', type: 'temporal' },
    y: { field: 'sales', type: 'quantitative' },
  };

  it('draws a spec, also under the name of a picture', async () => {
    const done = await kit.chart({ data: { values }, mark: 'line', encoding }, 'sub/sales.png');
    const paths = { svg: 'output/sub/sales.svg', png: 'output/sub/sales.png' };
    expect(done).toEqual({ ...paths, warnings: [] });
    expect(written(done.svg)).toContain('sales');
    const { width, height } = decodePng(readFileSync(done.png));
    expect([width > 900, height > 600]).toEqual([true, true]);
  });

  it('draws data of a file, and a spec of Vega', async () => {
    writeFileSync(join(folder.path, 'sales.csv'), 'name,sales\na,3\nb,5\n');
    const bars = {
      $schema: 'https://vega.github.io/schema/vega/v6.json',
      ...{ width: 200, height: 100 },
      data: [{ name: 'table', url: 'sales.csv', format: { type: 'csv', parse: 'auto' } }],
      scales: [
        { name: 'x', type: 'band', domain: { data: 'table', field: 'name' }, range: 'width' },
        { name: 'y', domain: { data: 'table', field: 'sales' }, range: 'height' },
      ],
      marks: [
        {
          type: 'rect',
          from: { data: 'table' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'name' },
              width: { scale: 'x', band: 1 },
              y: { scale: 'y', field: 'sales' },
              y2: { scale: 'y', value: 0 },
              fill: { value: '#123456' },
            },
          },
        },
      ],
    };
    const { png } = await kit.chart(bars, 'bars');
    expect(decodePng(readFileSync(png)).count(0x12, 0x34, 0x56)).toBeGreaterThan(40_000);
  });

  it('takes a table of arquero as data', async () => {
    const table = aq.table({ name: ['a', 'b'], sales: [3, 5] });
    const spec = { data: { values: table }, mark: 'bar', encoding: { y: encoding.y } };
    expect(written((await kit.chart(spec, 'table')).svg)).toContain('aria-roledescription="bar"');
  });

  it('tells of what a spec asks for and does not get', async () => {
    const url = { value: 'https://example.com/a.png' };
    const spec = { data: { values }, mark: 'image', encoding: { ...encoding, url, z: {} } };
    const { svg, warnings } = await kit.chart(spec, 'warned');
    expect(warnings.join('\n')).toMatch(/left out https:\/\/example\.com\/a\.png/);
    expect(written(svg)).not.toContain('example.com');
  });

  it.each<[string, unknown, RegExp]>([
    ['what is no spec', 'bar', /the spec is no object/],
    ['a spec without a mark', { data: { values } }, /Invalid specification/],
    ['a file that is not there', { data: { url: 'no.csv' }, mark: 'bar', encoding }, /no\.csv/],
    ['an address', { data: { url: 'http://a.test/b.csv' }, mark: 'bar', encoding }, /a\.test/],
  ])('refuses %s', async (_, spec, message) => {
    await expect(kit.chart(spec, 'refused')).rejects.toThrow(message);
  });
});
