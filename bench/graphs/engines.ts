import { isInstalled } from '../peers.ts';
import type { Engine } from './engine.ts';
import { chain, fan, layers, type Shape, skewed } from './shapes.ts';

/** The graphs that are measured. */
export const SHAPES = {
  chain: () => chain(1000),
  fan: () => fan(1000),
  layers: () => layers(1000, { wide: 50, seed: 42 }),
  skew: () => skewed(200),
} satisfies Record<string, () => Shape>;

export type Kind = keyof typeof SHAPES;

/** An engine as the table calls it, and the graphs for which one would take this way. */
interface Entry {
  name: string;
  /** The package that must be there; left out for what is here. */
  peer?: string;
  kinds: readonly Kind[];
  load(): Promise<Engine>;
}

const ALL: readonly Kind[] = ['chain', 'fan', 'layers', 'skew'];
const LANGGRAPH = '@langchain/langgraph';
const MASTRA = '@mastra/core';

/** Every engine; a package of others may have several entries, one for each way to write the graph. */
export const ENGINES: readonly Entry[] = [
  {
    name: 'plain promises',
    kinds: ALL,
    load: async () => (await import('./promises.ts')).promises,
  },
  { name: 'AgentGraph', kinds: ALL, load: async () => (await import('./ours.ts')).ours },
  {
    ...{ name: 'AgentGraph, fanOut', kinds: ['fan'] },
    load: async () => (await import('./ours.ts')).oursFanOut,
  },
  {
    ...{ name: 'Google ADK', peer: '@google/adk', kinds: ALL },
    load: async () => (await import('./adk.ts')).adk,
  },
  {
    ...{ name: 'LangGraph', peer: LANGGRAPH, kinds: ALL },
    load: async () => (await import('./langgraph.ts')).stateGraph,
  },
  {
    ...{ name: 'LangGraph, Send', peer: LANGGRAPH, kinds: ['fan'] },
    load: async () => (await import('./langgraph.ts')).sends,
  },
  {
    ...{ name: 'LangGraph, functional', peer: LANGGRAPH, kinds: ALL },
    load: async () => (await import('./langgraph.ts')).functional,
  },
  {
    ...{ name: 'Mastra', peer: MASTRA, kinds: ALL },
    load: async () => (await import('./mastra.ts')).steps,
  },
  {
    ...{ name: 'Mastra, foreach', peer: MASTRA, kinds: ['fan'] },
    load: async () => (await import('./mastra.ts')).foreach,
  },
  {
    ...{ name: 'VoltAgent', peer: '@voltagent/core', kinds: ALL },
    load: async () => (await import('./voltagent.ts')).voltagent,
  },
];

/** Packages of others that are not there. */
export function missingPeers(): string[] {
  const all = new Set(ENGINES.flatMap(({ peer }) => peer ?? []));
  return [...all].filter((name) => !isInstalled(name));
}

/** The parts of the case: each graph with each engine that is there. */
export function graphParts(): string[][] {
  const missing = new Set(missingPeers());
  const there = ENGINES.filter(({ peer }) => peer === undefined || !missing.has(peer));
  return ALL.flatMap((kind) =>
    there.filter(({ kinds }) => kinds.includes(kind)).map(({ name }) => [kind, name]),
  );
}
