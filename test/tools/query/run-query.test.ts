import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const { runQuery } = await import(
  new URL('../../../src/tools/query/run-query.mjs', import.meta.url).href
);
const LIMITS = {
  ...{ length: 10_485_760, sqlLength: 1_000_000, exprDepth: 300 },
  ...{ compoundSelect: 100, likePatternLength: 1000, attach: 0 },
};

let outside: string;
let database: DatabaseSync;
beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), 'awp-outside-'));
  const other = new DatabaseSync(join(outside, 'canary.db'));
  other.exec('CREATE TABLE canary (word); INSERT INTO canary VALUES (1234567)');
  other.close();
  writeFileSync(join(outside, 'canary.csv'), 'word\n1234567\n');
});
afterAll(() => rmSync(outside, { recursive: true }));
beforeEach(() => {
  database = new DatabaseSync(':memory:', { allowExtension: false, defensive: true });
  database.exec(
    "CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (2); ATTACH ':memory:' AS shop",
  );
  database.exec('CREATE TABLE shop.orders (id); INSERT INTO shop.orders VALUES (1)');
});

const run = (given: string) => {
  const sql = given.replaceAll('$DIR', outside);
  return runQuery(database, { sql, params: [], maxRows: 10, maxBytes: 1000, limits: LIMITS }, []);
};

/** What the tables hold, seen without the limits of a query. */
function tables(): unknown {
  database.setAuthorizer(null);
  const names = database.prepare('SELECT name FROM sqlite_schema').all();
  return [
    names,
    ...['a', 'shop.orders'].map((name) => database.prepare(`SELECT id FROM ${name}`).all()),
  ];
}

/** `$DIR`: a folder outside of the run. */
describe('a query', () => {
  it.each([
    ["ATTACH '$DIR/canary.db' AS c", 'ATTACH'],
    ["ATTACH 'file:$DIR/canary.db?mode=rw' AS c", 'ATTACH'],
    ["ATTACH ':memory:' AS c", 'ATTACH'],
    ['DETACH shop', 'DETACH'],
    ["VACUUM INTO '$DIR/copy.db'", 'only SELECT'],
    ["VACUUM shop INTO '$DIR/copy.db' -- orders", 'only SELECT'],
    ['VACUUM', 'only SELECT'],
    ['PRAGMA writable_schema = 1', 'PRAGMA'],
    ['PRAGMA query_only = OFF', 'PRAGMA'],
    ['PRAGMA table_info(a)', 'PRAGMA'],
    ["PRAGMA temp_store_directory = '$DIR'", 'PRAGMA'],
    ["SELECT * FROM pragma_table_info('a')", 'PRAGMA'],
    ["SELECT load_extension('$DIR/x.so')", 'load_extension()'],
    ["SELECT LOAD_EXTENSION('$DIR/x.so')", 'load_extension()'],
    ["SELECT fts3_tokenizer('simple', x'4141414141414141')", 'fts3_tokenizer()'],
    ["SELECT rtreenode(2, x'00ff')", 'rtreenode()'],
    ['SELECT randomblob(1e9)', 'randomblob()'],
    ['INSERT INTO a VALUES (3)', 'INSERT'],
    ['INSERT INTO a SELECT * FROM a RETURNING id', 'INSERT'],
    ['REPLACE INTO shop.orders VALUES (3)', 'INSERT'],
    ['UPDATE a SET id = 0', 'UPDATE'],
    ['DELETE FROM a RETURNING id', 'DELETE'],
    ['WITH x AS (SELECT 1) DELETE FROM a', 'DELETE'],
    ['CREATE TABLE b (x)', 'INSERT'],
    ['CREATE TEMP TABLE b AS SELECT 1', 'INSERT'],
    ['CREATE TEMP VIEW v AS SELECT 1', 'INSERT'],
    ['CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END', 'TRIGGER'],
    ['CREATE VIRTUAL TABLE f USING fts5(x)', 'INSERT'],
    ["CREATE VIRTUAL TABLE f USING csv(filename='/etc/passwd')", 'INSERT'],
    ['DROP TABLE a', 'DELETE'],
    ['ALTER TABLE a RENAME TO b', 'ALTER TABLE'],
    ['BEGIN', 'TRANSACTION'],
    ['COMMIT', 'TRANSACTION'],
    ['SAVEPOINT s', 'SAVEPOINT'],
    ['ANALYZE', 'ANALYZE'],
    ['REINDEX', 'only SELECT'],
    ['EXPLAIN PRAGMA writable_schema = 1', 'PRAGMA'],
  ])('may not %s', (sql, what) => {
    const before = tables();
    expect(run(sql)).toEqual({
      ...{ ok: false, kind: 'denied' },
      message: expect.stringContaining(what),
    });
    expect(readdirSync(outside).sort()).toEqual(['canary.csv', 'canary.db']);
    expect(tables()).toEqual(before);
  });

  it.each([
    ["SELECT readfile('/etc/passwd')", 'no such function: readfile'],
    ["SELECT writefile('$DIR/x', 'y')", 'no such function: writefile'],
    ["SELECT edit('x', 'sh')", 'no such function: edit'],
    ["SELECT * FROM fsdir('/')", 'no such table: fsdir'],
    ['SELECT * FROM sqlite_dbpage', 'no such table: sqlite_dbpage'],
    ["SELECT * FROM '$DIR/canary.db'", 'no such table'],
    ["SELECT printf('%*c', 1000000000, 'x')", 'string or blob too big'],
    ["SELECT printf('%.*f', 1000000000, 1.5)", ''],
    ['SELECT zeroblob(1e9)', 'string or blob too big'],
    ['SELECT hex(zeroblob(9000000))', 'string or blob too big'],
    ["SELECT replace(printf('%0*d', 5000000, 0), '0', 'xxxx')", 'string or blob too big'],
    ['SELECT zeroblob(10000000)', 'one row has more than'],
    [`SELECT 'a' LIKE '${'%a'.repeat(2000)}'`, 'LIKE or GLOB pattern too complex'],
    [`SELECT 1 ${'UNION SELECT 1 '.repeat(200)}`, 'too many terms in compound SELECT'],
  ])('comes to nothing with %s', (sql, wanted) => {
    const { ok, message } = run(sql);
    expect([ok, message]).toEqual([false, expect.stringContaining(wanted)]);
    expect(readdirSync(outside).sort()).toEqual(['canary.csv', 'canary.db']);
  });

  it.each([
    'SELECT count(*) AS n FROM a',
    'WITH x AS (SELECT * FROM a) SELECT * FROM x JOIN shop.orders USING (id)',
    'VALUES (1), (2)',
    "SELECT key, value FROM json_each('[1,2]')",
    'SELECT id, row_number() OVER (ORDER BY id) FROM a',
    "SELECT date('2024-01-31', '+1 month'), median(id), sqrt(4), group_concat(id) FROM a",
    'EXPLAIN QUERY PLAN SELECT * FROM a',
  ])('may %s', (sql) => {
    expect(run(sql)).toMatchObject({ ok: true });
  });
});
