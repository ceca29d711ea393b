/** Heap of 1,000 runs of a graph of ten bare nodes that wait in the sixth, and what they leave. */
import { AgentGraph } from '../../src/data/agent-graph.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { functions, limits, whole } from '../graphs/ours.ts';
import { promises } from '../graphs/promises.ts';
import { chain } from '../graphs/shapes.ts';
import { folder, heapMb, report } from '../world.ts';

const RUNS = 1000;
const shape = chain(10);
using place = folder();

/** A gate in the sixth node of each run. */
class Gate {
  arrived = 0;
  open = (): void => {};
  readonly #opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  async pass(id: string): Promise<number> {
    if (id !== 'n5') return 1;
    this.arrived += 1;
    await this.#opened;
    return 1;
  }
}

interface Heap {
  /** MB. */
  waiting: number;
  left: number;
}

async function heapOf(gate: Gate, run: () => Promise<unknown>): Promise<Heap> {
  const before = heapMb();
  let all = Array.from({ length: RUNS }, run);
  while (gate.arrived < RUNS) await new Promise((resolve) => setTimeout(resolve, 10));
  const waiting = heapMb() - before;
  gate.open();
  await Promise.all(all);
  all = [];
  return { waiting, left: heapMb() - before };
}

async function floor(): Promise<Heap> {
  const gate = new Gate();
  return heapOf(gate, await promises.build(shape, ({ id }) => gate.pass(id)));
}

/** The logs of the runs go with the store. */
async function runs(): Promise<Heap> {
  let gate = new Gate();
  const nodes = functions(shape, ({ id }) => gate.pass(id));
  const graph = new AgentGraph({ ...limits(shape), nodes });
  const once = async (): Promise<Heap> => {
    gate = new Gate();
    const store = memoryStore({ folder: place.path });
    let count = 0;
    const heap = await heapOf(gate, async () =>
      whole(await graph.run({ store, runId: `r-${count++}` })),
    );
    await store.close();
    return heap;
  };
  await once();
  return once();
}

await floor();
const bare = await floor();
const { waiting, left } = await runs();
report([
  {
    ...{ name: 'heap of 1,000 waiting runs of a graph', value: waiting, unit: 'MB' },
    floor: { name: 'waiting promises', value: bare.waiting },
    recorded: 'Mastra 21.4, ADK 32.5, LangGraph 37.9, VoltAgent 40.7',
    aim: { atMost: 8 },
  },
  {
    ...{ name: 'heap left after they ended, graphs', value: left, unit: 'MB' },
    recorded: 'ADK 2.0, LangGraph 1.7, Mastra 6.3, VoltAgent 17.3',
  },
]);
