/** CPU of a manager loop: 20 turns of 5 workers, each a model call, a tool call, a model call. */
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { collect, cpuMs, folder, loopOptions, loopScript, median, report } from '../world.ts';

using place = folder();
const store = memoryStore({ folder: place.path });

async function once(): Promise<number> {
  const script = loopScript({ turns: 20, workers: 5, tools: true });
  collect();
  const start = cpuMs();
  const { usage } = await new AgentWorkflow(loopOptions(script, { store })).run();
  if (usage.modelCalls !== 221 || usage.toolCalls !== 100) throw new Error(JSON.stringify(usage));
  return cpuMs() - start;
}

for (let round = 0; round < 3; round++) await once();
const values: number[] = [];
for (let round = 0; round < 7; round++) values.push(await once());
const value = median(values);
report([
  {
    name: 'manager loop, 221 calls',
    value,
    unit: 'ms CPU',
    floor: { name: 'AI SDK 7, recorded', value: 51 },
    aim: { text: 'at most 35 ms', met: value <= 35 },
  },
]);
