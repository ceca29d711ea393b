import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfidenceFacts, weighed } from '../../../src/runtime/agent/confidence.ts';

const FINE: ConfidenceFacts = {
  ...{ said: 0.95, hasTools: true, calls: { ok: 2, failed: 0 }, unmet: false, repaired: false },
  ...{ uncalled: [], missingFiles: [], placeholders: 0, cutShort: false, cutChars: 0 },
};

describe('how sure one may be of a report', () => {
  it.each<[string, Partial<ConfidenceFacts>, number, string[]]>([
    ['as it says where nothing speaks against it', {}, 0.95, []],
    ['nothing said, without tools', { said: undefined, hasTools: false }, 0.3, []],
    [
      'nothing said, no call',
      { said: undefined, calls: { ok: 0, failed: 0 } },
      0.1,
      ['no confidence was said; 0 of 0 tool calls worked'],
    ],
    [
      'nothing said, two of three calls worked',
      { said: undefined, calls: { ok: 2, failed: 1 } },
      0.5,
      ['no confidence was said; 2 of 3 tool calls worked'],
    ],
    [
      'nothing said, all calls worked',
      { said: undefined },
      0.7,
      ['no confidence was said; 2 of 2 tool calls worked'],
    ],
    ['one placeholder', { placeholders: 1 }, 0.9, ['1 placeholders in the report']],
    ['many placeholders', { placeholders: 50 }, 0.65, ['50 placeholders in the report']],
    [
      'placeholders leave a little',
      { said: 0.2, placeholders: 9 },
      0.1,
      ['9 placeholders in the report'],
    ],
    ['nothing is added to what was said', { said: 0.05, placeholders: 9 }, 0.05, []],
    ['the contract is not met', { unmet: true }, 0.2, ['the report does not meet its contract']],
    [
      'sent back once',
      { repaired: true },
      0.8,
      ['the report met its contract only when asked again'],
    ],
    [
      'a required tool was not called',
      { uncalled: ['web.search'] },
      0.3,
      ['no call of "web.search" worked, and there had to be one'],
    ],
    ['every call failed', { calls: { ok: 0, failed: 3 } }, 0.4, ['all 3 tool calls failed']],
    [
      'a file is not there',
      { missingFiles: ['output/a.csv'] },
      0.5,
      ['files that do not exist: output/a.csv'],
    ],
    [
      'a limit ended the work',
      { cutShort: true },
      0.5,
      ['a limit ended the work before it was done'],
    ],
    ['the report was cut', { cutChars: 7 }, 0.5, ['7 characters were cut']],
    [
      'the lowest cap counts',
      { unmet: true, repaired: true, cutShort: true },
      0.2,
      [
        'the report does not meet its contract',
        'a limit ended the work before it was done',
        'the report met its contract only when asked again',
      ],
    ],
    ['a cap that it is below already says nothing', { said: 0.3, cutShort: true }, 0.3, []],
  ])('%s', (_, facts, confidence, reasons) => {
    expect(weighed({ ...FINE, ...facts })).toEqual({ confidence, reasons });
  });

  it('stays between 0 and 1, never rises above what was said, and always says why', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const facts = fc.record({
      said: fc.option(share, { nil: undefined }),
      hasTools: fc.boolean(),
      calls: fc.record({ ok: fc.nat(9), failed: fc.nat(9) }),
      ...{ unmet: fc.boolean(), repaired: fc.boolean(), cutShort: fc.boolean() },
      uncalled: fc.array(fc.string(), { maxLength: 2 }),
      missingFiles: fc.array(fc.string(), { maxLength: 2 }),
      ...{ placeholders: fc.nat(20), cutChars: fc.nat(9) },
    });
    fc.assert(
      fc.property(facts, (one) => {
        const { confidence, reasons } = weighed(one);
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
        if (one.said === undefined) return;
        expect(confidence).toBeLessThanOrEqual(one.said);
        if (confidence < one.said) expect(reasons).not.toEqual([]);
        else expect(reasons).toEqual([]);
      }),
    );
  });
});
