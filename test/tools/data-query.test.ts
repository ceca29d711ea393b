import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Effects, ProcessSpec } from '../../src/ports/effects.ts';
import type { ToolContext, ToolResult } from '../../src/ports/tool.ts';
import { schemaProblems } from '../../src/runtime/schema.ts';
import { dataQuery } from '../../src/tools/data-query.ts';
import { type Bench, makeBench } from './bench.ts';

let bench: Bench;
const ask = (sql: string, more: Record<string, Json> = {}, context: Partial<ToolContext> = {}) =>
  bench.call('data.query', { sql, ...more }, context);

interface Rows {
  columns: { name: string; type: string }[];
  rows: Record<string, Json>[];
  row_count: number;
  truncated: boolean;
}
const dataOf = ({ data }: ToolResult) => data as unknown as Rows;

const SALES =
  'id,city,amount,day\n1,Rome,2.5,2024-01-01\n2,Oslo,,2024-02-01\n3,Rome,7,2024-02-03\n';

describe('data.query', () => {
  beforeEach(() => {
    bench = makeBench();
    bench.put('inputs/Sales 2024.csv', SALES);
  });
  afterEach(() => bench.clear());

  it('answers with the columns and the rows of a query', async () => {
    const sql = 'select city, sum(amount) as total, count(*) as n from sales_2024 group by city';
    expect(await ask(sql)).toEqual({
      ok: true,
      status: 200,
      data: {
        columns: [
          { name: 'city', type: 'text' },
          { name: 'total', type: 'real' },
          { name: 'n', type: 'integer' },
        ],
        rows: [
          { city: 'Oslo', total: null, n: 1 },
          { city: 'Rome', total: 9.5, n: 2 },
        ],
        row_count: 2,
        truncated: false,
      },
    });
  });

  it('joins files of all folders, whatever kind they are', async () => {
    bench.put('inputs/cities.json', '{"name":["Rome","Oslo"],"people":[2800000,700000]}');
    bench.put('shared/days.ndjson', '{"day":"2024-01-01","rain":true}\n');
    bench.put('output/factors.tsv', 'city\tfactor\nRome\t2\n');
    const sql = `select s.id, c.people, d.rain, f.factor * s.amount as x from sales_2024 s
      join cities c on c.name = s.city join factors f using (city) join days d using (day)`;
    expect(dataOf(await ask(sql)).rows).toEqual([{ id: 1, people: 2_800_000, rain: 1, x: 5 }]);
  });

  it('reads a database, also one with a write-ahead log, and leaves it as it is', async () => {
    const path = join(bench.folder, 'inputs/shop.db');
    const shop = new DatabaseSync(path);
    shop.exec(`PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY, city TEXT, raw BLOB);
      CREATE TABLE "odd name" ("select" REAL); INSERT INTO orders VALUES (7, 'Rome', x'00ff');
      INSERT INTO "odd name" VALUES (1.5); CREATE VIEW v AS SELECT 1`);
    shop.close();
    const before = readFileSync(path);
    const sql = `select o.id, o.raw, n."select" as s from shop.orders o, shop."odd name" n
      join sales_2024 using (city) limit 1`;
    expect(dataOf(await ask(sql)).rows).toEqual([{ id: 7, raw: 'AP8=', s: 1.5 }]);
    expect(readFileSync(path)).toEqual(before);
  });

  it('lists tables with their columns when no SQL is given', async () => {
    bench.put('inputs/broken.json', '{');
    bench.put('inputs/huge.csv', 'a\n');
    truncateSync(join(bench.folder, 'inputs/huge.csv'), 100_000_000);
    const { data } = await bench.call('data.query', {});
    expect(data).toEqual({
      tables: [
        {
          table: 'sales_2024',
          file: 'inputs/Sales 2024.csv',
          rows: 3,
          columns: [
            { name: 'id', type: 'integer' },
            { name: 'city', type: 'text' },
            { name: 'amount', type: 'real' },
            { name: 'day', type: 'text' },
          ],
        },
        {
          table: 'broken',
          file: 'inputs/broken.json',
          problem: expect.stringContaining('JSON'),
        },
        { table: 'huge', file: 'inputs/huge.csv', problem: expect.stringContaining('too large') },
      ],
      ...{ columns: [], rows: [], row_count: 0, truncated: false },
    });
  });

  it('puts values in their places, with their types', async () => {
    const list = await ask('select ? as a, ? as b, ? as c, ? as d, ? as e', {
      params: [1, 2.5, "x'; --", true, null],
    });
    expect(dataOf(list).rows).toEqual([{ a: 1, b: 2.5, c: "x'; --", d: 1, e: null }]);
    expect(dataOf(list).columns.map(({ type }) => type)).toEqual([
      ...['integer', 'real', 'text', 'integer', 'null'],
    ]);
    const named = await ask('select id from sales_2024 where city = :city and amount > $least', {
      params: { city: 'Rome', least: 3 },
    });
    expect(dataOf(named).rows).toEqual([{ id: 3 }]);
  });

  it.each<[string, Json | undefined, string]>([
    ['select ?', undefined, 'the SQL has 1 places for values, params has 0'],
    ['select ?', [1, 2], 'the SQL has 1 places for values, params has 2'],
    ['select ?2', [1], 'the SQL has 2 places for values, params has 1'],
    ['select ?', { a: 1 }, 'params must be an array with 1 values for the ?'],
    ['select :a', [1], 'params must be an object with a value for "a"'],
    ['select :a', {}, 'params has no value for "a"'],
    ['select :a', { a: 1, b: 2 }, 'the SQL has no :b'],
    ['select :a, ?', { a: 1 }, 'use either ? or :name for values, not both'],
  ])('refuses %s with the values %j', async (sql, params, error) => {
    const more = params === undefined ? {} : { params };
    expect(await ask(sql, more)).toMatchObject({ ok: false, status: 400, error });
  });

  it.each<[string, Record<string, Json>]>([
    ['a number that JSON cannot hold', { a: 'Infinity' }],
    ['a long integer', { '9223372036854775807': '9223372036854775807' }],
    ['bytes', { b: 'AP8=' }],
  ])('shows %s as text', async (_, row) => {
    const sql = { a: 'select 9e999 as a', b: "select x'00ff' as b" };
    const [key = ''] = Object.keys(row);
    const given = key === 'a' || key === 'b' ? sql[key] : `select ${key}`;
    expect(dataOf(await ask(given)).rows).toEqual([row]);
  });

  it('names columns of a result so that each is a key of its own', async () => {
    const { columns, rows } = dataOf(
      await ask('select 1 as a, 2 as a, 3 as "__proto__", 4 as a_2'),
    );
    expect(columns.map(({ name }) => name)).toEqual(['a', 'a_2', '__proto___2', 'a_2_2']);
    expect(rows).toEqual([{ a: 1, a_2: 2, __proto___2: 3, a_2_2: 4 }]);
  });

  it('hands back as many rows as asked for, and says when there are more', async () => {
    const count = async (sql: string, more = {}) => {
      const { row_count, truncated } = dataOf(await ask(sql, more));
      return [row_count, truncated];
    };
    const rows = (most: number) =>
      `with recursive t(n) as (select 1 union all select n + 1 from t limit ${most}) select n from t`;
    expect(await count(rows(1000))).toEqual([1000, false]);
    expect(await count(rows(1001))).toEqual([1000, true]);
    expect(await count(rows(10_001), { max_rows: 10_000 })).toEqual([10_000, true]);
    expect(await count('select * from sales_2024', { max_rows: 2 })).toEqual([2, true]);
  });

  it('hands back 800,000 bytes at most', async () => {
    const wide = `with recursive t(n) as (select 1 union all select n + 1 from t limit 100)
      select n, printf('%0*d', 20000, n) as text from t`;
    const { row_count, truncated, rows } = dataOf(await ask(wide));
    expect([row_count, truncated]).toEqual([39, true]);
    expect(JSON.stringify(rows).length).toBeLessThan(800_000);
    expect(await ask("select printf('%0*d', 900000, 1) as a")).toMatchObject({
      ok: false,
      status: 400,
      error: expect.stringContaining('tool/too-large: one row has more than 800000 bytes'),
    });
  });

  it('draws the same rows at random each time', async () => {
    bench.put('inputs/n.json', JSON.stringify(Array.from({ length: 200 }, (_, index) => index)));
    const sql = 'select value from n order by random() limit 5';
    const [first, second] = await Promise.all([ask(sql), ask(sql)]);
    expect(first).toEqual(second);
    expect(dataOf(first).rows).not.toEqual([0, 1, 2, 3, 4].map((value) => ({ value })));
  });

  it('says what there is when a table or a column is not', async () => {
    expect(await ask('select * from sales')).toMatchObject({
      status: 404,
      error: 'no such table: sales; there are: sales_2024 (inputs/Sales 2024.csv)',
    });
    expect(await ask('select town from sales_2024')).toMatchObject({
      status: 400,
      error: 'no such column: town; sales_2024 has id, city, amount, day',
    });
  });

  it.each([
    ['a word', 'selec 1', 'near "selec": syntax error'],
    ['a quote', "select 'a", 'unrecognized token'],
    ['two statements', 'select 1; select 2', 'one statement at a time'],
    ['an argument', 'select abs(1, 2)', 'wrong number of arguments'],
    ['a number', 'select abs(-9223372036854775808)', 'integer overflow'],
    ['many brackets', `select ${'('.repeat(5000)}1${')'.repeat(5000)}`, ''],
    ['many terms', `select ${Array(3000).fill(1).join('+')}`, 'Expression tree is too large'],
  ])('tells the model what is wrong with %s', async (_, sql, error) => {
    const result = await ask(sql);
    expect(result).toMatchObject({ ok: false, status: 400 });
    expect(result.error).toContain(error);
    expect(result.error).not.toMatch(/\.mjs|\n/);
  });

  it('says which file is no table, but only if it is asked', async () => {
    bench.put('inputs/broken.json', '{"a":');
    expect(await ask('select * from broken')).toMatchObject({
      status: 400,
      error: expect.stringContaining('inputs/broken.json cannot be read as a table: '),
    });
    expect(await ask('select 1 as broken_or_not')).toMatchObject({ ok: true });
  });

  it('does not read files that are too large together', async () => {
    bench.put('inputs/huge.csv', 'a\n');
    truncateSync(join(bench.folder, 'inputs/huge.csv'), 100_000_000);
    const refused = { effects: withSpawn(() => expect.unreachable('a process was started')) };
    expect(await ask('select * from huge', {}, refused)).toMatchObject({
      ok: false,
      status: 400,
      error: expect.stringMatching(/^tool\/too-large: .*inputs\/huge\.csv \(95\.4 MiB\)/),
    });
    expect(await ask('select count(*) as n from sales_2024')).toMatchObject({ ok: true });
  });

  it('is ended with its process when the call is over', async () => {
    const stop = new AbortController();
    let exit: Promise<unknown> = Promise.resolve();
    const effects = withSpawn((spec) => {
      const child = nodeEffects().processes.spawn(spec);
      exit = child.exit;
      queueMicrotask(() => stop.abort(new AwpError('tool/timeout', 'it took too long')));
      return child;
    });
    const endless =
      'with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t';
    await expect(ask(endless, {}, { effects, signal: stop.signal })).rejects.toThrow('too long');
    expect(await exit).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('starts a process without environment that may read nothing but its own scripts', async () => {
    const started: ProcessSpec[] = [];
    const effects = withSpawn((spec) => {
      started.push(spec);
      return nodeEffects().processes.spawn(spec);
    });
    await ask('select * from sales_2024', {}, { effects });
    const [{ args, env } = { args: [], env: { none: '' } }] = started;
    expect(env).toEqual({});
    expect(args.filter((arg) => arg.startsWith('--allow'))).toEqual([
      '--allow-worker',
      expect.stringMatching(/^--allow-fs-read=.*[/\\]query\/\*$/),
    ]);
    expect(args).toContain('--permission');
  });

  it('makes many queries one after another when they come at once', async () => {
    const sql = 'select count(*) as n from sales_2024';
    const results = await Promise.all(Array.from({ length: 12 }, () => ask(sql)));
    expect(results.every((result) => dataOf(result).rows[0]?.n === 3)).toBe(true);
  });

  it.each<[string, Record<string, Json>, boolean]>([
    ['nothing', {}, true],
    ['a list of values', { sql: 's', params: [1, 'a', null, true], max_rows: 10_000 }, true],
    ['named values', { sql: 's', params: { a: 1 } }, true],
    ['long SQL', { sql: 'x'.repeat(20_001) }, false],
    ['a list as a value', { sql: 's', params: [[1]] }, false],
    ['an object as a value', { sql: 's', params: { a: {} } }, false],
    ['no rows', { sql: 's', max_rows: 0 }, false],
    ['too many rows', { sql: 's', max_rows: 10_001 }, false],
    ['a word that it does not know', { sql: 's', file: '/etc/passwd' }, false],
  ])('called with %s', async (_, args, fits) => {
    expect((await schemaProblems(dataQuery.parameters, args)).length === 0).toBe(fits);
  });
});

function withSpawn(spawn: Effects['processes']['spawn']): Effects {
  const effects = nodeEffects();
  return { ...effects, processes: { ...effects.processes, spawn } };
}

describe('data.query only reads:', () => {
  let outside: string;
  let before: string;

  const state = (): string => {
    const hash = createHash('sha256');
    for (const folder of ['inputs', 'output', 'shared']) {
      const path = join(bench.folder, folder);
      for (const name of readdirSync(path).sort())
        hash.update(name).update(readFileSync(join(path, name)));
    }
    return hash.digest('hex');
  };

  beforeAll(() => {
    outside = mkdtempSync(join(tmpdir(), 'awp-outside-'));
    bench = makeBench();
    bench.put('inputs/a.csv', 'id\n1\n2\n');
    const shop = new DatabaseSync(join(bench.folder, 'inputs/shop.db'));
    shop.exec('CREATE TABLE orders (id); INSERT INTO orders VALUES (1)');
    shop.close();
    const other = new DatabaseSync(join(outside, 'canary.db'));
    other.exec('CREATE TABLE canary (word); INSERT INTO canary VALUES (1234567)');
    other.close();
    before = state();
  });
  afterAll(() => {
    bench.clear();
    rmSync(outside, { recursive: true });
  });

  it.each([
    ["ATTACH '$DIR/canary.db' AS c", 403, 'ATTACH is not allowed'],
    ["VACUUM INTO '$DIR/copy.db'", 403, 'only SELECT is allowed'],
    ['PRAGMA writable_schema = 1', 403, 'PRAGMA is not allowed'],
    ["SELECT load_extension('$DIR/x.so')", 403, 'load_extension() is not allowed'],
    ['INSERT INTO a SELECT * FROM shop.orders RETURNING id', 403, 'INSERT is not allowed'],
    ["SELECT writefile('$DIR/x', 'y')", 400, 'no such function: writefile'],
    ['SELECT 1; DROP TABLE a', 400, 'one statement at a time'],
    ["SELECT printf('%*c', 1000000000, 'x')", 400, 'string or blob too big'],
  ])('%s has status %i', async (sql, wanted, what) => {
    const said: unknown[] = [];
    const {
      ok,
      status,
      error = '',
    } = await ask(
      sql.replaceAll('$DIR', outside),
      {},
      { denied: (reason, kind) => void said.push([reason, kind]) },
    );
    expect([ok, status, error]).toEqual([false, wanted, expect.stringContaining(what)]);
    expect(said).toEqual(wanted === 403 ? [[expect.stringContaining(what), 'input.refused']] : []);
    expect(readdirSync(outside)).toEqual(['canary.db']);
    expect(state()).toBe(before);
  });

  it('a database with hostile names and definitions is data', async () => {
    const evil = new DatabaseSync(join(bench.folder, 'shared-evil.db'));
    evil.exec(`CREATE TABLE "x"" y; DROP TABLE a; --" ("c"") --" TEXT, "__proto__" INT);
      INSERT INTO "x"" y; DROP TABLE a; --" VALUES ('one', 2);
      CREATE VIEW bad AS SELECT load_extension('/x'); CREATE TABLE t (a INT DEFAULT (1), b AS (a + 1))`);
    evil.close();
    bench.put('shared/evil.db', readFileSync(join(bench.folder, 'shared-evil.db')));
    const result = await ask('select * from evil."x"" y; DROP TABLE a; --"');
    expect(dataOf(result).rows).toEqual([{ 'c") --': 'one', __proto___2: 2 }]);
    bench.put(
      'shared/noise.db',
      Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000, 7)]),
    );
    expect(await ask('select * from noise.t')).toMatchObject({
      status: 400,
      error: expect.stringContaining('shared/noise.db cannot be read as a table'),
    });
    rmSync(join(bench.folder, 'shared'), { recursive: true });
    rmSync(join(bench.folder, 'shared-evil.db'));
  });
});
