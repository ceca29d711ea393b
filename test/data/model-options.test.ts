import { describe, expect, it } from 'vitest';
import { capabilityList, type ModelOptions, modelOptions } from '../../src/data/model-options.ts';
import { checkOptions } from '../../src/data/options.ts';

describe('options about models', () => {
  it.each<[ModelOptions, object, object]>([
    [{}, {}, {}],
    [{ fallbackModels: ['a', 'b'] }, { fallback: ['a', 'b'] }, { fallback: ['a', 'b'] }],
    [{ fallbackModels: { manager: ['a'] } }, { fallback: ['a'] }, {}],
    [{ fallbackModels: { worker: ['a'], manager: [] } }, {}, { fallback: ['a'] }],
    [{ reasoning: 'low' }, { reasoning: 'low' }, { reasoning: 'low' }],
    [{ reasoning: { worker: 'high' } }, {}, { reasoning: 'high' }],
    [
      { reasoning: { budgetTokens: 4000 } },
      { reasoning: { budgetTokens: 4000 } },
      { reasoning: { budgetTokens: 4000 } },
    ],
    [
      { reasoning: { manager: 'high' }, mustReason: true },
      { reasoning: 'high', mustReason: true },
      {},
    ],
  ])('%o say for each role what it is', (options, manager, worker) => {
    expect(modelOptions(options, 'manager')).toEqual(manager);
    expect(modelOptions(options, 'worker')).toEqual(worker);
  });

  it.each([
    { fallbackModels: 'a' },
    { fallbackModels: [''] },
    { fallbackModels: [1] },
    { fallbackModels: { manager: 'a' } },
    { reasoning: 'much' },
    { reasoning: { budgetTokens: 0 } },
    { reasoning: { manager: { budgetTokens: 1.5 } } },
    { fallbackModels: null },
    { fallbackModels: 5 },
    { fallbackModels: { managr: ['a'] } },
    { fallbackModels: { manager: null } },
    { fallbackModels: { manager: ['a'], worker: [1] } },
    { reasoning: null },
    { reasoning: 7 },
    { reasoning: {} },
    { reasoning: { managr: 'high' } },
    { reasoning: { manager: 'much' } },
    { reasoning: { budgetTokens: 5, more: 1 } },
    { mustReason: true },
    { mustReason: 'yes', reasoning: 'low' },
    { mustReason: null },
    { capabilities: null },
    { capabilities: 5 },
    { capabilities: { m: null } },
    { capabilities: { m: 'x' } },
    { capabilities: { m: { asOf: 5 } } },
    { record: '' },
    { record: null },
    { record: 5 },
    { replay: ' ' },
    { traceModels: 'x' },
    { capabilities: { m: { tols: true } } },
    { capabilities: { m: { tools: 'yes' } } },
    { capabilities: { m: { contextTokens: -1 } } },
  ])('%o are refused', (options) => {
    const all = { task: 'Do it', ...options } as unknown as Parameters<typeof checkOptions>[0];
    expect(() => checkOptions(all)).toThrow(expect.objectContaining({ code: 'usage/bad-option' }));
  });

  it('what models can do is kept by model', () => {
    const said = { m: { tools: false, contextTokens: 8192, vision: null, asOf: '2026-11-29' } };
    expect(capabilityList(said).get('m')).toEqual(said.m);
    expect(capabilityList(undefined).size).toBe(0);
  });
});
