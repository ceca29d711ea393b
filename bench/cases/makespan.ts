/**
 * 5 turns of 5 workers at 100 ms a model call, in a process that has done nothing before. Ideal: 6
 * questions to the manager and 5 times 2 to workers, one after another: 1,600 ms. Parts: `promises`
 * (the same timers and nothing else), `memory`, or the durability of a store on disk.
 */
import { nodeClock } from '../../src/effects/clock.ts';
import { built, builtForTests } from '../built.ts';
import { folder, loopOptions, loopScript, report } from '../world.ts';

const IDEAL = { name: 'ideal', value: 1600 };
const CALL_MS = 100;
const [part = 'memory'] = process.argv.slice(2);

async function promises(): Promise<number> {
  const call = () => new Promise((resolve) => setTimeout(resolve, CALL_MS));
  const worker = async (): Promise<void> => {
    await call();
    await call();
  };
  const start = performance.now();
  for (let turn = 0; turn < 5; turn++) {
    await call();
    await Promise.all(Array.from({ length: 5 }, worker));
  }
  await call();
  return performance.now() - start;
}

/** The built package, so that no types are stripped meanwhile. Its import is not in the figure. */
async function run(): Promise<number> {
  const { AgentWorkflow } = await built();
  const { memoryStore, scriptedModel } = await builtForTests();
  using place = folder();
  const script = loopScript({ turns: 5, workers: 5, tools: true });
  const model = scriptedModel(
    async (request, call) => {
      const answer = typeof script === 'function' ? await script(request, call) : '';
      const parts = typeof answer === 'string' ? { text: answer } : answer;
      return { ...parts, delayMs: CALL_MS };
    },
    { clock: nodeClock() },
  );
  const durability = part === 'full' ? 'full' : 'batched';
  const where =
    part === 'memory'
      ? { store: memoryStore({ folder: place.path }) }
      : { home: place.path, durability: durability as 'full' | 'batched' };
  const start = performance.now();
  const { usage } = await new AgentWorkflow({ ...loopOptions([], where), model }).run();
  const wall = performance.now() - start;
  if (usage.modelCalls !== 56) throw new Error(`${usage.modelCalls} calls`);
  return wall;
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['promises', 'bare promises'],
  ['memory', 'memory store'],
  ['batched', 'store on disk, batched'],
  ['full', 'store on disk, every step synced'],
]);
report([
  {
    name: `5 turns of 5 workers at 100 ms, cold process, ${NAMES.get(part) ?? part}`,
    value: part === 'promises' ? await promises() : await run(),
    unit: 'ms wall',
    floor: IDEAL,
    ...(part === 'memory' && { recorded: 'AI SDK 7 1,667' }),
    ...(part !== 'promises' && { aim: { timesFloor: 1.03 } }),
  },
]);
