import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/hash.ts';
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { note, notes } from '../contracts/store-events.ts';
import { startRemote } from './remote.ts';

const LONG = 'long text '.repeat(2000);
let base: string;
let whole: string;
let copies = 0;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'awp-store-'));
  chmodSync(base, 0o755);
  whole = join(base, 'whole');
  const store = await openSqliteStore({ folder: whole });
  for (const run of ['r-first', 'r-second']) {
    const lease = await store.create(run, 'test');
    await store.append(lease, notes(run, 0, 40), 'full');
    await store.append(lease, [note(run, 41, LONG), note(run, 42)], 'full');
    await store.release(lease);
  }
  await store.close();
});

afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});

/** A copy of the whole store, with something done to it. */
function spoiled(spoil: (database: string, folder: string) => void): string {
  const folder = join(base, `copy-${++copies}`);
  cpSync(whole, folder, { recursive: true });
  spoil(join(folder, 'awp.db'), folder);
  return folder;
}

function sql(text: string): (database: string) => void {
  return (database) => {
    const db = new DatabaseSync(database);
    db.exec(text);
    db.close();
  };
}

/** Every file below a folder with the hash of its bytes. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${sha256(readFileSync(path))}`)
    .sort();
}

async function using<T>(folder: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({ folder });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const noise = (bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7919 + (index >> 3)) & 0xff));

describe('a database that cannot be used is refused, and its files stay as they are', () => {
  it.each<[string, string, (database: string) => void]>([
    ['random bytes', 'store/damaged', (path) => writeFileSync(path, noise(9000))],
    ['a few bytes', 'store/damaged', (path) => writeFileSync(path, 'x')],
    ['its first half', 'store/damaged', (path) => truncateSync(path, statSync(path).size / 2)],
    ['its first 60 bytes', 'store/damaged', (path) => truncateSync(path, 60)],
    [
      'its last page missing',
      'store/damaged',
      (path) => truncateSync(path, statSync(path).size - 4096),
    ],
    ['a newer schema', 'store/newer', sql('PRAGMA user_version = 99')],
    [
      'tables of another program',
      'store/damaged',
      (path) => {
        unlinkSync(path);
        sql('CREATE TABLE notes (text); INSERT INTO notes VALUES (1)')(path);
      },
    ],
  ])('%s: %s', async (_, code, spoil) => {
    const folder = spoiled(spoil);
    const before = filesOf(folder);
    const error = await openSqliteStore({ folder }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, hint: expect.any(String) });
    expect(filesOf(folder)).toEqual(before);
  });

  it('random bytes behind a good first page: store/damaged as soon as it is used', async () => {
    const folder = spoiled((path) => {
      const bytes = readFileSync(path);
      noise(bytes.length - 4096).copy(bytes, 4096);
      writeFileSync(path, bytes);
    });
    const before = readFileSync(join(folder, 'awp.db'));
    const use = using(folder, async (store) => await store.claim('r-first', 'test'));
    await expect(use).rejects.toMatchObject({ code: 'store/damaged' });
    expect(readFileSync(join(folder, 'awp.db')).equals(before)).toBe(true);
  });

  it('a folder in its place: store/io', async () => {
    const folder = spoiled((path) => {
      unlinkSync(path);
      mkdirSync(path);
    });
    await expect(openSqliteStore({ folder })).rejects.toMatchObject({ code: 'store/io' });
  });
});

describe('a run that is damaged is refused alone', () => {
  const place = (seq: number): string =>
    `place = (SELECT n FROM runs WHERE id = 'r-first') * 2147483648 + ${seq}`;
  const blob = join('runs', 'r-first', 'blobs', sha256(LONG));

  it.each<[string, number, (database: string, folder: string) => void]>([
    [
      'its text changed',
      7,
      sql(`UPDATE events SET text = replace(text, 'note 7', 'note 8') WHERE ${place(7)}`),
    ],
    [
      'its hash changed',
      9,
      sql(`UPDATE events SET hash = replace(hash, 'a', 'b') WHERE ${place(9)}`),
    ],
    ['it taken out', 5, sql(`DELETE FROM events WHERE ${place(5)}`)],
    ['the last one taken out', 42, sql(`DELETE FROM events WHERE ${place(42)}`)],
    ['all taken out', 1, sql('DELETE FROM events WHERE place < 2 * 2147483648')],
    [
      'the last one forgotten by the list of runs',
      41,
      sql(`UPDATE runs SET seq = 41 WHERE id = 'r-first'`),
    ],
    [
      'the files of its text changed in the row',
      41,
      sql(`UPDATE events SET blobs = NULL WHERE ${place(41)}`),
    ],
    ['the file of its text missing', 41, (_, folder) => unlinkSync(join(folder, blob))],
    [
      'the file of its text changed',
      41,
      (_, folder) => writeFileSync(join(folder, blob), LONG.toUpperCase()),
    ],
  ])('%s: event %i is named', async (_, seq, spoil) => {
    const folder = spoiled(spoil);
    const before = filesOf(folder);
    await using(folder, async (store) => {
      const damaged = { code: 'store/damaged', message: expect.stringContaining(`event ${seq}:`) };
      await expect(store.read('r-first', 0)).rejects.toMatchObject(damaged);
      await expect(store.claim('r-first', 'test')).rejects.toMatchObject(damaged);
      expect((await store.read('r-first', 0, 0)).length).toBe(0);
      expect(await store.read('r-second', 40)).toEqual([
        note('r-second', 41, LONG),
        note('r-second', 42),
      ]);
    });
    expect(filesOf(folder).filter((file) => !/-(wal|shm) /.test(file))).toEqual(before);
    await using(folder, async (store) => {
      const lease = await store.claim('r-second', 'test');
      await store.append(lease, [note('r-second', 43)], 'full');
      expect(await store.read('r-second', 42)).toEqual([note('r-second', 43)]);
    });
  });

  it('also in the middle of a batch, where the others are committed', async () => {
    const folder = spoiled(() => {});
    await using(folder, async (store) => {
      const [bad, good] = [
        await store.claim('r-first', 'test'),
        await store.claim('r-second', 'test'),
      ];
      const row = `((SELECT n FROM runs WHERE id = 'r-first') * 2147483648 + 43, '{}', NULL, '')`;
      sql(`INSERT INTO events (place, text, blobs, hash) VALUES ${row}`)(join(folder, 'awp.db'));
      const [first, second] = await Promise.allSettled([
        store.append(bad, [note('r-first', 43)], 'full'),
        store.append(good, [note('r-second', 43)], 'full'),
      ]);
      expect(first).toMatchObject({ status: 'rejected', reason: { code: 'store/damaged' } });
      expect(second.status).toBe('fulfilled');
      expect((await store.find('r-first')).seq).toBe(42);
    });
  });
});

describe('where nothing can be written', () => {
  const root = process.getuid?.() === 0;
  const NOBODY = 65_534;
  /** Whether a process of another user can run our code at all: it may lie in a closed folder. */
  const others =
    root &&
    (() => {
      const script = `import(${JSON.stringify(join(import.meta.dirname, 'remote.ts'))})`;
      return spawnSync(process.execPath, ['-e', script], { uid: NOBODY, gid: NOBODY }).status === 0;
    })();
  const possible = root ? others : process.platform !== 'win32';

  it.skipIf(!possible).each<[string, (folder: string) => void]>([
    ['a folder', (folder) => chmodSync(folder, 0o555)],
    ['a database', (folder) => chmodSync(join(folder, 'awp.db'), 0o444)],
  ])('%s is store/read-only, and stays as it is', async (_, close) => {
    const folder = spoiled(() => {});
    if (root) chmodSync(folder, 0o777);
    close(folder);
    const before = filesOf(folder);
    const child = startRemote({ folder, ...(root ? { uid: NOBODY } : {}) });
    await expect(child.ask('open')).rejects.toMatchObject({ code: 'store/read-only' });
    await child.kill();
    expect(filesOf(folder)).toEqual(before);
    chmodSync(folder, 0o755);
  });

  it.skipIf(!possible)(
    'a folder in which none can be made is store/read-only at the first write',
    async () => {
      const parent = join(base, 'closed');
      mkdirSync(parent);
      chmodSync(parent, 0o555);
      const child = startRemote({ folder: join(parent, '.awp'), ...(root ? { uid: NOBODY } : {}) });
      await child.ask('open');
      expect(await child.ask('list')).toEqual([]);
      await expect(child.ask('create', 'r-1')).rejects.toMatchObject({ code: 'store/read-only' });
      await child.kill();
      expect(existsSync(join(parent, '.awp'))).toBe(false);
    },
  );

  /** A disk of 2 MB of its own, for one process. */
  const smallDisk = (at: string): string[] => [
    'unshare',
    '-m',
    'sh',
    '-c',
    `mount -t tmpfs -o size=2m tmpfs '${at}' && exec "$0" "$@"`,
  ];
  const [command = '', ...args] = [...smallDisk('/mnt'), 'true'];
  /** Lets the n-th sync of a process fail once. */
  const failing = (nth: string): string[] => [
    'strace',
    '-f',
    '-qq',
    '-e',
    'trace=fsync',
    '-e',
    `inject=fsync:error=EIO:when=${nth}`,
  ];
  const traces = spawnSync('strace', [...failing('1').slice(1), 'true']).status === 0;
  const mounts = spawnSync(command, args).status === 0;

  it.skipIf(!traces)('a failed sync is store/io, and nothing is written after it', async () => {
    const folder = spoiled(() => {});
    const child = startRemote({ folder, through: [...failing('15'), '-o', '/dev/null'] });
    await child.ask('open');
    await child.ask('create', 'r-sync');
    await expect(child.ask('fill', 'r-sync')).rejects.toMatchObject({ code: 'store/io' });
    const next = child.last.get('r-sync') ?? 0;
    expect(next).toBeGreaterThan(0);
    const again = child.ask('append', 'r-sync', next, 1);
    await expect(again).rejects.toMatchObject({ code: 'store/io' });
    await expect(child.ask('close')).rejects.toMatchObject({ code: 'store/io' });
    await child.kill();
  });

  it.skipIf(!mounts)(
    'a full disk is store/full, and all that was acknowledged can be read',
    async () => {
      const disk = join(base, 'disk');
      mkdirSync(disk);
      const child = startRemote({ folder: join(disk, '.awp'), through: smallDisk(disk) });
      await child.ask('open');
      await child.ask('create', 'r-full');
      await expect(child.ask('fill', 'r-full')).rejects.toMatchObject({ code: 'store/full' });
      const log = (await child.ask('read', 'r-full')) as unknown[];
      expect(log.length).toBe(child.last.get('r-full'));
      expect(log.length).toBeGreaterThan(20);
      await child.kill();
    },
  );
});
