/**
 * CPU per agent call with an in-process stub; budget, output check and the log of every event are on.
 * Ten turns of a hundred workers (the most that one turn may have) with one call each. Parts:
 * `memory` or `disk`, how many workers are at work at once, and how often the whole is done before it
 * is measured: once, as with other stacks, or until the process is warm.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { cpuMs, folder, loopOptions, loopScript, measured, report } from '../world.ts';

const CALLS = 10 * 100 + 11;
const [place = 'memory', parallel = '1', warmUps = '1'] = process.argv.slice(2);

/** The store is made anew for each iteration, as other stacks were measured without a memory. */
async function cpuPerCall(store: Store): Promise<number> {
  const options = loopOptions(loopScript({ turns: 10, workers: 100, tools: false }), {
    store,
    durability: 'batched',
  });
  const budget = { ...options.budget, parallel: Number(parallel) };
  const start = cpuMs();
  const { usage } = await new AgentWorkflow({ ...options, budget }).run();
  if (usage.modelCalls !== CALLS) throw new Error(`${usage.modelCalls} calls`);
  return (cpuMs() - start) / CALLS;
}

/** As the floor of the recorded figures was measured: as many calls, and as warm. */
async function cpuPerAwait(): Promise<number> {
  const stub = async (): Promise<{ text: string }> => ({ text: 'x' });
  const start = cpuMs();
  for (let call = 0; call < CALLS; call++) await stub();
  return (cpuMs() - start) / CALLS;
}

using temporary = folder();
const open = (): Promise<Store> | Store =>
  place === 'disk'
    ? openSqliteStore({ folder: mkdtempSync(join(temporary.path, 'home-')) })
    : memoryStore({ folder: temporary.path });
async function once(): Promise<number> {
  const store = await open();
  try {
    return await cpuPerCall(store);
  } finally {
    await store.close();
  }
}

const order = parallel === '1' ? 'one after another' : `${parallel} at once`;
const state = warmUps === '1' ? '' : ', warm process';
report([
  {
    name: `agent call, ${order}, ${place === 'disk' ? 'store on disk, batched' : 'memory store'}${state}`,
    value: await measured(once, Number(warmUps)),
    unit: 'ms CPU',
    floor: { name: 'awaiting a stub', value: await measured(cpuPerAwait, Number(warmUps)) },
    recorded:
      parallel === '1'
        ? 'AgentKit 0.101 (250x), AI SDK 7 0.156 (390x)'
        : 'AgentKit 0.097 (240x), AI SDK 7 0.223 (560x)',
    ...(place === 'memory' && { aim: { below: 0.101 } }),
  },
]);
