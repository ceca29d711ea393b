import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../src/base/hash.ts';
import { APPLICATION_ID, MIGRATIONS, migrate } from '../../src/stores/sqlite-schema.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { note } from '../contracts/store-events.ts';

let base: string;
let folders = 0;
const newFolder = (): string => join(base, `f${++folders}`, '.awp');

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'awp-store-'));
});
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});

it('leaves no trace when it is only looked at', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder });
  expect(await store.list()).toEqual([]);
  await expect(store.find('r-1')).rejects.toMatchObject({ code: 'store/not-found' });
  await expect(store.read('r-1', 0)).rejects.toMatchObject({ code: 'store/not-found' });
  await store.close();
  expect(existsSync(folder)).toBe(false);
});

it('makes a folder that git ignores but for schema/, and one folder a run', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder });
  await store.release(await store.create('r-1', 'me'));
  expect(store.folder('r-1')).toBe(join(folder, 'runs', 'r-1'));
  await store.close();
  expect(readdirSync(folder).sort()).toEqual(['.gitignore', 'awp.db', 'runs']);
  expect(readdirSync(join(folder, 'runs'))).toEqual(['r-1']);

  mkdirSync(join(folder, 'schema', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'schema', 'deep', 'a.json'), '{}');
  const git = (...args: string[]): string =>
    spawnSync('git', ['-C', join(folder, '..'), ...args], { encoding: 'utf8' }).stdout;
  git('init', '-q');
  expect(git('status', '--porcelain', '-uall')).toBe('?? .awp/schema/deep/a.json\n');
});

it('keeps a .gitignore that is there', async () => {
  const folder = newFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), 'mine\n');
  const store = await openSqliteStore({ folder });
  await store.create('r-1', 'me');
  await store.close();
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('mine\n');
});

it('keeps a long string once, as a file with its own bytes, named by their hash', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder });
  const lease = await store.create('r-1', 'me');
  const long = 'Zeile mit Umlaut ä\n'.repeat(1000);
  const events = [note('r-1', 1, { a: long, b: [long] }), note('r-1', 2, long)];
  await store.append(lease, events, 'batched');
  const blobs = join(store.folder('r-1'), 'blobs');
  expect(readdirSync(blobs)).toEqual([sha256(long)]);
  expect(readFileSync(join(blobs, sha256(long)), 'utf8')).toBe(long);
  expect(await store.read('r-1', 0)).toEqual(events);
  await store.close();
  const db = new DatabaseSync(join(folder, 'awp.db'), { readOnly: true });
  const rows = db.prepare('SELECT text FROM events').all();
  db.close();
  for (const { text } of rows) expect(String(text).length).toBeLessThan(1000);
});

it('keeps the text of an event exactly', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder });
  const event = note('r-1', 1, { b: 1.5e-9, a: ['\u2028', '\ud800', null], 2: true, 1: {} });
  await store.append(await store.create('r-1', 'me'), [event], 'batched');
  await store.close();
  const db = new DatabaseSync(join(folder, 'awp.db'), { readOnly: true });
  expect(db.prepare('SELECT text FROM events').get()?.text).toBe(JSON.stringify(event));
  db.close();
});

it('syncs batched events by itself within 50 ms, in a transaction of its own', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder });
  const lease = await store.create('r-1', 'me');
  const db = new DatabaseSync(join(folder, 'awp.db'), { readOnly: true });
  const syncs = db.prepare('SELECT count FROM syncs');
  expect(syncs.get()).toEqual({ count: 0 });
  await store.append(lease, [note('r-1', 1)], 'batched');
  const deadline = Date.now() + 10_000;
  while (syncs.get()?.count === 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(syncs.get()).toEqual({ count: 1 });
  await store.close();
  db.close();
});

it.each([
  ['an empty file', (path: string) => writeFileSync(path, '')],
  [
    'a database of schema 0',
    (path: string) => {
      const db = new DatabaseSync(path);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.close();
    },
  ],
])('leads %s to our schema', async (_, make) => {
  const folder = newFolder();
  mkdirSync(folder, { recursive: true });
  make(join(folder, 'awp.db'));
  const store = await openSqliteStore({ folder });
  const lease = await store.create('r-1', 'me');
  await store.append(lease, [note('r-1', 1)], 'full');
  expect(await store.read('r-1', 0)).toEqual([note('r-1', 1)]);
  await store.close();
});

it('opens one new folder from several stores at once', async () => {
  const folder = newFolder();
  const stores = await Promise.all([1, 2, 3, 4].map(() => openSqliteStore({ folder })));
  const made = stores.map((store, index) => store.create(`r-${index}`, 'me'));
  await Promise.all(made);
  expect(await stores[0]?.list()).toHaveLength(4);
  await Promise.all(stores.map((store) => store.close()));
});

/** What a schema might have been before: one text a run. */
const OLD = `PRAGMA application_id = ${APPLICATION_ID};
  CREATE TABLE logs (run TEXT, lines TEXT);
  INSERT INTO logs VALUES ('a', 'one two'), ('b', 'three');`;
const STEPS = [
  'CREATE TABLE words (run TEXT, word TEXT)',
  `INSERT INTO words SELECT run, value FROM logs,
     json_each('["' || replace(lines, ' ', '","') || '"]'); DROP TABLE logs`,
];

function oldDatabase(): { db: DatabaseSync; read: (text: string) => unknown[] } {
  const db = new DatabaseSync(':memory:');
  db.exec(OLD);
  return {
    db,
    read: (text) =>
      db
        .prepare(text)
        .all()
        .map((row) => Object.values(row).join(' ')),
  };
}

it('leads an old schema to the new one step by step, and no step twice', () => {
  const { db, read } = oldDatabase();
  migrate(db, 'old.db', STEPS.slice(0, 1));
  expect(read('PRAGMA user_version')).toEqual(['1']);
  migrate(db, 'old.db', STEPS);
  migrate(db, 'old.db', STEPS);
  expect(read('PRAGMA user_version')).toEqual(['2']);
  expect(read('SELECT * FROM words')).toEqual(['a one', 'a two', 'b three']);
  db.close();
});

it('leaves an old schema as it was when a step fails, and refuses a newer one', () => {
  const { db, read } = oldDatabase();
  expect(() => migrate(db, 'old.db', [...STEPS, 'DROP TABLE none'])).toThrow('none');
  expect(read('PRAGMA user_version')).toEqual(['0']);
  expect(read('SELECT * FROM logs')).toEqual(['a one two', 'b three']);
  migrate(db, 'old.db', STEPS);
  expect(() => migrate(db, 'old.db', STEPS.slice(0, 1))).toThrow('of a newer awp-agents');
  expect(MIGRATIONS.length).toBeGreaterThan(0);
  db.close();
});
