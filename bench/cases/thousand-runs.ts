/** 1,000 runs at once in one process, a model that takes 50 ms, the store on disk. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { nodeClock } from '../../src/effects/clock.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { folder, loopOptions, report } from '../world.ts';

using place = folder();
const clock = nodeClock();
const model = scriptedModel(
  ({ headers }) => ({
    text:
      headers['x-awp-role'] === 'manager'
        ? '{"decision":"complete","final_result":{"summary":"done"}}'
        : '{}',
    delayMs: 50,
  }),
  { clock },
);
const workflow = new AgentWorkflow({
  ...loopOptions([], { home: place.path, durability: 'batched' }),
  model,
});
await workflow.run();
const memory = process.memoryUsage().rss;
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const start = performance.now();
const results = await Promise.all(
  Array.from({ length: 1000 }, (_, index) => workflow.run({ runId: `r-${index}` })),
);
const wall = performance.now() - start;
delay.disable();
if (results.some(({ status }) => status !== 'complete')) throw new Error('a run did not complete');
const p99 = Math.max(0, delay.percentile(99) / 1e6 - 5);
report([
  {
    name: '1,000 runs at once, 50 ms model: wall',
    value: wall,
    unit: 'ms',
    floor: { name: 'one call of the model', value: 50 },
    aim: { text: 'at most 3 s', met: wall <= 3000 },
  },
  {
    name: '1,000 runs at once: event-loop delay p99',
    value: p99,
    unit: 'ms',
    aim: { text: 'at most 50 ms', met: p99 <= 50 },
  },
  {
    name: '1,000 runs at once: memory growth',
    value: (process.memoryUsage().rss - memory) / 1e6,
    unit: 'MB',
  },
]);
