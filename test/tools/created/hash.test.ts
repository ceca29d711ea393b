import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { draftHash } from '../../../src/tools/created/hash.ts';

const draft = {
  name: 'scoring.quality',
  code: "def handler(*, value):   \n    return {'ok': True}\n\n",
  parameters: {
    type: 'object',
    properties: { value: { type: 'number' } },
    required: ['value'],
  },
};

/** The same hash as Python makes it, of many drafts at once. */
const PYTHON = `
import hashlib, json, sys
for draft in json.load(sys.stdin):
    code = "\\n".join(line.rstrip() for line in draft["code"].strip().splitlines())
    schema = json.dumps(draft["parameters"], sort_keys=True)
    text = draft["name"] + "\\0" + code + "\\0" + schema
    print(hashlib.sha256(text.encode("utf-8")).hexdigest())
`;

const hasPython = spawnSync('python3', ['-c', '']).status === 0;

describe('the hash of a draft', () => {
  it('is the one of the specification', () => {
    expect(draftHash(draft)).toBe(
      'a71945d42010139aeb120be5089ee544e453bd1317ac2690e912ed5372eceebc',
    );
  });

  it.each([
    ['space around the code', { code: `\n\t ${draft.code}\u2028\u3000` }],
    ['space at the ends of lines', { code: draft.code.replaceAll('\n', ' \u001f\n') }],
    ['other ends of lines', { code: draft.code.replaceAll('\n', '\r\n') }],
    [
      'the order of keys',
      {
        parameters: {
          required: ['value'],
          properties: draft.parameters.properties,
          type: 'object',
        },
      },
    ],
  ])('does not depend on %s', (_, change) => {
    expect(draftHash({ ...draft, ...change })).toBe(draftHash(draft));
  });

  it.each([
    ['the name', { name: 'scoring.quality2' }],
    ['space within a line', { code: draft.code.replace('(*, ', '(*,') }],
    ['a byte order mark', { code: `\ufeff${draft.code}` }],
    ['the order of a list', { parameters: { ...draft.parameters, required: [] } }],
  ])('depends on %s', (_, change) => {
    expect(draftHash({ ...draft, ...change })).not.toBe(draftHash(draft));
  });

  it.runIf(hasPython)('is the same as in Python for whatever there is', () => {
    const character = fc.oneof(
      fc.constantFrom(...' \t\n\r\v\f\u001c\u001d\u001e\u001f\u0085\u00a0\u1680\u180e\u2003\u200b'),
      fc.constantFrom(...'\u2028\u2029\u202f\u205f\u3000\ufeff\u007f"\\/😀é\uffff\u{10000}'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    );
    const text = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(''));
    const number = fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 1e-4, 1e-5, 1.5e-7, 1e16, 1e21, 1.5e300, 5e-324, 0.1),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 2 },
        text,
        number,
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(text, tie('value'), { maxKeys: 2 }),
      ),
    }));
    const parameters = fc.dictionary(text, value, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>;
    const drafts = fc.array(fc.record({ name: text, code: text, parameters }), {
      minLength: 100,
      maxLength: 150,
    });
    fc.assert(
      fc.property(drafts, (list) => {
        const { stdout } = spawnSync('python3', ['-c', PYTHON], {
          input: JSON.stringify(list),
          encoding: 'utf8',
        });
        expect(list.map(draftHash)).toEqual(stdout.trim().split('\n'));
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });
});
