import { AgentGraph } from '../../src/data/agent-graph.ts';
import type { AgentGraphOptions, GraphNodeOptions } from '../../src/data/agent-graph-options.ts';
import type { RunResult } from '../../src/events/result.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { folder } from '../world.ts';
import type { Engine, NodeWork } from './engine.ts';
import { type Shape, type ShapeNode, splitFan } from './shapes.ts';

/**
 * Bare nodes: functions of the program. The log of every event, the ledger and the limits are on;
 * checking the graph and planning the run are in every run, as each gets a plan of its own.
 */
export const ours: Engine = {
  async build(shape, work) {
    return runOf({ ...limits(shape), nodes: functions(shape, work) });
  },
};

/** A fan-out whose nodes are instances of one node: one for each item of a list. */
export const oursFanOut: Engine = {
  async build(shape, work) {
    const { wide, join } = splitFan(shape);
    const one = async (item: unknown) => ({ value: await work(item as ShapeNode, []) });
    const last = async ({ each }: Record<string, unknown>) => {
      const { items } = each as { items: { value: number }[] };
      return {
        value: await work(
          join,
          items.map(({ value }) => value),
        ),
      };
    };
    return runOf({
      ...limits(shape),
      nodes: [
        { id: 'list', run: () => ({ nodes: wide }) },
        {
          ...{ id: 'each', dependsOn: ['list'] },
          fanOut: { over: 'list.nodes', maxParallel: wide.length },
          run: ({ item }) => one(item),
        },
        { id: 'last', dependsOn: ['each'], run: ({ state }) => last(state) },
      ],
    });
  },
};

function runOf(options: AgentGraphOptions): () => Promise<void> {
  const graph = new AgentGraph(options);
  return async () => {
    using place = folder();
    const store = memoryStore({ folder: place.path });
    whole(await graph.run({ store }));
    await store.close();
  };
}

/** All at once where the shape allows it, and no limit that a graph of this size would reach. */
export function limits({ name, nodes }: Shape): Omit<AgentGraphOptions, 'nodes'> {
  return {
    name,
    maxParallel: nodes.length,
    budget: { parallel: nodes.length, workers: null, time: null, tokens: null },
  };
}

/** Nodes that are functions; each reads what it needs from the state. */
export function functions({ nodes }: Shape, work: NodeWork): GraphNodeOptions[] {
  return nodes.map((node) => ({
    id: node.id,
    dependsOn: node.needs,
    run: async ({ state }) => {
      const inputs = node.needs.map((id) => (state[id] as { value: number }).value);
      return { value: await work(node, inputs) };
    },
  }));
}

/** Throws for a run that is not complete. */
export function whole({ status, reason, text }: RunResult): void {
  if (status !== 'complete') throw new Error(`${status}, ${reason}: ${text}`);
}
