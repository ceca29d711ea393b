/** 1,000 runs started in one tick in one process, a model that takes 50 ms, the store on disk. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { nodeClock } from '../../src/effects/clock.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { collect, folder, loopOptions, report } from '../world.ts';

const COUNT = 1000;
const CALL_MS = 50;
/** How often the delay is looked at, in milliseconds; it is taken off what was seen. */
const RESOLUTION = 5;

interface Spent {
  wall: number;
  /** 99th percentile of how late the event loop was, in milliseconds. */
  delay: number;
  /** Growth of resident memory, in MB. */
  memory: number;
}

async function spentBy(begin: (index: number) => Promise<unknown>): Promise<Spent> {
  collect();
  const { rss } = process.memoryUsage();
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  const start = performance.now();
  await Promise.all(Array.from({ length: COUNT }, (_, index) => begin(index)));
  const wall = performance.now() - start;
  histogram.disable();
  const delay = Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION);
  return { wall, delay, memory: (process.memoryUsage().rss - rss) / 1e6 };
}

using place = folder();
const answer = {
  text: '{"decision":"complete","final_result":{"summary":"done"}}',
  delayMs: CALL_MS,
};
const workflow = new AgentWorkflow({
  ...loopOptions([], { home: place.path, durability: 'batched' }),
  model: scriptedModel(() => answer, { clock: nodeClock() }),
});
const floor = await spentBy(() => new Promise((resolve) => setTimeout(resolve, CALL_MS)));
await workflow.run();
const { wall, delay, memory } = await spentBy(async (index) => {
  const { status } = await workflow.run({ runId: `r-${index}` });
  if (status !== 'complete') throw new Error(`run ${index} is ${status}`);
});
report([
  {
    name: '1,000 runs at once, 50 ms model: wall',
    value: wall,
    unit: 'ms',
    floor: { name: '1,000 timers', value: floor.wall },
  },
  {
    name: '1,000 runs at once: event-loop delay, p99',
    value: delay,
    unit: 'ms',
    floor: { name: '1,000 timers', value: floor.delay },
    aim: { atMost: 50 },
  },
  { name: '1,000 runs at once: growth of resident memory', value: memory, unit: 'MB' },
]);
