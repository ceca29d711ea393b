/**
 * A chain of 1,000 bare nodes with the store on disk: what each node's step is safe before the next
 * one starts, against writing and fdatasync in the same folder.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AgentGraph } from '../../src/data/agent-graph.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { functions, limits, whole } from '../graphs/ours.ts';
import { chain, Work } from '../graphs/shapes.ts';
import { median } from '../table.ts';
import { cpuMs, folder, report } from '../world.ts';

const ROUNDS = 5;
const shape = chain(1000);
const work = new Work(shape);
const LINE = Buffer.from(`${'x'.repeat(600)}\n`);
using place = folder();

interface Spent {
  /** Milliseconds a node. */
  cpu: number;
  wall: number;
}

async function run(durability: 'full' | 'batched'): Promise<Spent> {
  const nodes = functions(shape, (node, inputs) => work.of(node, inputs));
  const graph = new AgentGraph({ ...limits(shape), nodes, durability });
  const store = await openSqliteStore({ folder: mkdtempSync(join(place.path, 'home-')) });
  const [cpu, wall] = [cpuMs(), performance.now()];
  const result = await graph.run({ store });
  const count = shape.nodes.length;
  const spent = { cpu: (cpuMs() - cpu) / count, wall: (performance.now() - wall) / count };
  whole(result);
  work.check();
  await store.close();
  return spent;
}

/** Milliseconds for one line that is written and safe. */
function synced(): number {
  const file = openSync(join(place.path, 'floor'), 'w');
  const start = performance.now();
  for (let step = 0; step < shape.nodes.length; step++) {
    writeSync(file, LINE);
    fdatasyncSync(file);
  }
  closeSync(file);
  return (performance.now() - start) / shape.nodes.length;
}

const full: Spent[] = [];
const batched: Spent[] = [];
const floors: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  floors.push(synced());
  full.push(await run('full'));
  batched.push(await run('batched'));
}
const floor = { name: 'write and fdatasync', value: median(floors.slice(1)) };
const of = (all: readonly Spent[], what: keyof Spent): number =>
  median(all.slice(1).map((one) => one[what]));
report([
  {
    ...{ name: 'durable chain of 1,000, every step synced', value: of(full, 'wall') },
    ...{ unit: 'ms wall a node', floor },
    recorded: 'Restate 1.26, DBOS 1.77, LangGraph on SQLite 5.4',
    aim: { timesFloor: 2 },
  },
  {
    ...{ name: 'durable chain of 1,000, every step synced, CPU', value: of(full, 'cpu') },
    unit: 'ms CPU a node',
  },
  {
    ...{ name: 'durable chain of 1,000, batched', value: of(batched, 'wall') },
    ...{ unit: 'ms wall a node', floor },
  },
]);
