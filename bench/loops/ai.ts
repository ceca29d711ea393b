import { peer } from '../peers.ts';
import { type Brain, type Said, TURNS } from './brain.ts';
import { ADD, DELEGATE, type LoopEngine } from './engine.ts';

interface Ai {
  generateText(options: object): Promise<{ text: string }>;
  jsonSchema(schema: object): object;
  tool(options: object): object;
  isStepCount?(count: number): unknown;
  stepCountIs?(count: number): unknown;
}

interface Prompted {
  prompt: readonly { role: string }[];
}

/** A manager whose tool runs an agent for each call, all calls of a step at once. */
export const aiSdk: LoopEngine = {
  async prepare() {
    const ai = await peer<Ai>('ai');
    const stop = ai.isStepCount ?? ai.stepCountIs;
    if (!stop) throw new Error('ai has no stop condition for steps');
    return async (brain: Brain) => {
      const worker = scriptedLanguageModel('v4', (prompt) =>
        brain.worker(prompt.at(-1)?.role === 'tool'),
      );
      const add = ai.tool({
        ...{ description: 'Adds.', inputSchema: ai.jsonSchema(ADD) },
        execute: async ({ a, b }: { a: number; b: number }) => brain.add(a, b),
      });
      const delegate = ai.tool({
        ...{ description: 'Starts a worker.', inputSchema: ai.jsonSchema(DELEGATE) },
        async execute({ task }: { task: string }) {
          const how = { model: worker, prompt: task, tools: { add }, stopWhen: stop(5) };
          return (await ai.generateText(how)).text;
        },
      });
      return ai.generateText({
        ...{
          model: scriptedLanguageModel('v4', () => brain.manager()),
          prompt: 'Add',
          tools: { delegate },
        },
        stopWhen: stop(TURNS + 2),
      });
    };
  },
};

/** A model in this process, as packages that build on the AI SDK take one. */
export function scriptedLanguageModel(
  specificationVersion: 'v3' | 'v4',
  say: (prompt: Prompted['prompt']) => Said,
): object {
  return {
    ...{ specificationVersion, provider: 'bench', modelId: 'm', supportedUrls: {} },
    doGenerate: async ({ prompt }: Prompted) => answer(say(prompt)),
    doStream: async ({ prompt }: Prompted) => ({ stream: streamed(answer(say(prompt))) }),
  };
}

/** The same answer in pieces. */
function streamed({ content, finishReason, usage }: Answer): ReadableStream<object> {
  const pieces = content.flatMap((part): object[] => {
    if (!('text' in part)) return [part];
    const id = 't';
    return [
      { type: 'text-start', id },
      { type: 'text-delta', id, delta: part.text },
      { type: 'text-end', id },
    ];
  });
  return new ReadableStream({
    start(controller) {
      controller.enqueue({ type: 'stream-start', warnings: [] });
      for (const piece of pieces) controller.enqueue(piece);
      controller.enqueue({ type: 'finish', finishReason, usage });
      controller.close();
    },
  });
}

interface Answer {
  content: readonly ({ type: string; text: string } | { type: string; toolCallId: string })[];
  finishReason: object;
  usage: object;
  warnings: readonly object[];
}

function answer(said: Said): Answer {
  const content =
    'text' in said
      ? [{ type: 'text', text: said.text }]
      : said.calls.map(({ id, name, args }) => ({
          ...{ type: 'tool-call', toolCallId: id, toolName: name, input: JSON.stringify(args) },
        }));
  const reason = 'text' in said ? 'stop' : 'tool-calls';
  return {
    content,
    finishReason: { unified: reason, raw: reason },
    usage: {
      inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 10, text: 10, reasoning: 0 },
    },
    warnings: [],
  };
}
