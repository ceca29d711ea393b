import { peer } from '../peers.ts';
import type { Engine } from './engine.ts';
import { type Shape, type ShapeNode, sinks } from './shapes.ts';

interface Adk {
  setLogLevel(level: number): void;
  LogLevel: { ERROR: number };
  START: object;
  Edge: new (from: object, to: object) => object;
  FunctionNode: new (
    name: string,
    handler: (context: unknown, input: unknown) => Promise<unknown>,
  ) => object;
  JoinNode: new (config: { name: string }) => object;
  Workflow: new (config: { name: string; edges: object[] }) => object;
  InMemoryRunner: new (config: {
    agent: object;
    appName: string;
  }) => { runEphemeral(how: object): AsyncIterable<unknown> };
}

/**
 * A workflow of function nodes. One that needs several has a join before it, and so has the end: the
 * package takes only one output.
 */
export const adk: Engine = {
  async build(shape, work) {
    const package_ = await peer<Adk>('@google/adk');
    const edges = edgesOf(package_, shape, work);
    const { Workflow, InMemoryRunner, setLogLevel, LogLevel } = package_;
    setLogLevel(LogLevel.ERROR);
    const agent = new Workflow({ name: 'graph', edges });
    return async () => {
      const runner = new InMemoryRunner({ agent, appName: 'bench' });
      const newMessage = { role: 'user', parts: [{ text: 'go' }] };
      for await (const _ of runner.runEphemeral({ userId: 'u', newMessage }));
    };
  },
};

function edgesOf(
  { START, Edge, FunctionNode, JoinNode }: Adk,
  shape: Shape,
  work: Parameters<Engine['build']>[1],
): object[] {
  const made = new Map<string, object>();
  const edges: object[] = [];
  for (const node of shape.nodes) {
    const { id, needs } = node;
    const run = async (_: unknown, input: unknown): Promise<number> =>
      work(node, inputsOf(node, input));
    const step = new FunctionNode(id, run);
    made.set(id, step);
    const before = needs.map((one) => made.get(one) ?? START);
    if (before.length < 2) {
      edges.push(new Edge(before[0] ?? START, step));
      continue;
    }
    const join = new JoinNode({ name: `${id}_join` });
    edges.push(...before.map((one) => new Edge(one, join)), new Edge(join, step));
  }
  const last = sinks(shape);
  if (last.length === 1) return edges;
  const end = new JoinNode({ name: 'end' });
  return [...edges, ...last.map(({ id }) => new Edge(made.get(id) ?? START, end))];
}

/** The output of the one node before it, or what a join has put together by name. */
function inputsOf({ needs }: ShapeNode, input: unknown): number[] {
  if (needs.length === 0) return [];
  if (needs.length === 1) return [Number(input)];
  return Object.values(input as Record<string, number>);
}
