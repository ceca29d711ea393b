import { peer } from '../peers.ts';
import { type Brain, type Said, TURNS } from './brain.ts';
import { ADD, DELEGATE, type LoopEngine } from './engine.ts';

interface Agents {
  Agent: new (options: object) => object;
  Runner: new (
    options: object,
  ) => {
    run(agent: object, input: string, options: object): Promise<{ finalOutput?: unknown }>;
  };
  Usage: new (used: object) => object;
  tool(options: object): object;
}

/** A manager whose tool runs an agent for each call, all calls of a turn at once. */
export const openaiAgents: LoopEngine = {
  async prepare() {
    const { Agent, Runner, Usage, tool } = await peer<Agents>('@openai/agents');
    const modelOf = (say: (input: unknown) => Said): object => ({
      async getResponse({ input }: { input: unknown }) {
        return {
          usage: new Usage({ inputTokens: 10, outputTokens: 10 }),
          output: output(say(input)),
        };
      },
    });
    return async (brain: Brain) => {
      const runner = new Runner({ tracingDisabled: true });
      const add = tool({
        ...{ name: 'add', description: 'Adds.', parameters: ADD, strict: true },
        execute: async ({ a, b }: { a: number; b: number }) => String(brain.add(a, b)),
      });
      const model = modelOf((input) => brain.worker(hasResult(input)));
      const delegate = tool({
        ...{
          name: 'delegate',
          description: 'Starts a worker.',
          parameters: DELEGATE,
          strict: true,
        },
        async execute({ task }: { task: string }) {
          const worker = new Agent({ name: 'worker', instructions: 'Add.', tools: [add], model });
          return String((await runner.run(worker, task, { maxTurns: 5 })).finalOutput);
        },
      });
      const manager = new Agent({
        ...{ name: 'manager', instructions: 'Delegate.', tools: [delegate] },
        model: modelOf(() => brain.manager()),
      });
      return runner.run(manager, 'Add', { maxTurns: TURNS + 2 });
    };
  },
};

function hasResult(input: unknown): boolean {
  const last: unknown = Array.isArray(input) ? input.at(-1) : undefined;
  return (
    typeof last === 'object' &&
    last !== null &&
    'type' in last &&
    last.type === 'function_call_result'
  );
}

function output(said: Said): object[] {
  if ('text' in said) {
    const content = [{ type: 'output_text', text: said.text }];
    return [{ type: 'message', role: 'assistant', status: 'completed', content }];
  }
  return said.calls.map(({ id, name, args }) => ({
    ...{ type: 'function_call', callId: id, name, status: 'completed' },
    arguments: JSON.stringify(args),
  }));
}
