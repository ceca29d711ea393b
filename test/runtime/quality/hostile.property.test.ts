import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codeProblem,
  looseValue,
  proseProblem,
} from '../../../src/runtime/engines/loop/gates/stub-text.ts';
import { readReview } from '../../../src/runtime/quality/read-review.ts';
import { isSameOutput } from '../../../src/runtime/quality/similar.ts';

const pieces = fc.constantFrom(
  ...[
    'TODO',
    ':',
    '[',
    ']',
    '???',
    'XX%',
    '|',
    '\n',
    '`',
    '```',
    '<!--',
    '-->',
    '<',
    '>',
    '{',
    '}',
  ],
  ...[
    '"valid"',
    '"score"',
    ': 1',
    ': true',
    ',',
    '/*',
    '#',
    'lorem ipsum',
    ' ',
    'x',
    '\u0000',
    '\ud800',
  ],
);
const text = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));

describe('what models and files say', () => {
  it('is read as a review or as a problem, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(text, fc.json(), fc.string()),
        fc.constantFrom('validation', 'critique'),
        (said, kind) => {
          const { ok, problems, output } = readReview(said, { kind }, ['incomplete']);
          expect(problems.length === 0).toBe(ok);
          if (!ok) expect(output).toEqual({});
          else if (kind === 'validation') expect(typeof output.valid).toBe('boolean');
          else expect(output.score).toSatisfy((score) => Number(score) >= 0 && Number(score) <= 1);
          expect(JSON.stringify(output).length).toBeLessThan(60_000);
        },
      ),
    );
  });

  it('is searched for placeholders without a crash', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('md', 'html'), (said, suffix) => {
        for (const found of [looseValue(said), proseProblem(said, suffix), codeProblem(said)]) {
          if (found !== undefined) expect(found.length).toBeLessThan(600);
        }
      }),
    );
  });

  it('is the same as itself, in any order of its keys', () => {
    const output = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
    fc.assert(
      fc.property(output, (one) => {
        const turned = Object.fromEntries(Object.entries(one).toReversed());
        expect(isSameOutput(one, { ...turned, confidence: 0.1 })).toBe(true);
      }),
    );
  });
});
