/** A durable step: one event appended and safe, against writing and fdatasync in the same folder. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import type { RunEvent } from '../../src/events/event.ts';
import type { Store } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { median } from '../table.ts';
import { folder, report } from '../world.ts';

const STEPS = 1000;
const filler = 'x'.repeat(250);

function event(run: string, seq: number): RunEvent {
  return {
    v: 1,
    run,
    seq,
    ts: '2026-01-01T00:00:00.000Z',
    type: 'security.denied',
    depth: 0,
    data: { tool: 't', reason: filler },
  };
}

/** The median time of an append that nothing else goes with, in milliseconds. */
async function steps(store: Store, run: string, durability: 'full' | 'batched'): Promise<number> {
  const lease = await store.create(run, 'bench');
  const times: number[] = [];
  for (let seq = 1; seq <= STEPS; seq++) {
    const start = performance.now();
    await store.append(lease, [event(run, seq)], durability);
    times.push(performance.now() - start);
  }
  await store.release(lease);
  return median(times);
}

function floor(path: string): number {
  const file = openSync(`${path}/floor`, 'w');
  const line = Buffer.from(`${JSON.stringify(event('r-floor', 1))}\n`);
  const times: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const start = performance.now();
    writeSync(file, line);
    fdatasyncSync(file);
    times.push(performance.now() - start);
  }
  closeSync(file);
  return median(times);
}

/** Events a second of 200 runs that each append one after another. */
async function throughput(store: Store, name: string): Promise<number> {
  const runs = Array.from({ length: 200 }, (_, index) => `r-${name}${index}`);
  const leases = await Promise.all(runs.map((run) => store.create(run, 'bench')));
  const start = performance.now();
  await Promise.all(
    leases.map(async (lease) => {
      for (let seq = 1; seq <= 100; seq++)
        await store.append(lease, [event(lease.run, seq)], 'full');
    }),
  );
  return (200 * 100) / ((performance.now() - start) / 1000);
}

using place = folder();
const store = await openSqliteStore({ folder: `${place.path}/.awp` });
await steps(store, 'r-warm', 'full');
const before = floor(place.path);
const full = await steps(store, 'r-full', 'full');
const batched = await steps(store, 'r-batched', 'batched');
await throughput(store, 'warm');
const perSecond = await throughput(store, 'many');
const sync = { name: 'write and fdatasync', value: median([before, floor(place.path)]) };
await store.close();
report([
  {
    name: 'durable step, synced, one after another',
    value: full,
    unit: 'ms wall',
    floor: sync,
    recorded: 'Restate 1.26, DBOS 1.77',
    aim: { timesFloor: 2 },
  },
  {
    name: 'durable step, batched, one after another',
    value: batched,
    unit: 'ms wall',
    floor: sync,
    aim: { atMost: 0.06 },
  },
  {
    name: 'durable step, synced, 200 runs at once',
    value: 1000 / perSecond,
    unit: 'ms wall',
    floor: sync,
  },
  {
    name: 'durable events, synced, 200 runs at once',
    value: perSecond,
    unit: 'a second',
    floor: { name: 'write and fdatasync', value: 1000 / sync.value },
  },
]);
