import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, type ResultCheck } from '../../../src/events/plan-policy.ts';
import { checkOutput } from '../../../src/runtime/agent/check-output.ts';
import { clip } from '../../../src/runtime/agent/clip.ts';
import { extractJson } from '../../../src/runtime/agent/extract-json.ts';

const { checks } = DEFAULT_POLICY;

describe("checking a worker's output", () => {
  const contract = { requiredFields: ['mean', 'confidence'] };
  it.each<[string, string, string[], number | undefined]>([
    ['all fields', '{"mean": 3, "confidence": 0.9}', [], 0.9],
    ['no confidence', '{"mean": 3}', [], undefined],
    ['a missing field', '{"confidence": 1}', ['the field "mean" is missing'], 1],
    ['an empty field', '{"mean": null, "confidence": 1}', ['the field "mean" is missing'], 1],
    [
      'a confidence that is none',
      '{"mean": 3, "confidence": "high"}',
      ['"confidence" must be a number from 0 to 1'],
      undefined,
    ],
    ['prose', 'the mean is 3', ['the answer is not a JSON object'], undefined],
  ])('%s', async (_, text, problems, said) => {
    const held = await checkOutput(text, { contract, checks });
    expect([held.problems, held.said]).toEqual([problems, said]);
  });

  it('accepts prose where nothing is required', async () => {
    expect(await checkOutput('fine', { checks })).toEqual({
      ...{ problems: [], output: { result: 'fine' }, text: 'fine' },
    });
  });

  it('names what does not fit a JSON Schema, and a schema that is none', async () => {
    const properties = { n: { type: 'integer' } };
    const typed = { requiredFields: [], schema: { type: 'object', properties } };
    const found = await checkOutput('{"n": 1.5}', { contract: typed, checks });
    expect(found.problems).toEqual(['`n` must be integer']);
    const nonsense = { requiredFields: [], schema: { type: 'nonsense' } };
    const broken = await checkOutput('{}', { contract: nonsense, checks });
    expect(broken.problems).toEqual([expect.stringContaining('the JSON Schema cannot be used')]);
    const prose = await checkOutput('one and a half', { contract: typed, checks });
    expect(prose.problems).toEqual(['the answer is not a JSON object']);
  });

  it.each<[ResultCheck, string[]]>([
    ['schema', ['`n` must be integer']],
    ['required_fields', ['the field "mean" is missing']],
    ['confidence', ['"confidence" must be a number from 0 to 1']],
    ['budget', []],
  ])('looks at %s alone when the policy says so', async (check, problems) => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } } };
    const all = { requiredFields: ['mean'], schema };
    const text = '{"n": 1.5, "confidence": 7}';
    const held = await checkOutput(text, { contract: all, checks: [check] });
    expect(held.problems).toEqual(problems);
  });
});

describe('finding JSON in a text', () => {
  it.each([
    ['braces in strings', 'x {"a": "x}y{"} z', { a: 'x}y{' }],
    ['the first object that parses', '{not json} {"a": 1}', { a: 1 }],
    ['raw line breaks', '{"a": "x\ny"}', { a: 'x\ny' }],
    ['nothing', 'no object here', undefined],
    ['a key that reaches a prototype is dropped', '{"__proto__": {"x": 1}, "a": 1}', { a: 1 }],
  ])('%s', (_, text, value) => {
    expect(extractJson(text)?.value).toEqual(value);
  });

  it('ends soon on a text made to be slow', () => {
    expect(extractJson('{"a":'.repeat(50_000))).toBeUndefined();
    expect(extractJson('{'.repeat(200_000))).toBeUndefined();
    expect(extractJson(`{"a": "${'\\'.repeat(100_001)}`)).toBeUndefined();
  });
});

describe('clipping a value', () => {
  it('leaves what is short enough', () => {
    expect(clip({ a: [1, 2] }, 100)).toEqual({ a: [1, 2] });
  });

  it('cuts long texts and lists and says how much is missing', () => {
    const clipped = clip(
      { text: 'x'.repeat(5000), list: Array.from({ length: 900 }, (_, n) => n) },
      2000,
    );
    expect(JSON.stringify(clipped).length).toBeLessThanOrEqual(2000);
    expect(JSON.stringify(clipped)).toMatch(/characters more.*items more/);
  });
});
