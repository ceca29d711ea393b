import { afterEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../src/effects/fake-clock.ts';
import { nodeNetwork } from '../../src/effects/network.ts';
import type { ModelChunk, ModelRequest } from '../../src/ports/model-provider.ts';
import { openAiCompatible } from '../../src/providers/openai-compatible.ts';
import { collect, modelRequest } from '../contracts/provider-contract.ts';
import { apiError, lines, say, silentHead, status } from '../fault-server/answers.ts';
import type { Answer, Handler } from '../fault-server/server.ts';
import { KEY, overServer } from './support/over-server.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function started(handler: Handler, variables: Record<string, string> = {}) {
  const subject = await overServer(handler, { variables });
  closers.push(subject.close);
  return subject;
}

/** Answers that the test lets go, in the order they were asked for. */
function held(): { handler: Handler; open: (() => void)[]; most(): number } {
  const open: (() => void)[] = [];
  let now = 0;
  let most = 0;
  const handler: Handler = async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise<void>((resolve) => open.push(resolve));
    now -= 1;
    return say('done');
  };
  return { handler, open, most: () => most };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

async function turns(): Promise<void> {
  for (let count = 0; count < 100; count++) await new Promise(setImmediate);
}

const from = (run: string, parts: Partial<ModelRequest> = {}): ModelRequest =>
  modelRequest({ headers: { 'x-awp-run-id': run, 'x-awp-agent': 'a' }, ...parts });

describe('calls to one service', () => {
  it('are as many at once as AWP_MODEL_CONCURRENCY says, whoever asks', async () => {
    const { handler, open, most } = held();
    const { provider, server, clock } = await started(handler, { AWP_MODEL_CONCURRENCY: '3' });
    // Another provider of the same service and account, as another run has it.
    const secrets = { get: (name: string) => (name === 'AWP_MODEL_CONCURRENCY' ? '3' : undefined) };
    const twin = openAiCompatible(
      { name: 'acme', baseUrl: server.url, key: KEY, keyVariable: 'ACME_API_KEY' },
      { effects: { clock, network: nodeNetwork(), secrets } },
    );
    const calls = Array.from({ length: 8 }, (_, index) =>
      collect(index % 2 === 0 ? provider : twin, from(`r${index % 2}`)),
    );
    for (let count = 0; count < calls.length; count++) {
      await until(() => open.length > 0);
      await turns();
      open.shift()?.();
    }
    await Promise.all(calls);
    expect([most(), server.requests.length]).toEqual([3, 8]);
  });

  it('take turns between runs', async () => {
    const { handler, open } = held();
    const { provider, server } = await started(handler, { AWP_MODEL_CONCURRENCY: '1' });
    const calls = ['big', 'big', 'big', 'big', 'small'].map((run) => collect(provider, from(run)));
    for (const _ of calls) {
      await until(() => open.length > 0);
      open.shift()?.();
    }
    await Promise.all(calls);
    const runs = server.requests.map(({ headers }) => headers['x-awp-run-id']);
    expect(runs).toEqual(['big', 'big', 'small', 'big', 'big']);
  });

  it('that wait are ended by their own time, and cost nothing', async () => {
    const { provider, server, clock } = await started(silentHead, { AWP_MODEL_CONCURRENCY: '1' });
    const first = collect(provider, from('a'));
    first.catch(() => {});
    await until(() => server.requests.length === 1);
    const second = collect(provider, from('b', { timeoutMs: 5000 })).catch((error) => error);
    await turns();
    clock.advance(5000);
    expect(await second).toMatchObject({
      code: 'model/timeout',
      message: 'acme had no room for this call within 5 s',
      usage: { input: 0, output: 0 },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('that wait are cancelled without being sent', async () => {
    const { provider, server } = await started(silentHead, { AWP_MODEL_CONCURRENCY: '1' });
    const first = collect(provider, from('a'));
    first.catch(() => {});
    await until(() => server.requests.length === 1);
    const controller = new AbortController();
    const second = collect(provider, from('b'), controller.signal);
    second.catch(() => {});
    await turns();
    controller.abort('enough');
    await expect(second).rejects.toBe('enough');
    expect(server.requests).toHaveLength(1);
  });

  it('free their place with the answer, not when its reader has gone on', async () => {
    const { provider } = await started(() => 'done', { AWP_MODEL_CONCURRENCY: '1' });
    const seen: ModelChunk[] = [];
    for await (const chunk of provider.ask(from('a'), new AbortController().signal)) {
      seen.push(chunk, ...(await collect(provider, from('b'))));
    }
    expect(seen).toHaveLength(2);
  });

  it.each([
    ['a failure', () => apiError(500, 'no')],
    ['a reader that stops', () => say({ text: 'x'.repeat(100), pauseMs: 1 })],
  ] as const)('free their place after %s', async (_, answer: () => Answer) => {
    const { provider } = await started(({ index }) => (index === 0 ? answer() : 'done'), {
      AWP_MODEL_CONCURRENCY: '1',
    });
    try {
      for await (const _ of provider.ask(from('a', { stream: true }), new AbortController().signal))
        break;
    } catch {
      // The failure.
    }
    expect(await collect(provider, from('b'))).toMatchObject([{ text: 'done' }]);
  });
});

describe('a service that refuses for now', () => {
  it('is left alone by all runs for as long as it asks', async () => {
    const { provider, server, clock } = await started(({ index }) =>
      index === 0 ? apiError(429, 'slow down', { 'retry-after': '7' }) : say('done'),
    );
    const first = await collect(provider, from('a')).catch((error) => error);
    expect(first.retryAfterMs).toBe(7000);
    const second = collect(provider, from('b'));
    await turns();
    clock.advance(6999);
    await turns();
    expect(server.requests).toHaveLength(1);
    clock.advance(1);
    expect(await second).toMatchObject([{ text: 'done' }]);
  });

  it('holds back only the model that it spoke of: another one, behind it in a list, is asked', async () => {
    const { provider, server } = await started(({ body }) =>
      body.model === 'full' ? apiError(429, 'slow down', { 'retry-after': '3600' }) : say('done'),
    );
    await collect(provider, from('a', { model: 'full', timeoutMs: 300_000 })).catch(() => {});
    for (const timeoutMs of [50_000, 300_000]) {
      const other = collect(provider, from('a', { model: 'other', timeoutMs }));
      expect(await other).toMatchObject([{ text: 'done' }]);
      const same = collect(provider, from('a', { model: 'full', timeoutMs }));
      await expect(same).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    }
    expect(server.requests).toHaveLength(3);
  });

  it('is not waited for beyond the time that is left: the call says when to come back', async () => {
    const { provider, server } = await started(() =>
      apiError(429, 'slow down', { 'retry-after': '86400' }),
    );
    await collect(provider, from('a')).catch(() => {});
    const error = await collect(provider, from('b', { timeoutMs: 30_000 })).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'model/rate-limited',
      message: 'acme takes no calls for another 24h00m',
      retryAfterMs: 86_400_000,
      usage: { input: 0, output: 0 },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('gets fewer calls at once, also when it says so in the middle of a stream', async () => {
    const busy = lines({ error: { message: 'busy', code: 529 } });
    const { open, handler, most } = held();
    const { provider, server } = await started(
      (request) => (request.index < 4 ? busy : handler(request)),
      { AWP_MODEL_CONCURRENCY: '4' },
    );
    const refused = [1, 2, 3, 4].map((run) =>
      collect(provider, from(`r${run}`, { stream: true })).catch(() => {}),
    );
    await Promise.all(refused);
    const calls = [1, 2, 3, 4].map((run) => collect(provider, from(`r${run}`)));
    for (const _ of calls) {
      await until(() => open.length > 0);
      await turns();
      open.shift()?.();
    }
    await Promise.all(calls);
    expect(most()).toBeLessThan(4);
    expect(server.requests).toHaveLength(8);
  });

  it('is asked for no more requests than it says are left', async () => {
    const { provider, server, clock } = await started(() =>
      status(200, answerOf('done'), {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1.5s',
      }),
    );
    await collect(provider, from('a'));
    const next = collect(provider, from('b'));
    await turns();
    expect(server.requests).toHaveLength(1);
    clock.advance(1500);
    expect(await next).toMatchObject([{ text: 'done' }]);
  });
});

describe('limits of the environment', () => {
  it('count requests and tokens a minute', async () => {
    const { provider, server, clock } = await started(() => 'done', { AWP_MODEL_RPM: '2' });
    const calls = [1, 2, 3].map(() => collect(provider, from('a')));
    await until(() => server.requests.length === 2);
    await turns();
    expect(server.requests).toHaveLength(2);
    clock.advance(30_000);
    await Promise.all(calls);
    expect(server.requests).toHaveLength(3);
  });

  it('count the tokens that were used, not those that were reserved', async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 5 };
    const { provider, server } = await started(() => say({ text: 'done', usage }), {
      AWP_MODEL_TPM: '1000',
      AWP_MODEL_CONCURRENCY: '1',
    });
    // Each reserves more than half of what there is.
    for (let count = 0; count < 20; count++) await collect(provider, from('a'));
    expect(server.requests).toHaveLength(20);
  });

  it.each([
    ['AWP_MODEL_FIRST_BYTE_TIMEOUT', '2s', 2000, 'acme did not begin to answer within 2 s'],
    ['AWP_MODEL_TIMEOUT', '3', 3000, 'acme did not finish within 3 s'],
  ])('end a call by %s', async (name, value, ms, message) => {
    const { provider, server, clock } = await started(silentHead, { [name]: value });
    const call = collect(provider, from('a')).catch((error) => error);
    await until(() => server.requests.length === 1);
    clock.advance(ms);
    expect(await call).toMatchObject({ code: 'model/timeout', message });
  });

  it('end a silence by AWP_MODEL_IDLE_TIMEOUT', async () => {
    const { provider, clock } = await started(
      () => say({ text: 'a long text that comes slowly', pauseMs: 60_000 }),
      { AWP_MODEL_IDLE_TIMEOUT: '500ms' },
    );
    let seen = 0;
    const call = (async () => {
      for await (const _ of provider.ask(from('a', { stream: true }), new AbortController().signal))
        seen += 1;
    })().catch((error) => error);
    await until(() => seen > 0);
    await turns();
    clock.advance(500);
    expect((await call).message).toBe('acme fell silent for 0.5 s in mid-answer');
  });

  it.each([
    ['AWP_MODEL_CONCURRENCY', '0'],
    ['AWP_MODEL_CONCURRENCY', 'many'],
    ['AWP_MODEL_RPM', '1.5'],
    ['AWP_MODEL_TPM', '-1'],
    ['AWP_MODEL_TIMEOUT', 'long'],
    ['AWP_MODEL_IDLE_TIMEOUT', '0s'],
    ['AWP_MODEL_CONNECT_TIMEOUT', '10 years'],
  ])('are refused when they are none: %s=%s', async (name, value) => {
    const clock = fixedClock();
    const effects = {
      clock,
      network: nodeNetwork(),
      secrets: { get: (wanted: string) => (wanted === name ? value : undefined) },
    };
    const make = () =>
      openAiCompatible(
        { name: 'acme', baseUrl: 'http://localhost/v1', key: undefined, keyVariable: 'K' },
        { effects },
      );
    expect(make).toThrow(
      expect.objectContaining({ code: 'usage/bad-limit', message: expect.stringContaining(name) }),
    );
  });
});

function answerOf(content: string): object {
  return { choices: [{ message: { content }, finish_reason: 'stop' }] };
}
