/**
 * 5 turns of 5 workers at 100 ms a model call, in a process that has done nothing before. Ideal: 6
 * questions to the manager and 5 times 2 to workers, one after another: 1,600 ms.
 */
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { nodeClock } from '../../src/effects/clock.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { folder, loopOptions, loopScript, report } from '../world.ts';

using place = folder();
const inner = loopScript({ turns: 5, workers: 5, tools: true });
const model = scriptedModel(
  async (request, call) => {
    const answer = typeof inner === 'function' ? await inner(request, call) : '';
    return typeof answer === 'string'
      ? { text: answer, delayMs: 100 }
      : { ...answer, delayMs: 100 };
  },
  { clock: nodeClock() },
);
const start = performance.now();
const { usage } = await new AgentWorkflow({
  ...loopOptions([], { home: place.path }),
  model,
}).run();
const wall = performance.now() - start;
if (usage.modelCalls !== 56) throw new Error(`${usage.modelCalls} calls`);
report([
  {
    name: '5 turns of 5 workers at 100 ms, cold process',
    value: wall,
    unit: 'ms wall',
    floor: { name: 'ideal', value: 1600 },
    aim: { text: 'at most 1.03 of ideal', met: wall <= 1.03 * 1600 },
  },
]);
