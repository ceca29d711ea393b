/**
 * Heap of 1,000 runs that wait inside of a model call, and what is left when they have ended. Parts:
 * `memory`, whose store keeps their logs in the heap too, and `disk`.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { openSqliteStore } from '../../src/stores/sqlite-store.ts';
import { folder, heapMb, loopOptions, report } from '../world.ts';

const COUNT = 1000;
const [place = 'memory'] = process.argv.slice(2);
using temporary = folder();

interface Heap {
  waiting: number;
  left: number;
}

/** Opens a gate for everyone that waits at it, and counts them. */
class Gate {
  arrived = 0;
  open = (): void => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  async wait(): Promise<void> {
    this.arrived += 1;
    await this.#opened;
  }

  async untilAllWait(): Promise<void> {
    while (this.arrived < COUNT) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function heapOf(gate: Gate, begin: (index: number) => Promise<unknown>): Promise<Heap> {
  const before = heapMb();
  let all: Promise<unknown>[] = Array.from({ length: COUNT }, (_, index) => begin(index));
  await gate.untilAllWait();
  const waiting = heapMb() - before;
  gate.open();
  await Promise.all(all);
  all = [];
  return { waiting, left: heapMb() - before };
}

/** The logs of the runs that have ended go with the store. */
async function runs(): Promise<Heap> {
  let store: Store | undefined = await open();
  const gate = new Gate();
  const answer = async (): Promise<string> => {
    await gate.wait();
    return '{"decision":"complete","final_result":{"summary":"done"}}';
  };
  const workflow = new AgentWorkflow(loopOptions(answer, { store, durability: 'batched' }));
  const heap = await heapOf(gate, (index) => workflow.run({ runId: `r-${index}` }));
  await store.close();
  store = undefined;
  return heap;
}

async function open(): Promise<Store> {
  return place === 'disk'
    ? openSqliteStore({ folder: mkdtempSync(join(temporary.path, 'home-')) })
    : memoryStore({ folder: temporary.path });
}

/** What a conversation of two messages and a promise need. */
async function promises(): Promise<Heap> {
  const gate = new Gate();
  return heapOf(gate, async (index) => {
    const messages = [
      { role: 'system', text: `${index} be brief` },
      { role: 'user', text: `${index} add` },
    ];
    await gate.wait();
    return messages.length;
  });
}

await promises();
const floor = await promises();
await runs();
const { waiting, left } = await runs();
const where = place === 'disk' ? 'logs on disk' : 'logs in the heap';
report([
  {
    name: `heap of 1,000 waiting agents, ${where}`,
    value: waiting,
    unit: 'MB',
    floor: { name: 'waiting promises', value: floor.waiting },
    recorded: 'AgentKit 6.0, AI SDK 7 20.1',
    aim: { atMost: 6 },
  },
  {
    name: `heap left after they ended, ${where}`,
    value: left,
    unit: 'MB',
    recorded: 'AgentKit 1.1, AI SDK 7 2.1',
  },
]);
