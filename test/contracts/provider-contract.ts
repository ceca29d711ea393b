import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import {
  type ModelChunk,
  ModelError,
  type ModelProvider,
  type ModelRequest,
} from '../../src/ports/model-provider.ts';

/** What a provider under test is made to answer; undefined never answers. */
export type ContractAnswer =
  | {
      text?: string;
      toolCalls?: { id: string; name: string; args: JsonObject }[];
      usage?: { input: number; output: number } | null;
    }
  | 'failure'
  | 'never';

/** A provider that gives these answers in order, and how often its service was asked. */
export interface ContractSubject {
  provider: ModelProvider;
  asked(): number;
  close(): Promise<void>;
}

/** A request with the usual fields; a test names what matters to it. */
export function modelRequest(parts: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'some-model',
    messages: [{ role: 'user', text: 'What is the peak month?' }],
    tools: [],
    toolChoice: 'auto',
    temperature: 0.2,
    maxOutputTokens: 500,
    headers: {},
    timeoutMs: null,
    stream: false,
    ...parts,
  };
}

/** Everything that a provider yields for one question. */
export async function collect(
  provider: ModelProvider,
  request: ModelRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<ModelChunk[]> {
  const chunks: ModelChunk[] = [];
  for await (const chunk of provider.ask(request, signal)) chunks.push(chunk);
  return chunks;
}

/** What every provider promises to the runtime, whatever it talks to. */
export function describeProvider(
  name: string,
  start: (answers: readonly ContractAnswer[]) => Promise<ContractSubject>,
): void {
  async function using(
    answers: readonly ContractAnswer[],
    check: (subject: ContractSubject) => Promise<void>,
  ): Promise<void> {
    const subject = await start(answers);
    try {
      await check(subject);
    } finally {
      await subject.close();
    }
  }

  describe(`${name} keeps the provider contract`, () => {
    it('gives the whole answer in one piece when nobody watches', () =>
      using([{ text: 'March', usage: { input: 7, output: 2 } }], async ({ provider }) => {
        const chunks = await collect(provider, modelRequest());
        expect(chunks).toMatchObject([
          { type: 'end', text: 'March', toolCalls: [], usage: { input: 7, output: 2 } },
        ]);
      }));

    it('shows pieces that add up to the answer when somebody watches', () =>
      using([{ text: 'The peak month is March.' }], async ({ provider }) => {
        const chunks = await collect(provider, modelRequest({ stream: true }));
        const shown = chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('');
        expect(shown).toBe('The peak month is March.');
        expect(chunks.at(-1)).toMatchObject({ type: 'end', text: shown });
        expect(chunks.filter(({ type }) => type === 'end')).toHaveLength(1);
      }));

    it.each([false, true])('gives tool calls with their arguments (stream: %s)', (stream) => {
      const toolCalls = [
        { id: 'a', name: 'code.execute', args: { code: 'print("ö")', timeout: 3 } },
        { id: 'b', name: 'file.read', args: {} },
      ];
      return using([{ toolCalls }], async ({ provider }) => {
        const tools = toolCalls.map((call) => ({
          name: call.name,
          description: '',
          parameters: { type: 'object' },
        }));
        const [end] = await collect(provider, modelRequest({ tools, stream }));
        expect(end).toMatchObject({ type: 'end', text: '', toolCalls });
      });
    });

    it.each([false, true])('leaves usage open when the service is silent (stream: %s)', (stream) =>
      using([{ text: 'x', usage: null }], async ({ provider }) => {
        const end = (await collect(provider, modelRequest({ stream }))).at(-1);
        expect(end).toMatchObject({ type: 'end', usage: undefined });
      }),
    );

    it('throws the reason of a signal that aborted before the call, and asks nobody', () =>
      using([{ text: 'x' }], async ({ provider, asked }) => {
        const reason = { stopped: 'by the user' };
        const call = collect(provider, modelRequest(), AbortSignal.abort(reason));
        await expect(call).rejects.toBe(reason);
        expect(asked()).toBe(0);
      }));

    it.each([false, true])(
      'throws the reason of a signal that aborts meanwhile (stream: %s)',
      (stream) =>
        using(['never'], async ({ provider, asked }) => {
          const controller = new AbortController();
          const reason = new Error('enough');
          const call = collect(provider, modelRequest({ stream }), controller.signal);
          call.catch(() => {});
          while (asked() === 0) await new Promise(setImmediate);
          controller.abort(reason);
          await expect(call).rejects.toBe(reason);
        }),
    );

    it.each([false, true])('fails once, with an error of its family (stream: %s)', (stream) =>
      using(['failure', { text: 'x' }], async ({ provider, asked }) => {
        const error = await collect(provider, modelRequest({ stream })).catch((thrown) => thrown);
        expect(error).toBeInstanceOf(ModelError);
        expect(error.family).toBe('model');
        expect(asked()).toBe(1);
      }),
    );

    it('bears a reader that stops in mid-answer', () =>
      using([{ text: 'a long answer '.repeat(50) }, { text: 'next' }], async ({ provider }) => {
        const { signal } = new AbortController();
        for await (const chunk of provider.ask(modelRequest({ stream: true }), signal)) {
          expect(chunk.type).toBe('text');
          break;
        }
        expect(await collect(provider, modelRequest())).toMatchObject([{ text: 'next' }]);
      }));

    it('keeps answers that come at the same time apart', () => {
      const texts = Array.from({ length: 20 }, (_, index) => `answer ${index}`);
      return using(
        texts.map((text) => ({ text })),
        async ({ provider }) => {
          const ends = await Promise.all(texts.map(() => collect(provider, modelRequest())));
          const got = ends.map(([end]) => end?.text);
          expect([...got].sort()).toEqual([...texts].sort());
        },
      );
    });
  });
}
