import { peer } from '../peers.ts';
import type { Engine, NodeWork } from './engine.ts';
import { byLayer, type ShapeNode, splitFan } from './shapes.ts';

interface StepCall {
  inputData: unknown;
  getStepResult(id: string): { value: number };
}

interface Builder {
  then(step: object): Builder;
  parallel(steps: readonly object[]): Builder;
  foreach(step: object, how: { concurrency: number }): Builder;
  commit(): Builder;
  createRun(): Promise<{ start(how: object): Promise<{ status: string; error?: unknown }> }>;
}

interface Mastra {
  createStep(how: object): object;
  createWorkflow(how: object): Builder;
}

interface Schemas {
  z: { any(): object };
}

interface Made {
  empty: Builder;
  step(id: string, run: (call: StepCall) => Promise<unknown>): object;
}

async function made(): Promise<Made> {
  const { createStep, createWorkflow } = await peer<Mastra>('@mastra/core/workflows');
  const { z } = await peer<Schemas>('zod');
  const schemas = { inputSchema: z.any(), outputSchema: z.any() };
  return {
    empty: createWorkflow({ id: 'graph', ...schemas }),
    step: (id, execute) => createStep({ id, ...schemas, execute }),
  };
}

async function start(workflow: Builder): Promise<void> {
  const run = await workflow.createRun();
  const { status, error } = await run.start({ inputData: {} });
  if (status !== 'success') throw new Error(`${status}: ${error}`);
}

/** Steps one after another, and one parallel block for each layer: there is no graph in it. */
export const steps: Engine = {
  async build(shape, work) {
    const { empty, step } = await made();
    let workflow = empty;
    for (const layer of byLayer(shape)) {
      const all = layer.map((node) => step(node.id, (call) => valueAt(work, node, call)));
      const [only] = all;
      workflow = all.length === 1 && only ? workflow.then(only) : workflow.parallel(all);
    }
    workflow.commit();
    return () => start(workflow);
  },
};

/** A fan-out whose nodes are one step for each item of a list. */
export const foreach: Engine = {
  async build(shape, work) {
    const { empty, step } = await made();
    const { wide, join } = splitFan(shape);
    const list = step('list', async () => wide);
    const one = step('one', async ({ inputData }) => work(inputData as ShapeNode, []));
    const last = step('join', async ({ inputData }) => ({
      value: await work(join, inputData as number[]),
    }));
    const workflow = empty.then(list).foreach(one, { concurrency: wide.length }).then(last);
    workflow.commit();
    return () => start(workflow);
  },
};

async function valueAt(
  work: NodeWork,
  node: ShapeNode,
  { getStepResult }: StepCall,
): Promise<{ value: number }> {
  return {
    value: await work(
      node,
      node.needs.map((id) => getStepResult(id).value),
    ),
  };
}
