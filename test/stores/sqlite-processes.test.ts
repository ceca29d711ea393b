import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { note, notes } from '../contracts/store-events.ts';
import { type Remote, type RemoteOptions, startRemote } from './remote.ts';

let base: string;
let folder: string;
let remotes: Remote[];
let stores: Store[];

async function remote(options: Partial<RemoteOptions> = {}): Promise<Remote> {
  const started = startRemote({ folder, ...options });
  remotes.push(started);
  await started.ask('open');
  return started;
}

async function open(leaseMs = 10_000): Promise<Store> {
  const store = await openSqliteStore({ folder, leaseMs });
  stores.push(store);
  return store;
}

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'awp-store-'));
  folder = join(base, '.awp');
  remotes = [];
  stores = [];
});

afterEach(async () => {
  await Promise.all([...remotes.map((each) => each.kill()), ...stores.map((each) => each.close())]);
  rmSync(base, { recursive: true, force: true });
});

describe('several processes and one database', () => {
  it('lose nothing that was acknowledged when a writer is killed ten times', {
    timeout: 120_000,
  }, async () => {
    const store = await open();
    const runs = ['r-kill-a', 'r-kill-b', 'r-kill-c'];
    for (const run of runs) await store.release(await store.create(run, 'test'));
    for (let round = 0; round < 10; round++) {
      const writer = await remote();
      const ends = new Map<string, number>();
      for (const run of runs) {
        // The owner before was killed: its process is surely gone, so no lease is waited for.
        await writer.ask('claim', run);
        ends.set(run, (await store.find(run)).seq);
      }
      const floods = runs.map((run) => writer.ask('flood', run, ends.get(run)));
      const ended = Promise.allSettled(floods);
      await writer.acknowledged(5 + round * 7);
      await writer.kill();
      await ended;
      for (const run of runs) {
        const log = await store.read(run, 0, 100_000);
        expect(log).toEqual(notes(run, 0, log.length));
        expect(log.length).toBeGreaterThanOrEqual(writer.last.get(run) ?? 0);
      }
    }
  });

  it('write different runs at the same time', async () => {
    const writers = await Promise.all([remote(), remote()]);
    await Promise.all(writers.map((writer, index) => writer.ask('create', `r-both-${index}`)));
    await Promise.all(
      writers.map((writer, index) => writer.ask('append', `r-both-${index}`, 0, 300)),
    );
    const store = await open();
    for (const run of ['r-both-0', 'r-both-1']) {
      expect(await store.read(run, 0)).toEqual(notes(run, 0, 300));
    }
    await expect(store.claim('r-both-0', 'test')).rejects.toMatchObject({
      code: 'store/locked',
      message: expect.stringMatching(/child, process \d+/),
    });
  });

  it('give a run of a process that hangs to another when its lease has run out', async () => {
    const store = await open();
    const hung = await remote({ leaseMs: 250 });
    await hung.ask('create', 'r-hung');
    await hung.ask('append', 'r-hung', 0, 2);
    hung.signal('SIGSTOP');
    const claimed = await (async () => {
      for (;;) {
        try {
          return await store.claim('r-hung', 'test');
        } catch (error) {
          const { code, retryAfterMs } = error as { code: string; retryAfterMs: number };
          expect(code).toBe('store/locked');
          await pause(retryAfterMs);
        }
      }
    })();
    expect(claimed.epoch).toBe(2);
    hung.signal('SIGCONT');
    await expect(hung.ask('append', 'r-hung', 2, 1)).rejects.toMatchObject({
      code: 'store/fenced',
    });
    await store.append(claimed, [note('r-hung', 3, 'mine')], 'full');
    expect(await store.read('r-hung', 2)).toEqual([note('r-hung', 3, 'mine')]);
  });

  it('follow a run live, each event once and in order, even before it is there', async () => {
    const follower = await remote();
    const seen = follower.ask('follow', 'r-live', 200);
    const store = await open();
    const lease = await store.create('r-live', 'test');
    for (let seq = 0; seq < 200; ) {
      const count = Math.min(200 - seq, 1 + (seq % 9));
      await store.append(lease, notes('r-live', seq, count), seq % 2 ? 'full' : 'batched');
      seq += count;
      if (seq % 5 === 0) await pause(1);
    }
    expect(await seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('are told of another store in the same process too', async () => {
    const [writer, reader] = [await open(), await open()];
    const lease = await writer.create('r-two', 'test');
    const grown = reader.changed('r-two', 0, new AbortController().signal);
    await writer.append(lease, [note('r-two', 1)], 'full');
    await grown;
    expect(await reader.read('r-two', 0)).toEqual([note('r-two', 1)]);
  });

  it('leave no thread behind: a process ends by itself, closed or not', async () => {
    for (const close of [true, false]) {
      const run = `r-end-${close}`;
      const child = await remote();
      await child.ask('create', run);
      await child.ask('append', run, 0, 3);
      if (close) await child.ask('close');
      expect(await child.end()).toBe(0);
      expect(await (await open()).read(run, 0)).toEqual(notes(run, 0, 3));
    }
  });
});

it('keeps the write-ahead log small while a reader stalls in the middle of a log', async () => {
  const store = await open();
  const stalled = await open();
  const lease = await store.create('r-long', 'test');
  await store.append(lease, notes('r-long', 0, 1500), 'batched');
  expect(await stalled.read('r-long', 0)).toHaveLength(1000);
  const waiting = new AbortController();
  const changed = stalled.changed('r-long', 99_999, waiting.signal);
  let largest = 0;
  for (let seq = 1500; seq < 6500; seq += 100) {
    const events = Array.from({ length: 100 }, (_, at) =>
      note('r-long', seq + at + 1, 'x'.repeat(16_000)),
    );
    await store.append(lease, events, 'batched');
    largest = Math.max(largest, statSync(join(folder, 'awp.db-wal')).size);
  }
  waiting.abort();
  await changed;
  expect(statSync(join(folder, 'awp.db')).size).toBeGreaterThan(70_000_000);
  expect(largest).toBeLessThan(64 * 1024 * 1024);
});
