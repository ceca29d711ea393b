import { describe, expect, it } from 'vitest';
import type { RunEventType, Usage } from '../../src/events/event.ts';
import { resultJson, resultOf } from '../../src/events/result.ts';
import type { ModelChunk, Price } from '../../src/ports/model-provider.ts';
import { costOf } from '../../src/runtime/budget-tokens.ts';
import { resumeRun } from '../../src/runtime/run.ts';
import { memoryStore } from '../../src/stores/memory-store.ts';
import {
  complete,
  logOf,
  only,
  startTestRun,
  temporaryFolder,
  testHost,
  testPlan,
} from '../make.ts';

const PRICE: Price = { input: 2, output: 10 };
const CACHING: Price = { ...PRICE, cachedInput: 0.2, cacheWrite: 2.5 };
const LONG: Price = {
  ...CACHING,
  long: { above: 1000, input: 4, output: 15, cachedInput: 0.4 },
};

describe('what tokens cost', () => {
  it.each<[string, Price | undefined, Usage, number | null]>([
    ['input and output', PRICE, { input: 1_000_000, output: 100_000 }, 3],
    ['cached input at its own price', CACHING, { input: 1000, output: 0, cached: 600 }, 0.00092],
    [
      'cached input as other input, when it has none',
      PRICE,
      { input: 1000, output: 0, cached: 600 },
      0.002,
    ],
    [
      'what was written into a cache',
      CACHING,
      { input: 1000, output: 0, cacheWritten: 1000 },
      0.0025,
    ],
    [
      'all of them together',
      CACHING,
      { input: 1000, output: 10, cached: 500, cacheWritten: 300 },
      0.00135,
    ],
    ['a long prompt at its own prices', LONG, { input: 1001, output: 100, cached: 1 }, 0.0055004],
    ['a prompt that is just not long', LONG, { input: 1000, output: 100 }, 0.003],
    ['an unknown price', undefined, { input: 1, output: 1 }, null],
    ['nothing, whatever the price', undefined, { input: 0, output: 0 }, 0],
    ['more cached than there was', CACHING, { input: 10, output: 0, cached: 20 }, 0.000004],
  ])('%s', (...[, price, usage, cost]) => {
    const counted = costOf(price, usage);
    if (cost === null) expect(counted).toBeNull();
    else expect(counted).toBeCloseTo(cost, 9);
  });
});

describe('what a run cost', () => {
  async function runOf(
    end: Partial<ModelChunk>,
    price: Price | undefined,
    { cutBehind }: { cutBehind?: RunEventType } = {},
  ) {
    using folder = temporaryFolder();
    const provider = {
      name: 'acme',
      async *ask(): AsyncGenerator<ModelChunk> {
        const text = JSON.stringify(complete('yes'));
        yield { type: 'end', text, toolCalls: [], usage: undefined, ...end } as ModelChunk;
      },
    };
    const host = {
      ...testHost(folder.path, { script: [] }),
      models: (model: string) => ({ provider, model, price, simulated: false }),
    };
    const run = await startTestRun(host, testPlan());
    await run.done;
    const log = await logOf(host.store);
    const cut = log.findIndex(({ type }) => type === cutBehind);
    if (cut < 0) return { result: resultOf(run.state, 'x'), log };
    const store = memoryStore({ folder: folder.path });
    const lease = await store.create('r-test', 'a process that died');
    await store.append(lease, log.slice(0, cut + 1), 'full');
    await store.release(lease);
    const resumed = await resumeRun({ ...host, store }, { id: 'r-test' });
    await resumed.done;
    return { result: resultOf(resumed.state, 'x'), log: await logOf(store) };
  }

  const usage = { input: 100, output: 50, cached: 80, reasoning: 20 };

  it('is what the service said, before any price', async () => {
    const { result, log } = await runOf({ usage, cost: 0.5 } as Partial<ModelChunk>, PRICE);
    expect(result.cost).toBe(0.5);
    expect(only(log, 'model.responded')[0]?.data.cost).toBe(0.5);
  });

  it('counts cached and reasoning tokens', async () => {
    const { result } = await runOf({ usage } as Partial<ModelChunk>, PRICE);
    expect(result.usage).toMatchObject({ cachedTokens: 80, reasoningTokens: 20 });
    expect(result.usage.agents[0]).toMatchObject({ cached: 80, reasoning: 20 });
    expect(resultJson(result).usage).toMatchObject({ cached_tokens: 80, reasoning_tokens: 20 });
  });

  it('is null, and at least what is known, when the price of a call is not', async () => {
    const { result } = await runOf({ usage } as Partial<ModelChunk>, undefined);
    expect(result).toMatchObject({ cost: null, costAtLeast: 0 });
    expect(resultJson(result)).toMatchObject({ cost_usd: null, cost_at_least_usd: 0 });
    const known = await runOf({ usage } as Partial<ModelChunk>, PRICE);
    expect(known.result).not.toHaveProperty('costAtLeast');
  });

  it('is at least what is known when nobody knows what a call cost whose process died', async () => {
    const end = { usage, cost: 0.5 } as Partial<ModelChunk>;
    const cut = { cutBehind: 'model.asked' } as const;
    expect((await runOf(end, undefined, cut)).result).toMatchObject({
      cost: null,
      costAtLeast: 0.5,
    });
    expect((await runOf(end, PRICE, cut)).result.cost).toBeGreaterThan(0.5);
  });
});
