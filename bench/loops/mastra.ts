import { peer } from '../peers.ts';
import { scriptedLanguageModel } from './ai.ts';
import { type Brain, TURNS } from './brain.ts';
import { ADD, DELEGATE, type LoopEngine } from './engine.ts';

interface Agent {
  generate(prompt: string, options: object): Promise<{ text: string }>;
}

/** Its agents over a scripted model; the manager's tool runs an agent for each call. */
export const mastraAgents: LoopEngine = {
  async prepare() {
    const { Agent } = await peer<{ Agent: new (fields: object) => Agent }>('@mastra/core/agent');
    const { createTool } = await peer<{ createTool(fields: object): object }>('@mastra/core/tools');
    const made = (name: string, model: object, tools: object): Agent =>
      new Agent({ id: name, name, instructions: 'Go.', model, tools });
    return async (brain: Brain) => {
      const model = scriptedLanguageModel('v3', (prompt) =>
        brain.worker(prompt.at(-1)?.role === 'tool'),
      );
      const add = createTool({
        ...{ id: 'add', description: 'Adds.', inputSchema: ADD },
        execute: async ({ a, b }: { a: number; b: number }) => ({ sum: brain.add(a, b) }),
      });
      const delegate = createTool({
        ...{ id: 'delegate', description: 'Starts a worker.', inputSchema: DELEGATE },
        async execute({ task }: { task: string }) {
          const { text } = await made('worker', model, { add }).generate(task, { maxSteps: 5 });
          return { text };
        },
      });
      const lead = scriptedLanguageModel('v3', () => brain.manager());
      return made('manager', lead, { delegate }).generate('Add', { maxSteps: TURNS + 2 });
    };
  },
};
