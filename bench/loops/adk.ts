import { peer } from '../peers.ts';
import type { Brain, Said } from './brain.ts';
import { ADD, DELEGATE, type LoopEngine } from './engine.ts';

interface Part {
  text?: string;
  functionResponse?: object;
}
interface Request {
  contents: readonly { parts?: readonly Part[] }[];
}
interface Adk {
  setLogLevel(level: number): void;
  LogLevel: { ERROR: number };
  BaseLlm: new (fields: { model: string }) => object;
  LlmAgent: new (fields: object) => object;
  FunctionTool: new (fields: object) => object;
  InMemoryRunner: new (config: {
    agent: object;
    appName: string;
  }) => { runEphemeral(how: object): AsyncIterable<{ content?: { parts?: readonly Part[] } }> };
}

/** Its agents over a scripted model; the manager's tool runs an agent for each call. */
export const adkAgents: LoopEngine = {
  async prepare() {
    const { setLogLevel, LogLevel, ...adk } = await peer<Adk>('@google/adk');
    const { BaseLlm, LlmAgent, FunctionTool, InMemoryRunner } = adk;
    setLogLevel(LogLevel.ERROR);
    class Scripted extends BaseLlm {
      readonly say: (request: Request) => Said;
      constructor(say: (request: Request) => Said) {
        super({ model: 'bench' });
        this.say = say;
      }
      async *generateContentAsync(request: Request): AsyncGenerator<object> {
        yield { content: { role: 'model', parts: parts(this.say(request)) } };
      }
    }
    const run = async (agent: object, text: string): Promise<string> => {
      const runner = new InMemoryRunner({ agent, appName: 'bench' });
      const newMessage = { role: 'user', parts: [{ text }] };
      let last = '';
      for await (const { content } of runner.runEphemeral({ userId: 'u', newMessage })) {
        last = content?.parts?.[0]?.text ?? last;
      }
      return last;
    };
    return async (brain: Brain) => {
      const add = new FunctionTool({
        ...{ name: 'add', description: 'Adds.', parameters: schema(ADD) },
        execute: async ({ a, b }: { a: number; b: number }) => ({ sum: brain.add(a, b) }),
      });
      const delegate = new FunctionTool({
        ...{ name: 'delegate', description: 'Starts a worker.', parameters: schema(DELEGATE) },
        async execute({ task }: { task: string }) {
          const model = new Scripted(({ contents }) =>
            brain.worker(contents.at(-1)?.parts?.[0]?.functionResponse !== undefined),
          );
          const worker = { name: 'worker', model, instruction: 'Add.', tools: [add] };
          return { said: await run(new LlmAgent(worker), task) };
        },
      });
      const model = new Scripted(() => brain.manager());
      const manager = { name: 'manager', model, instruction: 'Delegate.', tools: [delegate] };
      return run(new LlmAgent(manager), 'Add');
    };
  },
};

/** Its schemas have types in capitals. */
function schema({ properties, required }: { properties: object; required: readonly string[] }) {
  const typed = Object.entries(properties as Record<string, { type: string }>).map(
    ([name, { type }]) => [name, { type: type.toUpperCase() }] as const,
  );
  return { type: 'OBJECT', properties: Object.fromEntries(typed), required };
}

function parts(said: Said): object[] {
  if ('text' in said) return [{ text: said.text }];
  return said.calls.map(({ id, name, args }) => ({ functionCall: { id, name, args } }));
}
