/**
 * CPU of a manager loop: 20 turns of 5 workers, each a model call, a tool call, a model call. Part: how
 * often it is done before it is measured, as in agent-call.ts.
 */
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { cpuMs, folder, loopOptions, loopScript, measured, report } from '../world.ts';

using place = folder();
const [warmUps = '1'] = process.argv.slice(2);

async function loop(): Promise<number> {
  const store = memoryStore({ folder: place.path });
  const script = loopScript({ turns: 20, workers: 5, tools: true });
  const start = cpuMs();
  const { usage } = await new AgentWorkflow(loopOptions(script, { store })).run();
  if (usage.modelCalls !== 221 || usage.toolCalls !== 100) throw new Error(JSON.stringify(usage));
  const spent = cpuMs() - start;
  await store.close();
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

report([
  {
    name: `manager loop, 221 model calls and 100 tool calls${warmUps === '1' ? '' : ', warm process'}`,
    value: await measured(loop, Number(warmUps)),
    unit: 'ms CPU',
    floor: { name: 'the same promises', value: await measured(bare, Number(warmUps)) },
    recorded: 'AI SDK 7 51 (510x), OpenAI Agents 203 (2,030x)',
    aim: { atMost: 35 },
  },
]);
