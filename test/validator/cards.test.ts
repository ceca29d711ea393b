import { describe, expect, it } from 'vitest';
import { checks } from '../../src/validator/checks/index.ts';
import { rules } from '../../src/validator/rules/index.ts';
import { findingsOf, lines } from './example.ts';

describe('the list of rules', () => {
  it('has every rule of the standard once, in order', () => {
    const numbers = Array.from({ length: 32 }, (_, index) => `R${index + 1}`);
    numbers.splice(24, 0, 'CT10');
    expect(rules.map(({ code }) => code)).toEqual(numbers);
  });
});

describe.each([...rules, ...checks].map((rule) => [rule.code, rule] as const))(
  '%s',
  (code, rule) => {
    it('finds what is wrong in its bad example, and no error besides', async () => {
      const found = await findingsOf(rule.bad);
      expect(
        found.map((one) => one.rule),
        lines(found).join('\n'),
      ).toContain(code);
      expect(lines(found.filter((one) => one.severity === 'error' && one.rule !== code))).toEqual(
        [],
      );
      for (const one of found) {
        expect(one.help, one.message).not.toBe('');
        expect(one.range.start.line).toBeGreaterThan(0);
      }
    });

    it('is content with its good example, in which nothing else is wrong', async () => {
      const found = await findingsOf(rule.good);
      expect(lines(found.filter((one) => one.rule === code))).toEqual([]);
      expect(lines(found.filter((one) => one.severity !== 'info'))).toEqual([]);
    });
  },
);
