import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './sqlite-errors.ts';
import { migrate } from './sqlite-schema.ts';

/** How long a writer waits for other processes before `store/busy`, in milliseconds. */
const BUSY_LIMIT_MS = 5000;

const napping = new Int32Array(new SharedArrayBuffer(4));

/**
 * Does something again while another connection is in the way, for up to five seconds. SQLite's own
 * waiting sleeps longer each time and serves nobody in turn; short random naps gave four processes
 * shares within 9 % and a p99 four to seven times lower (experiments, spike 1). It puts the whole
 * thread to sleep, so it may only be used in the writer's.
 */
export function whenFree<T>(action: () => T): T {
  const deadline = performance.now() + BUSY_LIMIT_MS;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(napping, 0, 0, 0.3 + 1.5 * Math.random());
    }
  }
}

/** Opens the database to be written, makes it when it is new, and leads it to our schema. */
export function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    const mode = whenFree(() => db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode);
    if (mode !== 'wal') throw new Error(`no write-ahead log is possible there, only ${mode}`);
    db.exec('PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864');
    // On macOS a plain sync stops at the disk's own memory; elsewhere this changes nothing.
    db.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA synchronous = FULL');
    whenFree(() => migrate(db, path));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
