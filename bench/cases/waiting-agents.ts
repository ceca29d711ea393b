/** Heap of 1,000 runs that wait inside of a model call, and what is left when they have ended. */
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { folder, heapMb, loopOptions, report } from '../world.ts';

using place = folder();
const COUNT = 1000;

async function round(): Promise<{ waiting: number; left: number }> {
  let open = (): void => {};
  let arrived = 0;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const store = { current: memoryStore({ folder: place.path }) };
  const options = loopOptions(
    async () => {
      arrived += 1;
      await gate;
      return '{"decision":"complete","final_result":{"summary":"done"}}';
    },
    { store: store.current },
  );
  const workflow = new AgentWorkflow(options);
  const before = heapMb();
  let results: Promise<unknown>[] = Array.from({ length: COUNT }, (_, index) =>
    workflow.run({ runId: `r-${index}` }),
  );
  while (arrived < COUNT) await new Promise((resolve) => setTimeout(resolve, 10));
  const waiting = heapMb() - before;
  open();
  await Promise.all(results);
  results = [];
  await store.current.close();
  return { waiting, left: heapMb() - before };
}

await round();
const { waiting, left } = await round();
report([
  {
    name: 'heap of 1,000 waiting agents, their logs in memory included',
    value: waiting,
    unit: 'MB',
    floor: { name: 'AgentKit, recorded', value: 6 },
    aim: { text: 'at most 6.0 MB', met: waiting <= 6 },
  },
  { name: 'left after they ended, with their logs in the memory store', value: left, unit: 'MB' },
]);
