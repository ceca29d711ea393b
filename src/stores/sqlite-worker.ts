import { parentPort, workerData } from 'node:worker_threads';
import { toStoreError, toWire } from './sqlite-errors.ts';
import { databasePath } from './sqlite-home.ts';
import type { Answer, Request, WriterSettings } from './sqlite-messages.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** The writer thread: commits batches as they come and syncs in time what was not synced. */

/** Batched events are synced at least every 50 ms (decision 7); the rest is for the sync itself. */
const SYNC_AFTER_MS = 40;

const settings = workerData as WriterSettings;
const answer = (message: Answer): void => parentPort?.postMessage(message);
const wire = (error: unknown) => toWire(toStoreError(error, databasePath(settings.home)));

function serve(writer: SqliteWriter): void {
  let timer: NodeJS.Timeout | undefined;
  let due: number | undefined;

  const syncWhenDue = (): void => {
    clearTimeout(timer);
    if (due !== undefined && performance.now() >= due) {
      writer.sync();
      due = undefined;
    }
    if (!writer.unsynced) {
      due = undefined;
      return;
    }
    due ??= performance.now() + SYNC_AFTER_MS;
    timer = setTimeout(syncWhenDue, Math.max(0, due - performance.now()));
  };

  parentPort?.on('message', (request: Request) => {
    if (request.kind === 'batch') {
      answer({ kind: 'done', outcomes: writer.commit(request.batch) });
      syncWhenDue();
      return;
    }
    clearTimeout(timer);
    try {
      writer.close();
      answer({ kind: 'closed' });
    } catch (error) {
      answer({ kind: 'closed', error: wire(error) });
    }
    parentPort?.close();
  });
}

try {
  const writer = new SqliteWriter(settings);
  answer({ kind: 'opened' });
  serve(writer);
} catch (error) {
  answer({ kind: 'refused', error: wire(error) });
}
