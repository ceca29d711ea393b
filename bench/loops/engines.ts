import { isInstalled } from '../peers.ts';
import type { LoopEngine } from './engine.ts';

/** A way to run a manager with workers, as the table calls it. */
interface Entry {
  name: string;
  /** The package that must be there; left out for what is here. */
  peer?: string;
  load(): Promise<LoopEngine>;
}

/** Every one of them. */
export const LOOP_ENGINES: readonly Entry[] = [
  { name: 'AgentWorkflow', load: async () => (await import('./ours.ts')).ours('memory') },
  { name: 'AgentWorkflow, synced', load: async () => (await import('./ours.ts')).ours('disk') },
  { name: 'AI SDK', peer: 'ai', load: async () => (await import('./ai.ts')).aiSdk },
  {
    ...{ name: 'OpenAI Agents', peer: '@openai/agents' },
    load: async () => (await import('./openai-agents.ts')).openaiAgents,
  },
  {
    ...{ name: 'LangChain', peer: 'langchain' },
    load: async () => (await import('./langchain.ts')).langchain,
  },
  {
    ...{ name: 'Google ADK', peer: '@google/adk' },
    load: async () => (await import('./adk.ts')).adkAgents,
  },
  {
    ...{ name: 'Mastra', peer: '@mastra/core' },
    load: async () => (await import('./mastra.ts')).mastraAgents,
  },
];

/** Packages that could have been measured and were not installed. */
export function missingLoopPeers(): string[] {
  return LOOP_ENGINES.flatMap(({ peer }) =>
    peer !== undefined && !isInstalled(peer) ? [peer] : [],
  );
}

/** The parts of the case: each engine that is there. */
export function loopParts(): string[][] {
  const missing = new Set(missingLoopPeers());
  return LOOP_ENGINES.filter(({ peer }) => peer === undefined || !missing.has(peer)).map(
    ({ name }) => [name],
  );
}
