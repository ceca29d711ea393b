import { describe, expect, it } from 'vitest';
import {
  capabilitiesOf,
  knownModel,
  knownPrice,
  modelsOf,
  UNKNOWN,
} from '../../src/providers/capabilities.ts';
import { KNOWN_MODELS } from '../../src/providers/data/known-models.ts';

describe('the kept figures', () => {
  it.each(KNOWN_MODELS.map((known) => [known.names[0] ?? '', known] as const))(
    'of %s are amounts with a day and a source',
    (_, { price, capabilities }) => {
      expect(capabilities.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(capabilities.source).toMatch(/pages|list/);
      for (const tokens of [capabilities.contextTokens, capabilities.maxOutputTokens]) {
        if (tokens !== null) expect(tokens).toBeGreaterThan(1000);
      }
      if (!price) return;
      expect(price.asOf).toBe(capabilities.asOf);
      for (const rate of [price, ...(price.long ? [price.long] : [])]) {
        expect(rate.output).toBeGreaterThan(rate.input);
        expect(rate.cachedInput).toBeLessThan(rate.input);
        expect(rate.cacheWrite ?? rate.input).toBeGreaterThanOrEqual(rate.input);
      }
      if (price.long) expect(price.long.input).toBeGreaterThan(price.input);
    },
  );

  it('name every model once', () => {
    const names = KNOWN_MODELS.flatMap(({ service, names: all }) =>
      all.map((name) => `${service}/${name}`),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('which model a name means', () => {
  it.each<[string, string, string | undefined]>([
    ['openai', 'gpt-5-mini', 'gpt-5-mini'],
    ['openai', 'gpt-5-mini-2025-08-07', 'gpt-5-mini'],
    ['openai', 'gpt-5', 'gpt-5'],
    ['openai', 'gpt-5-pro', undefined],
    ['openai', 'gpt-4o-audio-preview', undefined],
    ['anthropic', 'claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['anthropic', 'claude-opus-5-5', 'claude-opus-5-5'],
    ['anthropic', 'claude-opus-5', 'claude-opus-5'],
    ['anthropic', 'claude-opus-6', undefined],
    ['openrouter', 'anthropic/claude-haiku-4.5', 'claude-haiku-4-5'],
    ['openrouter', 'openai/gpt-4.1-mini', 'gpt-4.1-mini'],
    ['openrouter', 'anthropic/claude-opus-5:thinking', 'claude-opus-5'],
    ['openrouter', 'meta-llama/llama-4', undefined],
    ['groq', 'gpt-5', undefined],
  ])('%s %s: %s', (service, model, name) => {
    expect(knownModel(service, model)?.names[0]).toBe(name);
  });

  it('a reseller has prices of its own', () => {
    expect(knownPrice('anthropic', 'claude-opus-5')).toMatchObject({ input: 5, output: 25 });
    expect(knownPrice('openrouter', 'anthropic/claude-opus-5')).toBeUndefined();
  });

  it('the models of a service can be listed', () => {
    expect(modelsOf('anthropic').length).toBeGreaterThan(5);
    expect(modelsOf('nobody')).toEqual([]);
  });
});

describe('what a model can do', () => {
  const named = { service: 'anthropic', model: 'claude-opus-5' };

  it('is unknown where nobody knows it', () => {
    expect(capabilitiesOf({ service: 'groq', model: 'm' }, ['m'])).toEqual(UNKNOWN);
  });

  it('is what the user says, over what is kept', () => {
    const said = new Map([['anthropic/claude-opus-5', { contextTokens: 5000 }]]);
    expect(capabilitiesOf(named, ['anthropic/claude-opus-5'], said)).toMatchObject({
      contextTokens: 5000,
      tools: true,
      source: 'your own settings',
    });
    expect(capabilitiesOf(named, ['claude-opus-5'], said).contextTokens).toBe(1_000_000);
  });
});
