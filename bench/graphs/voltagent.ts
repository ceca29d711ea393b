import { peer } from '../peers.ts';
import type { Engine } from './engine.ts';
import { byLayer, type Shape } from './shapes.ts';

interface StepCall {
  data: unknown;
  getStepData(id: string): { output: unknown } | undefined;
}

interface Step {
  id: string;
  execute(call: StepCall): Promise<unknown>;
}

interface Chain {
  andThen(step: Step): Chain;
  andAll(block: { id: string; steps: readonly object[] }): Chain;
  run(input: object): Promise<{ status: string; error?: unknown }>;
}

interface VoltAgent {
  createWorkflowChain(how: object): Chain;
  andThen(step: Step): object;
}

interface Schemas {
  z: { any(): object };
}

const silent = Object.fromEntries(
  ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => {}]),
);

/** A chain of steps; each layer is one block that runs at once. */
export const voltagent: Engine = {
  async build(shape, work) {
    const { createWorkflowChain, andThen } = await peer<VoltAgent>('@voltagent/core');
    const { z } = await peer<Schemas>('zod');
    const logger = { ...silent, child: () => logger };
    let chain = createWorkflowChain({
      ...{ id: 'graph', name: 'graph', input: z.any(), result: z.any(), logger },
    });
    const valueAt = lookUp(shape);
    for (const [index, layer] of byLayer(shape).entries()) {
      const all = layer.map(
        (node): Step => ({
          id: node.id,
          execute: async (call) =>
            work(
              node,
              node.needs.map((id) => valueAt(call, id)),
            ),
        }),
      );
      const [only] = all;
      chain =
        all.length === 1 && only
          ? chain.andThen(only)
          : chain.andAll({ id: blockId(index), steps: all.map(andThen) });
    }
    return async () => {
      const { status, error } = await chain.run({});
      if (status !== 'completed') throw new Error(`${status}: ${error}`);
    };
  },
};

function blockId(layer: number): string {
  return `layer${layer}`;
}

/** Values of steps in a block are known by the block, in its order. */
function lookUp(shape: Shape): (call: StepCall, id: string) => number {
  const places = new Map<string, { block: string; index: number }>();
  for (const [layer, nodes] of byLayer(shape).entries()) {
    if (nodes.length === 1) continue;
    for (const [index, { id }] of nodes.entries()) places.set(id, { block: blockId(layer), index });
  }
  return ({ getStepData }, id) => {
    const place = places.get(id);
    if (!place) return Number(getStepData(id)?.output);
    const values = getStepData(place.block)?.output;
    return Array.isArray(values) ? Number(values[place.index]) : 0;
  };
}
