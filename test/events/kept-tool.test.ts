import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CreatedTool } from '../../src/events/creation.ts';
import { keptToolText, readKeptTool } from '../../src/events/kept-tool.ts';

/** As the Python implementation writes it. */
const PYTHON = {
  fqn: 'scoring.quality',
  description: 'Scores a value',
  parameters: {
    type: 'object',
    properties: { value: { type: 'number' } },
    required: ['value'],
  },
  code: "def handler(*, value):   \n    return {'ok': True}\n\n",
  meta: {},
  code_hash: 'a71945d42010139aeb120be5089ee544e453bd1317ac2690e912ed5372eceebc',
  repair_attempts: 1,
  provenance: { creator_agent: 'scorer', created_at: '2026-01-02T03:04:05.123456+00:00' },
};

const read = (change: object) => readKeptTool(JSON.stringify({ ...PYTHON, ...change }));

describe('the file of a tool', () => {
  it('is read as the Python implementation writes it', () => {
    expect(readKeptTool(JSON.stringify(PYTHON))).toEqual({
      draft: {
        name: 'scoring.quality',
        description: 'Scores a value',
        parameters: PYTHON.parameters,
        code: PYTHON.code,
        language: 'python',
        secrets: [],
        meta: {},
      },
      hash: PYTHON.code_hash,
      creator: 'scorer',
      createdAt: '2026-01-02T03:04:05.123Z',
      run: undefined,
      repairs: 1,
    });
  });

  const tool: CreatedTool = {
    ...{ name: 'stats.mean', description: 'the mean', parameters: { type: 'object' } },
    ...{ code: 'export function handler() {}', language: 'typescript', secrets: ['KEY'] },
    ...{ namespace: 'stats', hash: 'h'.repeat(64), creator: 'maker', origin: 'agent' },
    ...{ createdAt: '2026-02-03T04:05:06.000Z', repairs: 2, meta: { why: 'asked for' } },
  };

  it('has all that a tool is made of again', () => {
    const { namespace: _, origin: __, hash, creator, createdAt, repairs, ...draft } = tool;
    const text = keptToolText(tool, 'r-1');
    expect(readKeptTool(text)).toEqual({
      ...{ draft, hash, creator, createdAt, repairs, run: 'r-1' },
    });
  });

  it('leaves out what Python does not know where it is not needed', () => {
    const text = keptToolText({ ...tool, language: 'python', secrets: [] }, 'r-1');
    expect(Object.keys(JSON.parse(text))).toEqual([
      ...['fqn', 'description', 'parameters', 'code', 'meta', 'code_hash', 'repair_attempts'],
      'provenance',
    ]);
  });

  it.each([
    ['the seconds of Python', 1_767_323_045.5, '2026-01-02T03:04:05.500Z'],
    ['a time without a zone', '2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['nothing', undefined, undefined],
    ['a word', 'yesterday', undefined],
    ['a list', [1], undefined],
    ['too large a number', 1e300, undefined],
  ])('takes %s as the time when it was made', (_, created_at, createdAt) => {
    expect(read({ provenance: { created_at } })).toMatchObject({ creator: 'unknown', createdAt });
  });

  it.each([
    [-3, 0],
    [1.9, 1],
    [1e300, 1000],
  ])('takes %d repairs for %d', (repair_attempts, repairs) => {
    expect(read({ repair_attempts })).toMatchObject({ repairs });
  });

  it('takes null for nothing', () => {
    const nulls = { code_hash: null, meta: null, required_secrets: null, language: null };
    expect(read({ ...nulls, provenance: null, repair_attempts: null })).toMatchObject({
      ...{ hash: undefined, creator: 'unknown', repairs: 0 },
      draft: { language: 'python', secrets: [] },
    });
  });

  it.each([
    ['no JSON', '{', /not the JSON/],
    ['a list', '[]', /not the JSON/],
    ['nothing', '', /not the JSON/],
    ['deep nesting', `{"fqn":"a.b","meta":${'['.repeat(9000)}${']'.repeat(9000)}}`, /not the JSON/],
    ['a megabyte', JSON.stringify({ ...PYTHON, code: 'x'.repeat(1e6) }), /not the JSON/],
  ])('is none with %s', (_, text, error) => {
    expect(readKeptTool(text)).toEqual({
      error: expect.stringMatching(error),
      hint: expect.any(String),
    });
  });

  it.each([
    ['fqn', 7],
    ['description', undefined],
    ['parameters', []],
    ['parameters', '{}'],
    ['code', { text: 'x' }],
    ['meta', 'x'],
    ['code_hash', 7],
    ['repair_attempts', '1'],
    ['provenance', 'me'],
    ['required_secrets', ['A', 1]],
    ['required_secrets', 'A'],
    ['language', 'shell'],
    ['language', ['python']],
  ])('is none when %s is %j, and says which field', (field, value) => {
    const found = read({ [field]: value });
    expect(found).toMatchObject({ error: expect.stringContaining(field) });
    if (field !== 'fqn') expect(found).toMatchObject({ name: 'scoring.quality' });
  });

  it('is never an error, whatever it says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const found = readKeptTool(text);
        expect('draft' in found || found.error !== '').toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(PYTHON)), fc.jsonValue()), (one) => {
        expect(() => read(one)).not.toThrow();
      }),
    );
  });
});
