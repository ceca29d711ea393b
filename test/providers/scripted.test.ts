import { describe, expect, it } from 'vitest';
import { AwpError } from '../../src/base/errors.ts';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/providers/scripted.ts';
import { collect, describeProvider, modelRequest } from '../contracts/provider-contract.ts';

describeProvider('a scripted model', async (answers) => {
  const provider = scriptedModel((_, call): ScriptedAnswer | Promise<ScriptedAnswer> => {
    const answer = answers[call];
    if (answer === undefined || answer === 'failure') return new Error('out of answers');
    return answer === 'never' ? new Promise(() => {}) : answer;
  });
  return { provider, asked: () => provider.calls, close: async () => {} };
});

describe('a script', () => {
  it('is answered from in order; objects become JSON', async () => {
    const model = scriptedModel([
      'one',
      { decision: 'complete', result: { text: 'x' } },
      { text: 'three' },
      {},
    ]);
    const texts: string[] = [];
    for (let call = 0; call < 4; call++) {
      const [end] = await collect(model, modelRequest());
      texts.push(end?.text ?? '');
    }
    expect(texts).toEqual(['one', '{"decision":"complete","result":{"text":"x"}}', 'three', '{}']);
  });

  it('may be a function of the request and the number of the call', async () => {
    const model = scriptedModel(async ({ messages }, call) => `${call}: ${messages[0]?.text}`);
    await collect(model, modelRequest());
    expect(await collect(model, modelRequest())).toMatchObject([
      { text: '1: What is the peak month?' },
    ]);
  });

  it('makes up ids for tool calls and estimates usage at four characters a token', async () => {
    const model = scriptedModel([
      {
        toolCalls: [
          { name: 'a.b', args: {} },
          { name: 'c', args: {} },
        ],
      },
    ]);
    expect(await collect(model, modelRequest())).toMatchObject([
      {
        text: '',
        toolCalls: [{ id: 'call-0-0' }, { id: 'call-0-1' }],
        usage: { input: 6, output: 2 },
      },
    ]);
  });

  it('throws the errors in it', async () => {
    const own = new AwpError('model/rate-limited', 'slow down', { retryAfterMs: 5 });
    const model = scriptedModel([own, new Error('broken')]);
    await expect(collect(model, modelRequest())).rejects.toBe(own);
    await expect(collect(model, modelRequest())).rejects.toMatchObject({
      code: 'model/server-error',
      message: 'broken',
    });
  });

  it('says so when it has ended', async () => {
    await expect(collect(scriptedModel([]), modelRequest())).rejects.toMatchObject({
      code: 'model/script-ended',
    });
  });

  it('takes its time by the clock it is given, and leaves no timer when it is stopped', async () => {
    const clock = fixedClock();
    const model = scriptedModel(
      [
        { text: 'x', delayMs: 50 },
        { text: 'y', delayMs: 50 },
      ],
      { clock },
    );
    const first = collect(model, modelRequest());
    while (clock.pending === 0) await new Promise(setImmediate);
    clock.advance(50);
    expect(await first).toMatchObject([{ text: 'x' }]);
    const controller = new AbortController();
    const second = collect(model, modelRequest(), controller.signal);
    while (clock.pending === 0) await new Promise(setImmediate);
    controller.abort('stop');
    await expect(second).rejects.toBe('stop');
    expect(clock.pending).toBe(0);
  });

  it('cannot wait without a clock', async () => {
    const model = scriptedModel([{ text: 'x', delayMs: 50 }]);
    await expect(collect(model, modelRequest())).rejects.toMatchObject({ code: 'usage/no-clock' });
  });
});
