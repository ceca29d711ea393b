import { describe, expect, it } from 'vitest';
import { checkOutput } from '../../../src/runtime/agent/check-output.ts';
import { clip } from '../../../src/runtime/agent/clip.ts';
import { extractJson } from '../../../src/runtime/agent/extract-json.ts';

describe("checking a worker's output", () => {
  const contract = { requiredFields: ['mean', 'confidence'] };
  it.each([
    ['all fields', '{"mean": 3, "confidence": 0.9}', [], 0.9],
    ['no confidence', '{"mean": 3}', [], 0.3],
    ['a missing field', '{"confidence": 1}', ['the field "mean" is missing'], 1],
    ['an empty field', '{"mean": null, "confidence": 1}', ['the field "mean" is missing'], 1],
    [
      'a confidence that is none',
      '{"mean": 3, "confidence": "high"}',
      ['"confidence" must be a number from 0 to 1'],
      0.3,
    ],
    ['prose', 'the mean is 3', ['the answer is not a JSON object'], 0.3],
  ])('%s', async (_, text, problems, confidence) => {
    expect(await checkOutput(text, contract)).toMatchObject({
      ok: problems.length === 0,
      problems,
      confidence,
    });
  });

  it('accepts prose where nothing is required', async () => {
    expect(await checkOutput('fine')).toMatchObject({ ok: true, output: { result: 'fine' } });
  });

  it('names what does not fit a JSON Schema, and a schema that is none', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } } };
    const found = await checkOutput('{"n": 1.5}', { requiredFields: [], schema });
    expect(found.problems).toEqual(['`n` must be integer']);
    const broken = await checkOutput('{}', { requiredFields: [], schema: { type: 'nonsense' } });
    expect(broken.problems).toEqual([expect.stringContaining('the JSON Schema cannot be used')]);
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
