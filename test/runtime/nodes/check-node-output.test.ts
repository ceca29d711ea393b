import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import type { PlanAgent } from '../../../src/events/plan-graph.ts';
import { checkNodeOutput } from '../../../src/runtime/nodes/check-node-output.ts';
import { planAgent } from '../graphs.ts';

type Output = Partial<PlanAgent['output']>;

const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' }, pages: { type: 'integer' } },
  additionalProperties: false,
};

const agent = (output: Output): Pick<PlanAgent, 'output'> => ({
  output: { ...planAgent('a').output, ...output },
});
const check = (output: Output, text: string, hidden?: ReadonlySet<string>) =>
  checkNodeOutput(agent(output), text, hidden);

const strict: Output = { validation: 'strict', schema: SCHEMA, required: ['title'] };
const lenient: Output = { ...strict, validation: 'lenient' };
const none: Output = { ...strict, validation: 'none' };

describe('an answer of a node', () => {
  it.each<[string, Output, string, JsonObject]>([
    [
      'strict',
      strict,
      '{"title":"T","pages":2,"confidence":0.8}',
      { title: 'T', pages: 2, confidence: 0.8 },
    ],
    ['strict, no confidence', strict, '{"title":"T"}', { title: 'T', confidence: 0.5 }],
    [
      'strict, in a fence',
      strict,
      'Here:\n```json\n{"title":"T"}\n```',
      { title: 'T', confidence: 0.5 },
    ],
    [
      'lenient, wrong type',
      lenient,
      '{"title":"T","pages":"two"}',
      { title: 'T', pages: 'two', confidence: 0.5 },
    ],
    ['lenient, more fields', lenient, '{"title":"T","x":1}', { title: 'T', x: 1, confidence: 0.5 }],
    [
      'lenient, a strange confidence',
      lenient,
      '{"title":"T","confidence":"high"}',
      { title: 'T', confidence: 0.5 },
    ],
    [
      'lenient, a text where nothing is wanted',
      { validation: 'lenient' },
      'Just words.',
      { result: 'Just words.', confidence: 0.5 },
    ],
    ['none, no fields', none, '{"x":1}', { x: 1, confidence: 0.5 }],
    ['none, a text', none, 'Just words.', { result: 'Just words.', confidence: 0.5 }],
    ['none, a list', none, '[1, 2]', { result: '[1, 2]', confidence: 0.5 }],
    ['none, nothing', none, ' \n', { result: '', confidence: 0 }],
    ['text', { format: 'text' }, ' The answer.\n', { result: 'The answer.', confidence: 0.5 }],
    [
      'text that looks like JSON',
      { format: 'text' },
      '{"a": 1}',
      { result: '{"a": 1}', confidence: 0.5 },
    ],
    [
      'markdown in a fence',
      { format: 'markdown' },
      '```markdown\n# T\n\ntext\n```',
      { result: '# T\n\ntext', confidence: 0.5 },
    ],
    [
      'markdown with one text in its contract',
      {
        format: 'markdown',
        schema: {
          type: 'object',
          properties: { page: { type: 'string' }, confidence: { type: 'number' } },
        },
        required: ['page'],
      },
      '# T',
      { result: '# T', page: '# T', confidence: 0.5 },
    ],
    [
      'text with more in its contract than a text can be',
      { format: 'text', schema: SCHEMA },
      'T',
      { result: 'T', confidence: 0.5 },
    ],
    [
      'text with no text in its contract',
      { format: 'text', schema: { type: 'object', properties: { n: { type: 'number' } } } },
      'T',
      { result: 'T', confidence: 0.5 },
    ],
    [
      'markdown with fences of its own',
      { format: 'markdown' },
      '```js\na\n```\ntext\n```js\nb\n```',
      { result: '```js\na\n```\ntext\n```js\nb\n```', confidence: 0.5 },
    ],
    [
      'strict, where the schema has a confidence of its own',
      { validation: 'strict', schema: { type: 'object', required: ['confidence'] } },
      '{"x": 1}',
      { x: 1, confidence: 0.5 },
    ],
  ])('is taken: %s', async (_, output, text, expected) => {
    const checked = await check(output, text);
    expect(checked).toMatchObject({ ok: true, problems: [], output: expected });
    expect(checked.confidence).toBe(expected.confidence);
  });

  it.each<[string, Output, string, string[]]>([
    ['strict, a missing field', strict, '{"pages":2}', ['the field "title" is missing']],
    ['strict, an empty field', strict, '{"title":""}', ['the field "title" is missing']],
    ['strict, a wrong type', strict, '{"title":"T","pages":"two"}', ['`pages` must be integer']],
    [
      'strict, a further field',
      strict,
      '{"title":"T","x":1}',
      ['the value must NOT have additional properties ("x")'],
    ],
    [
      'strict, fields that the schema wants, too: each is told once',
      {
        ...strict,
        required: ['title', 'pages'],
        schema: { ...SCHEMA, required: ['title', 'pages', 'more'] },
      },
      '{"pages":null}',
      [
        'the field "title" is missing',
        'the field "pages" is missing',
        "the value must have required property 'more'",
      ],
    ],
    [
      'strict, a confidence that the schema wants, too',
      {
        ...strict,
        schema: {
          ...SCHEMA,
          properties: { ...SCHEMA.properties, confidence: { type: 'number', maximum: 1 } },
        },
      },
      '{"title":"T","confidence":"high"}',
      ['"confidence" must be a number from 0 to 1'],
    ],
    [
      'strict, a confidence that is none',
      strict,
      '{"title":"T","confidence":7}',
      ['"confidence" must be a number from 0 to 1'],
    ],
    ['strict, a text', strict, 'Sorry.', ['the answer is not a JSON object']],
    ['strict, a list', strict, '[{"title":"T"}', []],
    ['lenient, a missing field', lenient, '{}', ['the field "title" is missing']],
    [
      'lenient, a text where fields are wanted',
      lenient,
      'Sorry.',
      ['the answer is not a JSON object'],
    ],
    ['an empty answer', lenient, '', ['the answer is empty']],
    ['an empty text', { format: 'text' }, '  ', ['the answer is empty']],
  ])('is not taken: %s', async (_, output, text, problems) => {
    const checked = await check(output, text);
    expect(checked.problems).toEqual(problems);
    expect(checked.ok).toBe(problems.length === 0);
  });

  it('keeps what there is when it is not taken', async () => {
    expect(await check(strict, '{"pages":"two"}')).toMatchObject({ output: { pages: 'two' } });
    expect(await check(strict, 'Sorry.')).toMatchObject({
      output: { result: 'Sorry.' },
      text: 'Sorry.',
    });
  });

  it('says its summary to people', async () => {
    expect((await check(none, '{"x":1,"summary":"All good."}')).text).toBe('All good.');
  });

  it('may not write keys of the runtime', async () => {
    const checked = await check(none, '{"a":1,"_meta":{},"_errors":[]}');
    expect(checked.output).toEqual({ a: 1, confidence: 0.5 });
    expect(checked.refused).toEqual(['_meta', '_errors']);
  });

  it('is not held to the type of a value that was hidden', async () => {
    const schema = {
      type: 'object',
      properties: { pin: { type: 'integer' }, deep: { properties: { pin: { type: 'integer' } } } },
    };
    const text = '{"pin":"[redacted]","deep":{"pin":"[redacted]"}}';
    const output: Output = { validation: 'strict', schema };
    expect((await check(output, text, new Set(['pin']))).problems).toEqual([]);
    expect((await check(output, text)).problems).toHaveLength(2);
  });

  it('is read whatever it is', async () => {
    const formats = fc.constantFrom('json', 'text', 'markdown' as const);
    const kinds = fc.constantFrom('strict', 'lenient', 'none' as const);
    await fc.assert(
      fc.asyncProperty(formats, kinds, fc.string(), async (format, validation, text) => {
        const checked = await check({ ...strict, format, validation } as Output, text);
        expect(checked.confidence).toBeGreaterThanOrEqual(0);
        expect(checked.confidence).toBeLessThanOrEqual(1);
        expect(checked.output.confidence).toBe(checked.confidence);
        if (validation === 'none') expect(checked.ok).toBe(true);
      }),
    );
  });
});
