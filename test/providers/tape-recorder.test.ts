import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { nodeEffects } from '../../src/effects/index.ts';
import type { Files } from '../../src/ports/effects.ts';
import {
  ModelError,
  type ModelProvider,
  type ModelRequest,
} from '../../src/ports/model-provider.ts';
import { type Script, scriptedModel } from '../../src/providers/scripted.ts';
import { MAX_TAPE_BYTES, readTape, type Tape } from '../../src/providers/tape-format.ts';
import { TapePlayer } from '../../src/providers/tape-player.ts';
import { TapeRecorder } from '../../src/providers/tape-recorder.ts';
import type { SettledCall } from '../../src/providers/tape-shelf.ts';
import { makeRedact } from '../../src/runtime/redact.ts';
import {
  type ContractAnswer,
  collect,
  describeProvider,
  modelRequest,
} from '../contracts/provider-contract.ts';
import { apiError } from '../fault-server/answers.ts';
import { temporaryFolder } from '../make.ts';
import { overServer } from './support/over-server.ts';

const SECRET = 'k3y/with+odd=signs & spaces';
const { files, clock } = nodeEffects();
const marks = {
  folders: [],
  since: clock.now(),
  now: () => clock.now(),
  redact: makeRedact([SECRET]),
};

function recorder(
  file: string,
  more: Partial<ConstructorParameters<typeof TapeRecorder>[0]> = {},
): TapeRecorder {
  const header = { program: 'test', roles: { manager: 'm', worker: 'm' } };
  return new TapeRecorder({ file, files, clock, marks, header, ...more });
}

function recorded(file: string, provider: ModelProvider, more = {}): ModelProvider {
  const resolved = { provider, model: 'x', price: undefined, simulated: false };
  return recorder(file, more).record('m', resolved).provider;
}

function tapeOf(file: string): Tape {
  return readTape(readFileSync(file, 'utf8'), file);
}

function replayed(file: string): ModelProvider {
  return new TapePlayer({ tape: tapeOf(file), file, marks }).resolve('m').provider;
}

function ask(text: string, agent = 'manager', parts: Partial<ModelRequest> = {}): ModelRequest {
  return modelRequest({
    messages: [{ role: 'user', text }],
    headers: { 'x-awp-agent': agent },
    ...parts,
  });
}

/** What asking brings: chunks, or the error as data. */
async function outcome(provider: ModelProvider, request: ModelRequest): Promise<unknown> {
  return collect(provider, request).catch((error: unknown) => {
    if (!(error instanceof AwpError)) throw error;
    const { code, message, hint, retryAfterMs } = error;
    const usage = error instanceof ModelError ? error.usage : undefined;
    return { code, message, hint, retryAfterMs, usage };
  });
}

/** What a log has of so many answers to the question `a` of the manager. */
function settled(calls: number): SettledCall[] {
  const messages = [{ role: 'user', text: 'a' }];
  return Array.from({ length: calls }, () => ({ agent: 'manager', model: 'm', messages }));
}

async function withTape<T>(use: (file: string) => Promise<T>): Promise<T> {
  using folder = temporaryFolder();
  return await use(join(folder.path, 'a.tape'));
}

const PARTS: Script = [
  { text: 'Hello', usage: { input: 7, output: 3, cached: 2, reasoning: 1 } },
  { toolCalls: [{ id: 'c9', name: 'a.b', args: { n: 1, deep: { list: [null, 'x'] } } }] },
  { text: 'silent', usage: null },
  new ModelError('model/rate-limited', 'slow down', {
    hint: 'wait a little',
    retryAfterMs: 1500,
    usage: { input: 0, output: 0 },
  }),
  new ModelError('model/truncated', 'half', { usage: { input: 4, output: 9 } }),
  new ModelError('model/auth', 'refused'),
  new AwpError('store/full', 'no room'),
];

describe('an answer with sensitive values', () => {
  it('is on the tape without them, and the run has it whole', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'a.tape');
    const model = scriptedModel([{ text: 'the pin is 4711' }]);
    const hide = (text: string): string => text.replace('4711', '[redacted]');
    const request = ask('what?', 'read', { hide, stream: true });
    const chunks = await collect(recorded(file, model), request);
    expect(chunks.at(-1)).toMatchObject({ text: 'the pin is 4711' });
    expect(readFileSync(file, 'utf8')).not.toContain('4711');
    expect((await collect(replayed(file), request)).at(-1)).toMatchObject({
      text: 'the pin is [redacted]',
    });
  });
});

describe('a replay', () => {
  it.each(['in pieces', 'whole'])('gives what was recorded, failures too (%s)', async (how) => {
    const request = ask('a', 'manager', { stream: how === 'in pieces' });
    await withTape(async (file) => {
      const live = scriptedModel(PARTS);
      const [record, first, second]: unknown[][] = [[], [], []];
      const recording = recorded(file, live);
      for (const _ of PARTS as readonly unknown[]) record?.push(await outcome(recording, request));
      for (const said of [first, second]) {
        const player = replayed(file);
        for (const _ of record ?? []) said?.push(await outcome(player, request));
      }
      expect(first).toEqual(record);
      expect(second).toEqual(record);
    });
  });

  it('gives the pieces of a stream, as they were cut', async () => {
    await withTape(async (file) => {
      const pieces = ['one ', 'two', ' th', 'ree'];
      const provider: ModelProvider = {
        name: 'pieces',
        async *ask() {
          for (const text of pieces) yield { type: 'text', text };
          yield { type: 'end', text: pieces.join(''), toolCalls: [], usage: undefined };
        },
      };
      const request = ask('a', 'manager', { stream: true });
      const live = await collect(recorded(file, provider), request);
      expect(live).toHaveLength(5);
      expect(await collect(replayed(file), request)).toEqual(live);
      // Who does not watch gets the answer alone.
      expect(await collect(replayed(file), ask('a'))).toEqual(live.slice(-1));
    });
  });

  it('gives one piece to who watches what came whole', async () => {
    await withTape(async (file) => {
      await collect(recorded(file, scriptedModel(['hello'])), ask('a'));
      const [piece, end] = await collect(replayed(file), ask('a', 'manager', { stream: true }));
      expect(piece).toEqual({ type: 'text', text: 'hello' });
      expect(end).toMatchObject({ type: 'end', text: 'hello' });
    });
  });

  it('goes by the question, whatever the order', async () => {
    await withTape(async (file) => {
      const live = recorded(
        file,
        scriptedModel(({ messages }) => `to ${messages[0]?.text}`),
      );
      const questions = Array.from({ length: 40 }, (_, index) => ask(`q${index}`, `w${index}`));
      await Promise.all(questions.map((request) => collect(live, request)));
      const player = replayed(file);
      const answers = await Promise.all(
        questions.toReversed().map(async (request) => (await collect(player, request)).at(-1)),
      );
      expect(answers.map((answer) => answer?.type === 'end' && answer.text)).toEqual(
        questions.map((_, index) => `to q${index}`).toReversed(),
      );
    });
  });

  it('gives agents that ask the same thing what each of them got', async () => {
    await withTape(async (file) => {
      const live = recorded(
        file,
        scriptedModel(({ headers }, call) => `${headers['x-awp-agent']}${call}`),
      );
      for (const agent of ['a', 'b', 'a', 'b']) await collect(live, ask('vote', agent));
      const player = replayed(file);
      const texts: string[] = [];
      for (const agent of ['b', 'b', 'a', 'a']) {
        const end = (await collect(player, ask('vote', agent))).at(-1);
        texts.push(end?.type === 'end' ? end.text : '');
      }
      expect(texts).toEqual(['b1', 'b3', 'a0', 'a2']);
    });
  });

  it('asks nobody: a server would see it', async () => {
    await withTape(async (file) => {
      const { provider, server, close } = await overServer(() => 'from afar');
      await collect(recorded(file, provider), ask('a'));
      await collect(replayed(file), ask('a'));
      await outcome(replayed(file), ask('b'));
      expect(server.requests).toHaveLength(1);
      await close();
    });
  });

  it('refuses a question that was not recorded, and shows what differs from the nearest', async () => {
    await withTape(async (file) => {
      const live = recorded(file, scriptedModel(['1', '2', '3']));
      await collect(live, ask('first\nsecond\nthird'));
      await collect(live, ask('first\nsecond\nlast'));
      await collect(live, ask('something else', 'worker'));
      const player = replayed(file);
      const miss = await outcome(player, ask('first\n2nd\nlast'));
      expect(miss).toMatchObject({ code: 'model/tape-miss', usage: { input: 0, output: 0 } });
      expect((miss as Error).message).toContain('  first\n- second\n+ 2nd\n  last');
      // What follows from it would only hide it.
      expect(await outcome(player, ask('something else', 'worker'))).toEqual(miss);
    });
  });

  it('refuses a question that was asked more often than it was recorded', async () => {
    await withTape(async (file) => {
      await collect(recorded(file, scriptedModel(['once'])), ask('a'));
      const player = replayed(file);
      await collect(player, ask('a'));
      expect(await outcome(player, ask('a'))).toMatchObject({
        code: 'model/tape-miss',
        message: expect.stringContaining('once more than it was recorded'),
      });
    });
  });

  it('gives a run that goes on what comes behind what it has had', async () => {
    await withTape(async (file) => {
      const live = recorded(file, scriptedModel(['1', '2', '3', 'other']));
      for (const _ of '123') await collect(live, ask('a'));
      await collect(live, ask('b'));
      const options = { tape: tapeOf(file), file, marks, settled: settled(2) };
      const { provider } = new TapePlayer(options).resolve('m');
      expect((await collect(provider, ask('a'))).at(-1)).toMatchObject({ text: '3' });
      expect((await collect(provider, ask('b'))).at(-1)).toMatchObject({ text: 'other' });
    });
  });

  it.each([
    ['analyst__report.md', 'names that depend on which was first'],
    ['report-2.md', undefined],
  ])('that misses because of the file %s says what to try', async (name, why) => {
    await withTape(async (file) => {
      await collect(recorded(file, scriptedModel(['x'])), ask('wrote report.md\nthen'));
      const miss = await outcome(replayed(file), ask(`wrote ${name}\nthen`));
      expect((miss as AwpError).hint?.includes(why ?? 'which was first')).toBe(why !== undefined);
    });
  });

  it('refuses a model that was not recorded and names those that were', async () => {
    await withTape(async (file) => {
      await collect(recorded(file, scriptedModel(['x'])), ask('a'));
      const player = new TapePlayer({ tape: tapeOf(file), file, marks });
      expect(() => player.resolve('n')).toThrow(
        expect.objectContaining({
          code: 'model/tape-model',
          hint: expect.stringContaining('-m m'),
        }),
      );
    });
  });

  it('knows of a model what was known when it was recorded', async () => {
    await withTape(async (file) => {
      const facts = {
        model: 'own-name',
        price: { input: 0.5, output: 2, cachedInput: 0.1 },
        capabilities: { tools: true } as never,
        simulated: false,
      };
      const resolved = recorder(file).record('m', { provider: scriptedModel(['x']), ...facts });
      await collect(resolved.provider, ask('a'));
      const { provider, ...known } = new TapePlayer({ tape: tapeOf(file), file, marks }).resolve(
        'm',
      );
      expect(known).toEqual(facts);
      expect(provider.name).toBe('scripted');
    });
  });
});

describe('a recording', () => {
  it('has no secret in any spelling, and is private', async () => {
    const base64 = Buffer.from(SECRET).toString('base64');
    const spellings = [
      SECRET,
      encodeURIComponent(SECRET),
      base64,
      Buffer.from(SECRET).toString('hex'),
      JSON.stringify(SECRET).slice(1, -1),
    ];
    const text = spellings.join(' | ');
    await withTape(async (file) => {
      const live = recorded(
        file,
        scriptedModel([
          { text, toolCalls: [{ name: 'a.b', args: { [SECRET]: text } }] },
          new ModelError('model/auth', `no: ${text}`, { hint: text }),
        ]),
      );
      const messages = [
        { role: 'user', text },
        { role: 'assistant', text: '', toolCalls: [{ id: 'c', name: 'a.b', args: { text } }] },
        { role: 'tool', call: 'c', name: 'a.b', text },
      ] as const;
      const request = modelRequest({ messages, stream: true });
      await collect(live, request);
      await outcome(live, request);
      const tape = readFileSync(file, 'utf8').toLowerCase();
      for (const spelling of spellings) expect(tape).not.toContain(spelling.toLowerCase());
      expect(statSync(file).mode & 0o777).toBe(0o600);
      // The same question with another value of the secret is still the same question.
      const chunks = await collect(replayed(file), request);
      expect(chunks.at(-1)).toMatchObject({ text: expect.stringContaining('[secret]') });
      expect(chunks).toHaveLength(2);
    });
  });

  it('has each answer before the run has it', async () => {
    await withTape(async (file) => {
      const live = recorded(file, scriptedModel(['one', 'two']));
      for (const count of [1, 2]) {
        for await (const chunk of live.ask(ask('a'), new AbortController().signal)) {
          if (chunk.type === 'end') expect(tapeOf(file).calls).toHaveLength(count);
        }
      }
    });
  });

  it('can be read after any cut, up to the last whole line', async () => {
    await withTape(async (file) => {
      const live = recorded(file, scriptedModel(['one', 'two', 'three']));
      for (const text of 'abc') await collect(live, ask(text));
      const text = readFileSync(file, 'utf8');
      const head = text.indexOf('\n') + 1;
      for (let end = head; end <= text.length; end += 7) {
        const cut = text.slice(0, end);
        const whole = cut.split('\n').length - (cut.endsWith('}') && text[end] === '\n' ? 1 : 2);
        expect(readTape(text.slice(0, end), file).calls).toHaveLength(whole);
      }
    });
  });

  it('goes on behind what is there, with the numbers of the attempts', async () => {
    await withTape(async (file) => {
      await collect(recorded(file, scriptedModel(['one'])), ask('a'));
      const going = { before: tapeOf(file), settled: settled(1) };
      await collect(recorded(file, scriptedModel(['two']), going), ask('a'));
      const { calls, header } = tapeOf(file);
      expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(header.models).toHaveLength(1);
    });
  });

  it('that goes on gives first what the log of the run lacks, and asks and writes nothing for it', async () => {
    await withTape(async (file) => {
      const before = recorded(
        file,
        scriptedModel(['one', new ModelError('model/auth', 'no'), 'x']),
      );
      await collect(before, ask('a'));
      const failure = await outcome(before, ask('a'));
      await collect(before, ask('a', 'somebody else'));
      const tape = readFileSync(file, 'utf8');
      const model = scriptedModel(['two']);
      const live = recorded(file, model, { before: tapeOf(file), settled: settled(1) });
      expect(await outcome(live, ask('a'))).toEqual(failure);
      expect([model.calls, readFileSync(file, 'utf8')]).toEqual([0, tape]);
      expect((await collect(live, ask('a'))).at(-1)).toMatchObject({ text: 'two' });
      expect(tapeOf(file).calls).toHaveLength(4);
    });
  });

  it('names a model that was found late before its first answer', async () => {
    await withTape(async (file) => {
      const all = recorder(file);
      const resolved = { provider: scriptedModel(['x', 'y']), model: 'x', price: undefined };
      await collect(all.record('m', { ...resolved, simulated: true }).provider, ask('a'));
      await collect(all.record('late', { ...resolved, simulated: true }).provider, ask('a'));
      const { header } = tapeOf(file);
      expect(header.models.map(({ name }) => name)).toEqual(['m', 'late']);
    });
  });

  it('leaves out a call that the run itself ended', async () => {
    await withTape(async (file) => {
      const never = scriptedModel(() => new Promise(() => {}));
      const stop = new AbortController();
      const asking = collect(recorded(file, never), ask('a'), stop.signal);
      stop.abort(new Error('stopped'));
      await expect(asking).rejects.toThrow('stopped');
      expect(tapeOf(file).calls).toEqual([]);
    });
  });

  it.each([
    ['where something is', 'a.tape', 'there is something at that path already'],
    ['where no folder is', 'none/a.tape', 'ENOENT'],
  ])('%s is refused before anybody is asked', async (_, name, why) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'a.tape'), 'mine');
    const model = scriptedModel(['x']);
    expect(await outcome(recorded(join(folder.path, name), model), ask('a'))).toMatchObject({
      code: 'model/tape-unwritable',
      message: expect.stringContaining(why),
      usage: { input: 0, output: 0 },
    });
    expect(model.calls).toBe(0);
    expect(readFileSync(join(folder.path, 'a.tape'), 'utf8')).toBe('mine');
  });

  it('leaves out figures that none can be, as if the service had been silent', async () => {
    await withTape(async (file) => {
      const text = 'x';
      const odd: ModelProvider = {
        name: 'odd',
        async *ask() {
          const usage = { input: -5, output: Number.NaN };
          yield { type: 'end', text, toolCalls: [], usage, cost: Number.NEGATIVE_INFINITY };
        },
      };
      await collect(recorded(file, odd), ask('a'));
      expect(tapeOf(file).calls[0]?.answer).toEqual({ text, toolCalls: [] });
    });
  });

  it('says so when the tape cannot be written any more, and what the answer had cost', async () => {
    await withTape(async (file) => {
      let isFull = false;
      const full: Files = {
        ...files,
        extend: async (path, text) => {
          if (isFull) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
          await files.extend(path, text);
        },
      };
      const script = ['one', { text: 'two', usage: { input: 5, output: 6 } }];
      const live = recorded(file, scriptedModel(script), { files: full });
      await collect(live, ask('a'));
      isFull = true;
      expect(await outcome(live, ask('b'))).toMatchObject({
        code: 'model/tape-unwritable',
        message: expect.stringContaining('ENOSPC'),
        usage: { input: 5, output: 6 },
      });
      expect(tapeOf(file).calls).toHaveLength(1);
    });
  });

  it('ends before it is larger than what is read', async () => {
    await withTape(async (file) => {
      const header = { program: 'test', recorded: '2026-05-06T07:08:09.000Z', models: [] };
      const before = { header, calls: [], sound: 'x'.repeat(MAX_TAPE_BYTES) };
      writeFileSync(file, '');
      expect(
        await outcome(recorded(file, scriptedModel(['x']), { before }), ask('a')),
      ).toMatchObject({
        code: 'model/tape-full',
      });
      expect(readFileSync(file, 'utf8')).toBe('');
    });
  });
});

describe('a recording of a service over the network', () => {
  it('keeps failures as failures, with the wait that was named', async () => {
    await withTape(async (file) => {
      const { provider, close } = await overServer(() =>
        apiError(429, 'slow down', { 'retry-after': '7' }),
      );
      const live = await outcome(recorded(file, provider), ask('a'));
      await close();
      expect(live).toMatchObject({ code: 'model/rate-limited', retryAfterMs: 7000 });
      expect(await outcome(replayed(file), ask('a'))).toEqual(live);
    });
  });
});

function toScript(answer: ContractAnswer): (request: ModelRequest) => Promise<never> | object {
  if (answer === 'never') return () => new Promise(() => {});
  if (answer === 'failure') {
    return () => new ModelError('model/server-error', 'failed', { usage: { input: 0, output: 0 } });
  }
  return () => answer;
}

describeProvider('a recorded model', async (answers) => {
  const folder = temporaryFolder();
  const live = scriptedModel((request, call) => {
    const answer = answers[call];
    if (answer === undefined) throw new Error('asked too often');
    return toScript(answer)(request) as never;
  });
  return {
    provider: recorded(join(folder.path, 'a.tape'), live),
    asked: () => live.calls,
    close: async () => folder[Symbol.dispose](),
  };
});
