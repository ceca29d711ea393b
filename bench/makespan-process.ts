/** A process that has done nothing before: one run of 5 turns of 5 workers; prints its wall time. */
import { nodeClock } from '../src/effects/clock.ts';
import { built, builtForTests } from './built.ts';
import { folder, loopOptions, loopScript } from './world.ts';

const { AgentWorkflow } = await built();
const { memoryStore, scriptedModel } = await builtForTests();
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
const where =
  process.argv[2] === 'disk'
    ? { home: place.path }
    : { store: memoryStore({ folder: place.path }) };
const start = performance.now();
const { usage } = await new AgentWorkflow({ ...loopOptions([], where), model }).run();
const wall = performance.now() - start;
if (usage.modelCalls !== 56) throw new Error(`${usage.modelCalls} calls`);
process.stdout.write(String(wall));
