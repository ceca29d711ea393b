/**
 * Whole agent nodes of a graph, with a model in the same process, beside the agents of a delegation
 * loop with the same model: prompt, reservation, check of the output and the log of every event are on
 * in both. Parts: one after another, each told what the one before it brought or what all before it
 * did; or a hundred at once.
 */
import { AgentGraph } from '../../src/data/agent-graph.ts';
import { AgentWorkflow } from '../../src/data/agent-workflow.ts';
import { nodeClock } from '../../src/effects/clock.ts';
import { scriptedModel } from '../../src/providers/scripted.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { limits, whole } from '../graphs/ours.ts';
import { chain, fan, type Shape } from '../graphs/shapes.ts';
import { median } from '../table.ts';
import { collect, cpuMs, folder, loopOptions, loopScript, report } from '../world.ts';

const COUNT = 1000;
const ROUNDS = 5;
const [kind = 'chain', told = 'one'] = process.argv.slice(2);
const parallel = kind === 'chain' ? 1 : 100;
using place = folder();

function agentGraph(shape: Shape): AgentGraph {
  const model = scriptedModel(() => '{"summary":"three","confidence":1}', { clock: nodeClock() });
  return new AgentGraph({
    ...limits(shape),
    ...{ model, maxParallel: parallel },
    budget: { parallel, workers: null, time: null, tokens: null },
    nodes: shape.nodes.map(({ id, needs }) => ({
      ...{ id, dependsOn: needs, instructions: 'add one and two' },
      ...(told === 'one' && { shareInput: Object.fromEntries(needs.map((one) => [one, []])) }),
    })),
  });
}

async function cpuPerNode(graph: AgentGraph, nodes: number): Promise<number> {
  const store = memoryStore({ folder: place.path });
  const start = cpuMs();
  const result = await graph.run({ store });
  const spent = (cpuMs() - start) / nodes;
  whole(result);
  if (result.usage.modelCalls !== nodes) throw new Error(`${result.usage.modelCalls} calls`);
  await store.close();
  return spent;
}

/** As the case agent-call measures it: ten turns of a hundred workers. */
async function cpuPerCall(): Promise<number> {
  const store = memoryStore({ folder: place.path });
  const script = loopScript({ turns: 10, workers: 100, tools: false });
  const options = loopOptions(script, { store });
  const workflow = new AgentWorkflow({ ...options, budget: { ...options.budget, parallel } });
  const start = cpuMs();
  const { usage } = await workflow.run();
  const spent = (cpuMs() - start) / usage.modelCalls;
  await store.close();
  return spent;
}

const shape = kind === 'chain' ? chain(COUNT) : fan(COUNT);
const graph = agentGraph(shape);
const nodes: number[] = [];
const calls: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  collect();
  nodes.push(await cpuPerNode(graph, shape.nodes.length));
  collect();
  calls.push(await cpuPerCall());
}
report([
  {
    name: `agent nodes, ${shape.name}, ${told === 'one' ? 'told what they need' : 'told all before'}`,
    value: median(nodes.slice(1)),
    unit: 'ms CPU a node',
    floor: { name: 'agent call', value: median(calls.slice(1)) },
    ...(told === 'one' && { aim: { timesFloor: 1.2 } }),
  },
]);
