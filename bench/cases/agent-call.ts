/** CPU per agent call with an in-process stub; budget, output check and events are on. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { collect, cpuMs, folder, loopOptions, loopScript, median, report } from '../world.ts';

const CALLS = 10 * 100 + 11;

/** Ten turns of a hundred workers with one call each, `parallel` at a time. */
async function cpuPerCall(store: Store, parallel: number): Promise<number> {
  const script = loopScript({ turns: 10, workers: 100, tools: false });
  const options = loopOptions(script, { store, durability: 'batched' });
  collect();
  const start = cpuMs();
  const result = await new AgentWorkflow({
    ...options,
    budget: { ...options.budget, parallel },
  }).run();
  if (result.usage.modelCalls !== CALLS) throw new Error(`${result.usage.modelCalls} calls`);
  return (cpuMs() - start) / CALLS;
}

/** The store is made anew for each iteration, as the peers were measured without a memory. */
async function measured(open: () => Promise<Store>, parallel: number): Promise<number> {
  const one = async (): Promise<number> => {
    const store = await open();
    try {
      return await cpuPerCall(store, parallel);
    } finally {
      await store.close();
    }
  };
  await one();
  const values: number[] = [];
  for (let round = 0; round < 5; round++) values.push(await one());
  return median(values);
}

async function floor(): Promise<number> {
  const stub = async (): Promise<{ text: string }> => ({ text: 'x' });
  const values: number[] = [];
  for (let round = 0; round < 6; round++) {
    const start = cpuMs();
    for (let call = 0; call < 100_000; call++) await stub();
    values.push((cpuMs() - start) / 100_000);
  }
  return median(values);
}

using place = folder();
const promise = { name: 'awaiting a stub', value: await floor() };
const memory = async (): Promise<Store> => memoryStore({ folder: place.path });
const disk = (): Promise<Store> =>
  openSqliteStore({ folder: mkdtempSync(join(place.path, 'home-')) });
const one = await measured(memory, 1);
const many = await measured(memory, 100);
const oneOnDisk = await measured(disk, 1);
const manyOnDisk = await measured(disk, 100);
const aim = (value: number) => ({
  text: 'below 0.101 ms (AgentKit; AI SDK 0.156)',
  met: value < 0.101,
});
report([
  {
    name: 'agent call, one after another, memory store',
    value: one,
    unit: 'ms CPU',
    floor: promise,
    aim: aim(one),
  },
  {
    name: 'agent call, 100 at once, memory store',
    value: many,
    unit: 'ms CPU',
    floor: promise,
    aim: aim(many),
  },
  {
    name: 'agent call, one after another, store on disk, batched',
    value: oneOnDisk,
    unit: 'ms CPU',
    floor: promise,
  },
  {
    name: 'agent call, 100 at once, store on disk, batched',
    value: manyOnDisk,
    unit: 'ms CPU',
    floor: promise,
  },
]);
