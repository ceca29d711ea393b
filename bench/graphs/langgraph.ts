import { peer } from '../peers.ts';
import type { Engine, NodeWork } from './engine.ts';
import { type Shape, type ShapeNode, sinks, splitFan } from './shapes.ts';

/** Values by node; the reducer changes it in place, which is the cheapest that there is. */
type Values = Map<string, number>;
type Update = { values: readonly (readonly [string, number])[] };

interface Builder {
  addNode(name: string, run: (state: never) => Promise<Partial<Update>>): void;
  addEdge(from: string | string[], to: string): void;
  addConditionalEdges(from: string, way: () => object[], to: string[]): void;
  compile(): { invoke(input: object, how: object): Promise<unknown> };
}

interface LangGraph {
  START: string;
  END: string;
  StateGraph: new (state: object) => Builder;
  Annotation: { (how: object): object; Root(fields: object): object };
  Send: new (node: string, state: object) => object;
  task(
    name: string,
    run: (...args: never[]) => Promise<number>,
  ): (...args: unknown[]) => Promise<number>;
  entrypoint(
    how: { name: string },
    run: (input: unknown) => Promise<unknown>,
  ): { invoke(input: unknown, how: object): Promise<unknown> };
}

const HOW = { recursionLimit: 1_000_000 };

/** A graph of nodes and edges. */
export const stateGraph: Engine = {
  async build(shape, work) {
    const package_ = await peer<LangGraph>('@langchain/langgraph');
    const { START, END } = package_;
    const graph = emptyGraph(package_);
    for (const node of shape.nodes) {
      const { id, needs } = node;
      graph.addNode(id, async ({ values }: { values: Values }) => ({
        values: [[id, await work(node, inputsOf(node, values))]],
      }));
      graph.addEdge(needs.length > 1 ? [...needs] : (needs[0] ?? START), id);
    }
    for (const { id } of sinks(shape)) graph.addEdge(id, END);
    const compiled = graph.compile();
    return () => compiled.invoke({ values: [] }, HOW);
  },
};

/** A fan-out whose nodes are one node that is sent to as often. */
export const sends: Engine = {
  async build(shape, work) {
    const package_ = await peer<LangGraph>('@langchain/langgraph');
    const { START, END, Send } = package_;
    const graph = emptyGraph(package_);
    const { wide, join } = splitFan(shape);
    graph.addNode('one', async (node: ShapeNode) => ({
      values: [[node.id, await work(node, [])]],
    }));
    graph.addNode('join', async ({ values }: { values: Values }) => ({
      values: [[join.id, await work(join, [...values.values()])]],
    }));
    graph.addConditionalEdges(START, () => wide.map((node) => new Send('one', node)), ['one']);
    graph.addEdge('one', 'join');
    graph.addEdge('join', END);
    const compiled = graph.compile();
    return () => compiled.invoke({ values: [] }, HOW);
  },
};

/** A function that awaits tasks. */
export const functional: Engine = {
  async build(shape, work) {
    const { task, entrypoint } = await peer<LangGraph>('@langchain/langgraph');
    const one = task('one', (node: ShapeNode, inputs: number[]) => work(node, inputs));
    const graph = entrypoint({ name: 'graph' }, () => runTasks(shape, one));
    return () => graph.invoke('go', HOW);
  },
};

async function runTasks(
  { nodes }: Shape,
  one: (node: ShapeNode, inputs: number[]) => ReturnType<NodeWork>,
): Promise<number> {
  const started = new Map<string, Promise<number>>();
  for (const node of nodes) {
    const before = node.needs.map((id) => started.get(id) ?? 0);
    const run = async (): Promise<number> => one(node, await Promise.all(before));
    started.set(node.id, run());
  }
  await Promise.all(started.values());
  return started.size;
}

function emptyGraph({ StateGraph, Annotation }: LangGraph): Builder {
  const reducer = (values: Values, update: Update['values']): Values => {
    for (const [id, value] of update) values.set(id, value);
    return values;
  };
  const values = Annotation({ reducer, default: () => new Map() });
  return new StateGraph(Annotation.Root({ values }));
}

function inputsOf({ needs }: ShapeNode, values: Values): number[] {
  return needs.map((id) => values.get(id) ?? 0);
}
