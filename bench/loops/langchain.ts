import { peer } from '../peers.ts';
import { type Brain, type Said, TURNS } from './brain.ts';
import { ADD, DELEGATE, type LoopEngine } from './engine.ts';

interface Chat {
  new (fields: object): object;
}
interface Core {
  BaseChatModel: Chat;
}
interface Messages {
  AIMessage: new (fields: object) => object;
}
interface Tools {
  tool(run: (args: never) => Promise<string>, fields: object): object;
}
interface Agent {
  invoke(state: object, config: object): Promise<{ messages: readonly { content: unknown }[] }>;
}
interface LangChain {
  createAgent(options: object): Agent;
}

/** Its agents over a scripted chat model; the manager's tool runs an agent for each call. */
export const langchain: LoopEngine = {
  async prepare() {
    const { createAgent } = await peer<LangChain>('langchain');
    const { BaseChatModel } = await peer<Core>('@langchain/core/language_models/chat_models');
    const { AIMessage } = await peer<Messages>('@langchain/core/messages');
    const { tool } = await peer<Tools>('@langchain/core/tools');
    class Scripted extends BaseChatModel {
      readonly say: (messages: readonly Message[]) => Said;
      constructor(say: (messages: readonly Message[]) => Said) {
        super({});
        this.say = say;
      }
      _llmType(): string {
        return 'bench';
      }
      bindTools(): this {
        return this;
      }
      async _generate(messages: readonly Message[]): Promise<object> {
        const said = this.say(messages);
        const text = 'text' in said ? said.text : '';
        const calls =
          'text' in said ? [] : said.calls.map((call) => ({ ...call, type: 'tool_call' }));
        const message = new AIMessage({ content: text, tool_calls: calls });
        return { generations: [{ text, message }] };
      }
    }
    return async (brain: Brain) => {
      const add = tool(async ({ a, b }: { a: number; b: number }) => String(brain.add(a, b)), {
        ...{ name: 'add', description: 'Adds.', schema: ADD },
      });
      const model = new Scripted((messages) => brain.worker(messages.at(-1)?.type === 'tool'));
      const worker = createAgent({ model, tools: [add] });
      const delegate = tool(
        async ({ task }: { task: string }) => {
          const { messages } = await worker.invoke({ messages: [user(task)] }, {});
          return String(messages.at(-1)?.content);
        },
        { name: 'delegate', description: 'Starts a worker.', schema: DELEGATE },
      );
      const manager = createAgent({
        model: new Scripted(() => brain.manager()),
        tools: [delegate],
      });
      return manager.invoke({ messages: [user('Add')] }, { recursionLimit: 4 * TURNS });
    };
  },
};

interface Message {
  type: string;
}

function user(content: string): object {
  return { role: 'user', content };
}
