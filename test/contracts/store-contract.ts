import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import type { RunEvent } from '../../src/events/event.ts';
import type { RunStatus } from '../../src/events/state.ts';
import type { Store } from '../../src/ports/store.ts';
import { event, note, notes, started, timeOf } from './store-events.ts';

/** What a store under test is opened with. */
export interface StoreSettings {
  leaseMs: number;
  clock: { now(): number };
}

type Open = (settings: StoreSettings) => Promise<Store>;

/** What every store promises. `open` gives an empty one; it is closed here. */
export function storeContract(name: string, open: Open): void {
  describe(`${name}: the store contract`, () => {
    let time = 1_000_000;
    let runs = 0;
    let store: Store;
    const newRun = (): string => `r-${String(++runs).padStart(10, '0')}`;
    const clock = { now: () => time + 0.25 };

    beforeAll(async () => {
      store = await open({ leaseMs: 10_000, clock });
    });
    afterAll(async () => {
      await store.close();
    });

    describe('events', () => {
      it('come back as they were, from any number on, as many as asked for', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        const written = [started(run), ...notes(run, 1, 6)];
        await store.append(lease, written.slice(0, 3), 'full');
        await store.append(lease, written.slice(3), 'batched');
        expect(await store.read(run, 0)).toEqual(written);
        expect(await store.read(run, 4)).toEqual(written.slice(4));
        expect(await store.read(run, 2, 3)).toEqual(written.slice(2, 5));
        expect(await store.read(run, 7)).toEqual([]);
        expect(await store.read(run, 99)).toEqual([]);
      });

      it('are pages of 1,000 unless more are asked for', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        const written = notes(run, 0, 2500);
        await store.append(lease, written, 'batched');
        expect(await store.read(run, 0)).toEqual(written.slice(0, 1000));
        expect(await store.read(run, 1000)).toEqual(written.slice(1000, 2000));
        expect(await store.read(run, 0, 10_000)).toEqual(written);
      });

      it('cannot be changed by who wrote or read them', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        const written = note(run, 1, { list: [1, 2] });
        const copy = structuredClone(written);
        await store.append(lease, [written], 'full');
        Object.assign(written, { ts: 'changed' });
        const [read] = await store.read(run, 0);
        Object.assign(read?.data ?? {}, { data: 'changed' });
        expect(await store.read(run, 0)).toEqual([copy]);
      });

      it('must follow the last one without a gap', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        await store.append(lease, notes(run, 0, 2), 'full');
        for (const wrong of [[note(run, 2)], [note(run, 4)], [note(run, 3), note(run, 5)]]) {
          await expect(store.append(lease, wrong, 'full')).rejects.toMatchObject({
            code: 'internal/bug',
          });
        }
        await store.append(lease, [note(run, 3)], 'full');
        expect(await store.read(run, 0)).toEqual(notes(run, 0, 3));
      });

      it('of an empty append are none', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        await store.append(lease, [], 'full');
        expect(await store.read(run, 0)).toEqual([]);
      });

      it('keep strings of any size and kind, also those that look like a reference', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        const long = 'ä"\\\n\u{1F600}'.repeat(6000);
        const values = [
          long,
          { deep: [{ a: long, b: 'short' }, long], __proto: long },
          JSON.parse(`{"__proto__": ${JSON.stringify(long)}, "constructor": "c"}`),
          `half a character \ud800 ${'x'.repeat(20_000)}`,
          { blobs: [['0'.repeat(64), 'data', 'data']], text: '' },
          [`[["${'0'.repeat(64)}","data"]]`, { $blob: '0'.repeat(64) }, ''],
          '',
        ];
        const written = values.map((value, index) => note(run, index + 1, value));
        for (const each of written) await store.append(lease, [each], 'batched');
        const read = await store.read(run, 0);
        expect(read.map((each) => JSON.stringify(each))).toEqual(
          written.map((each) => JSON.stringify(each)),
        );
      });

      it('of random batches from several runs come back equal and in order', async () => {
        const data = fc.jsonValue();
        const batch = fc.record({
          run: fc.nat({ max: 3 }),
          data: fc.array(data, { minLength: 1, maxLength: 4 }),
          full: fc.boolean(),
        });
        await fc.assert(
          fc.asyncProperty(fc.array(batch, { maxLength: 12 }), async (batches) => {
            const ids = [newRun(), newRun(), newRun(), newRun()];
            const leases = await Promise.all(ids.map((id) => store.create(id, 'me')));
            const logs: RunEvent[][] = ids.map(() => []);
            const done = batches.map(({ run, data, full }) => {
              const log = logs[run]!;
              const added = data.map((value, index) =>
                note(ids[run]!, log.length + 1 + index, value as Json),
              );
              log.push(...added);
              return store.append(leases[run]!, added, full ? 'full' : 'batched');
            });
            await Promise.all(done);
            for (const [index, id] of ids.entries()) {
              const read = await store.read(id, 0);
              expect(JSON.stringify(read)).toBe(JSON.stringify(logs[index]));
            }
          }),
          { numRuns: 25 },
        );
      });
    });

    describe('a lease', () => {
      it('is for one owner, and says who it is', async () => {
        const run = newRun();
        expect(await store.create(run, 'first')).toEqual({ run, owner: 'first', epoch: 1 });
        await expect(store.create(run, 'second')).rejects.toMatchObject({ code: 'store/exists' });
        await expect(store.claim(run, 'second')).rejects.toMatchObject({
          code: 'store/locked',
          message: expect.stringContaining('first'),
          retryAfterMs: store.leaseMs,
        });
        expect((await store.find(run)).owner).toEqual({
          name: 'first',
          until: time + store.leaseMs,
        });
      });

      it('that runs out can be taken over, and its old owner writes no more', async () => {
        const run = newRun();
        const old = await store.create(run, 'first');
        await store.append(old, [note(run, 1)], 'full');
        time += store.leaseMs + 1;
        expect((await store.find(run)).owner).toBeUndefined();
        const taken = await store.claim(run, 'second');
        expect(taken.epoch).toBe(2);
        const fenced = { code: 'store/fenced' };
        await expect(store.append(old, [note(run, 2)], 'full')).rejects.toMatchObject(fenced);
        await expect(store.renew(old)).rejects.toMatchObject(fenced);
        await store.release(old);
        await store.append(taken, [note(run, 2, 'mine')], 'full');
        expect(await store.read(run, 1)).toEqual([note(run, 2, 'mine')]);
      });

      it('that nobody took over can be used after its time', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        time += store.leaseMs * 5;
        await store.append(lease, [note(run, 1)], 'full');
        await expect(store.claim(run, 'other')).rejects.toMatchObject({ code: 'store/locked' });
      });

      it('lives on by renewing and by writing', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        for (let seq = 1; seq <= 3; seq++) {
          time += store.leaseMs * 0.9;
          if (seq % 2 === 0) await store.renew(lease);
          else await store.append(lease, [note(run, (seq + 1) / 2)], 'full');
          await expect(store.claim(run, 'other')).rejects.toMatchObject({ code: 'store/locked' });
        }
      });

      it('that is given back can be had at once, by the same owner too', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        await store.release(lease);
        expect((await store.find(run)).owner).toBeUndefined();
        await expect(store.renew(lease)).rejects.toMatchObject({ code: 'store/fenced' });
        const again = await store.claim(run, 'me');
        expect(again.epoch).toBe(2);
        const late = store.append(lease, [note(run, 1)], 'full');
        await expect(late).rejects.toMatchObject({ code: 'store/fenced' });
      });

      it('that is lost fails its own run only, in the same turn too', async () => {
        const [mine, lost] = [newRun(), newRun()];
        const leases = [await store.create(mine, 'me'), await store.create(lost, 'me')] as const;
        await store.release(leases[1]);
        const done = await Promise.allSettled([
          store.append(leases[0], [note(mine, 1)], 'full'),
          store.append(leases[1], [note(lost, 1)], 'full'),
          store.append(leases[0], [note(mine, 2)], 'batched'),
        ]);
        expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(await store.read(mine, 0)).toEqual(notes(mine, 0, 2));
        expect(await store.read(lost, 0)).toEqual([]);
      });

      it('of a run that is not there is refused', async () => {
        const missing = { code: 'store/not-found' };
        await expect(store.claim('r-missing', 'me')).rejects.toMatchObject(missing);
        await expect(store.read('r-missing', 0)).rejects.toMatchObject(missing);
      });
    });

    describe('a summary', () => {
      const end = { text: '', result: {} };
      const finished = (data: object): Ending => ['run.finished', { ...end, ...data }];
      type Ending = ['run.finished' | 'run.stopped' | 'run.paused', object];
      const endings: [Ending, { status: RunStatus; reason: string | undefined }][] = [
        [finished({ status: 'complete' }), { status: 'complete', reason: undefined }],
        [
          finished({ status: 'partial', reason: 'budget/tokens' }),
          { status: 'partial', reason: 'budget/tokens' },
        ],
        [finished({ status: 'failed', reason: 'a/b' }), { status: 'failed', reason: 'a/b' }],
        [['run.stopped', { reason: 'user' }], { status: 'cancelled', reason: 'user' }],
        [['run.paused', { reason: 'ask' }], { status: 'paused', reason: 'ask' }],
      ];
      it.each(endings)('after %j is %j, and running once it is resumed', async (ending, wanted) => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        const [type, data] = ending;
        const last = event({ run, seq: 2 }, type, data as RunEvent['data'] as never);
        await store.append(lease, [started(run), last], 'full');
        expect(await store.find(run)).toMatchObject({ ...wanted, seq: 2 });
        const resumed = event({ run, seq: 3 }, 'run.resumed', { abandoned: [], version: '1' });
        await store.append(lease, [resumed], 'full');
        expect(await store.find(run)).toMatchObject({ status: 'running', reason: undefined });
      });

      it('tells what the run is about, and when it began and went on', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        expect(await store.find(run)).toMatchObject({ status: 'running', seq: 0, startedAt: time });
        await store.append(lease, [started(run, `${'t'.repeat(499)}\u{1F600}`)], 'full');
        await store.append(lease, notes(run, 1, 3), 'batched');
        expect(await store.find(run)).toEqual({
          run,
          status: 'running',
          reason: undefined,
          name: 'words',
          task: `${'t'.repeat(499)}\ufffd`,
          model: 'demo/manager',
          simulated: true,
          startedAt: timeOf(1),
          updatedAt: timeOf(4),
          seq: 4,
          owner: { name: 'me', until: time + store.leaseMs },
        });
      });

      it('is listed newest first, by status, and no more than asked for', async () => {
        const ids = [newRun(), newRun(), newRun()];
        for (const id of ids) {
          const lease = await store.create(id, 'me');
          const stop = event({ run: id, seq: 1 }, 'run.stopped', { reason: 'user' });
          if (id !== ids[1]) await store.append(lease, [stop], 'full');
        }
        const listed = async (filter: Parameters<Store['list']>[0]): Promise<string[]> =>
          (await store.list(filter)).map(({ run }) => run);
        expect(await listed({ limit: 3 })).toEqual([ids[2], ids[1], ids[0]]);
        expect(await listed({ status: 'cancelled', limit: 2 })).toEqual([ids[2], ids[0]]);
        expect(await listed({ status: 'running', limit: 1 })).toEqual([ids[1]]);
        expect(await listed({ status: 'waiting' })).toEqual([]);
        expect((await listed({})).length).toBe(runs);
      });

      it('is found by its id or a prefix that no other run has', async () => {
        for (const id of ['p-abc1', 'p-abc2', 'p-abc', 'p-x_y', 'p-x%y']) {
          if (id !== 'p-x%y') await store.create(id, 'me');
        }
        const found = async (prefix: string): Promise<string> => (await store.find(prefix)).run;
        expect(await found('p-abc1')).toBe('p-abc1');
        expect(await found('p-abc')).toBe('p-abc');
        expect(await found('p-x')).toBe('p-x_y');
        await expect(found('p-ab')).rejects.toMatchObject({
          code: 'store/ambiguous',
          message: expect.stringContaining('p-abc1'),
        });
        for (const none of ['', 'q', 'p-abc3', 'p-%', 'p_', 'P-ABC1']) {
          await expect(found(none)).rejects.toMatchObject({ code: 'store/not-found' });
        }
      });

      it.each(['', '.', '../x', 'a/b', 'a\\b', '-x', '.hidden', 'a\u0000', 'x'.repeat(81)])(
        'is never of a run called %j, which could not be a folder',
        async (run) => {
          await expect(store.create(run, 'me')).rejects.toMatchObject({ code: 'usage/run-id' });
          expect(() => store.folder(run)).toThrow();
        },
      );
    });

    describe('a follower', () => {
      const ever = new AbortController().signal;

      it('is told at once when there is more than it knows', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        await store.append(lease, notes(run, 0, 2), 'full');
        await store.changed(run, 1, ever);
        await store.changed(run, 0, ever);
      });

      it('is told when the log grows, and when it does not want to wait any more', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        const stop = new AbortController();
        const grown = store.changed(run, 0, ever);
        const aborted = store.changed(run, 1, stop.signal);
        await store.append(lease, [note(run, 1)], 'full');
        await grown;
        stop.abort();
        await aborted;
        await store.changed(run, 1, AbortSignal.abort());
      });

      it('may wait for a run before it is there', async () => {
        const run = newRun();
        const there = store.changed(run, 0, ever);
        await store.append(await store.create(run, 'me'), [note(run, 1)], 'full');
        await there;
      });

      it('sees every event once and in order, however it is woken', async () => {
        const run = newRun();
        const lease = await store.create(run, 'me');
        const follow = async (): Promise<RunEvent[]> => {
          const seen: RunEvent[] = [];
          while (seen.length < 60) {
            await store.changed(run, seen.length, ever);
            seen.push(...(await store.read(run, seen.length, 7)));
          }
          return seen;
        };
        const followers = [follow(), follow()];
        for (let seq = 0; seq < 60; seq += 3) {
          await store.append(lease, notes(run, seq, 3), seq % 2 ? 'full' : 'batched');
          if (seq === 30) followers.push(follow());
        }
        for (const seen of await Promise.all(followers)) expect(seen).toEqual(notes(run, 0, 60));
      });
    });

    it('ends all waiting when it is closed, and then refuses', async () => {
      const own = await open({ leaseMs: 10_000, clock });
      const lease = await own.create('r-last', 'me');
      const waiting = own.changed('r-last', 0, new AbortController().signal);
      await own.close();
      await waiting;
      await own.close();
      const calls = [
        () => own.create('r-more', 'me'),
        () => own.claim('r-last', 'me'),
        () => own.append(lease, [note('r-last', 1)], 'full'),
        () => own.read('r-last', 0),
        () => own.list(),
        () => own.find('r-last'),
        () => own.changed('r-last', 0, new AbortController().signal),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({ code: 'internal/bug' });
      }
    });
  });
}
