/**
 * CPU of a manager with workers: 20 turns of 5 workers at once, each with one tool call, 221 questions to
 * a model in the same process. Part: the engine, ours or a package of others that was installed for it
 * (docs/benchmarks.md). Figures of a first run, and of one in a process that is warm.
 */
import { Brain } from '../loops/brain.ts';
import { LOOP_ENGINES } from '../loops/engines.ts';
import type { Figure } from '../table.ts';
import { collect, cpuMs, measured, report } from '../world.ts';

const [name = 'AgentWorkflow'] = process.argv.slice(2);
const entry = LOOP_ENGINES.find((one) => one.name === name);
if (!entry) throw new Error(`there is no loop of ${name}`);
const run = await (await entry.load()).prepare();

async function once(): Promise<number> {
  const brain = new Brain();
  const start = cpuMs();
  await run(brain);
  const spent = cpuMs() - start;
  brain.check();
  return spent;
}

/** The same 321 awaits in the same shape, and nothing else. */
async function bare(): Promise<number> {
  const stub = async (): Promise<{ text: string }> => ({ text: 'x' });
  const worker = async (): Promise<void> => {
    for (let call = 0; call < 3; call++) await stub();
  };
  const start = cpuMs();
  for (let turn = 0; turn < 20; turn++) {
    await stub();
    await Promise.all(Array.from({ length: 5 }, worker));
  }
  await stub();
  return cpuMs() - start;
}

collect();
const floor = { name: 'the same promises', value: await measured(bare, 1) };
const value = await measured(once, 1);
const warm = await measured(once, 10);
const title = `20 x 5 workers, ${name}`;
const more: Partial<Figure> = {
  ...(name === 'AgentWorkflow' && {
    recorded: 'AI SDK 51, OpenAI Agents 203, LangChain 447',
    aim: { atMost: 35 },
  }),
  ...(entry.peer === 'ai' && { rival: 'ai' }),
  ...(name === 'AgentWorkflow, synced' && { aim: { belowRivals: 'ai' } }),
};
report([
  { name: title, value, unit: 'ms CPU', floor, ...more },
  { name: `${title}, warm process`, value: warm, unit: 'ms CPU', floor },
]);
// Some packages leave timers and sockets behind that would keep the process.
process.exit();
