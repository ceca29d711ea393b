/**
 * Heap of 1,000 agents that wait inside of a model call, and what is left when they have ended. Parts:
 * each agent is a run of its own, with a store in `memory`, which keeps the logs in the heap too, or on
 * `disk`; or they are `workers` of ten runs, with the store on disk.
 */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Script } from '../../src/providers/scripted.ts';
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

async function heapOf(gate: Gate, begin: readonly (() => Promise<unknown>)[]): Promise<Heap> {
  const before = heapMb();
  let all = begin.map((one) => one());
  await gate.untilAllWait();
  const waiting = heapMb() - before;
  gate.open();
  await Promise.all(all);
  all = [];
  return { waiting, left: heapMb() - before };
}

/** A manager that waits before it completes. */
async function managerAnswer(gate: Gate): Promise<string> {
  await gate.wait();
  return DONE;
}

/** A manager that delegates to a hundred workers; they wait. */
function teamScript(gate: Gate): Script {
  const delegations = Array.from({ length: 100 }, (_, index) => ({
    worker_id: `w${index}`,
    instructions: 'add one and two',
  }));
  return async ({ headers, messages }) => {
    if (headers['x-awp-role'] === 'worker') {
      await gate.wait();
      return '{"summary":"three","confidence":1}';
    }
    const isFirst = !messages.some(({ text }) => text.includes('## Results of turn 1'));
    return isFirst ? { decision: 'delegate', delegations } : DONE;
  };
}

const DONE = '{"decision":"complete","final_result":{"summary":"done"}}';

/** The logs of the runs that have ended go with the store. */
async function runs(): Promise<Heap> {
  let store: Store | undefined = await open();
  const gate = new Gate();
  const isTeam = place === 'workers';
  const options = loopOptions(isTeam ? teamScript(gate) : () => managerAnswer(gate), {
    store,
    durability: 'batched',
  });
  const workflow = new AgentWorkflow({ ...options, budget: { ...options.budget, parallel: 100 } });
  const begin = Array.from(
    { length: isTeam ? COUNT / 100 : COUNT },
    (_, index) => () => workflow.run({ runId: `r-${index}` }),
  );
  const heap = await heapOf(gate, begin);
  await store.close();
  store = undefined;
  return heap;
}

async function open(): Promise<Store> {
  return place === 'memory'
    ? memoryStore({ folder: temporary.path })
    : openSqliteStore({ folder: mkdtempSync(join(temporary.path, 'home-')) });
}

/** What a conversation of two messages and a promise need. */
async function promises(): Promise<Heap> {
  const gate = new Gate();
  const one = async (index: number): Promise<number> => {
    const messages = [
      { role: 'system', text: `${index} be brief` },
      { role: 'user', text: `${index} add` },
    ];
    await gate.wait();
    return messages.length;
  };
  return heapOf(
    gate,
    Array.from({ length: COUNT }, (_, index) => () => one(index)),
  );
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['memory', 'a run each, logs in the heap'],
  ['disk', 'a run each, logs on disk'],
  ['workers', 'workers of ten runs, logs on disk'],
]);
await promises();
const floor = await promises();
await runs();
const { waiting, left } = await runs();
const what = NAMES.get(place) ?? place;
report([
  {
    name: `heap of 1,000 waiting agents, ${what}`,
    value: waiting,
    unit: 'MB',
    floor: { name: 'waiting promises', value: floor.waiting },
    recorded: 'AgentKit 6.0, AI SDK 7 20.1',
    aim: { atMost: 6 },
  },
  {
    name: `heap left after they ended, ${what}`,
    value: left,
    unit: 'MB',
    recorded: 'AgentKit 1.1, AI SDK 7 2.1',
  },
]);
