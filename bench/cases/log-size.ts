/** Size of the log of a run with 221 model calls, besides what models and tools said. */
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { folder, loopOptions, loopScript, report } from '../world.ts';

using place = folder();
const store = memoryStore({ folder: place.path });
const options = loopOptions(loopScript({ turns: 20, workers: 5, tools: true }), { store });
await new AgentWorkflow(options).run({ runId: 'r-size' });
const events = [];
for (;;) {
  const page = await store.read('r-size', events.length);
  if (page.length === 0) break;
  events.push(...page);
}
const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
const said = events.reduce(
  (sum, { type, data }) =>
    type === 'model.asked' ? sum + JSON.stringify(data.messages).length : sum,
  0,
);
const each = (bytes - said) / events.length / 1000;
report([
  {
    name: 'log, for each event, prompts left out',
    value: each,
    unit: 'KB',
    aim: { text: 'at most 0.5 KB', met: each <= 0.5 },
  },
  { name: 'log of 221 model calls and 100 tool calls, whole', value: bytes / 1000, unit: 'KB' },
]);
