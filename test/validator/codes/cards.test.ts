import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { codeFamilies } from '../../../src/data/explain.ts';
import { LEVELS } from '../../../src/models/level.ts';
import { memoryFiles } from '../../../src/parser/memory-files.ts';
import { parseWorkflow } from '../../../src/parser/parse-workflow.ts';
import {
  autonomyDiagnostics,
  checkAutonomy,
} from '../../../src/validator/autonomy/check-autonomy.ts';
import type { CodeCard } from '../../../src/validator/codes/code-card.ts';
import type { Example } from '../../../src/validator/rule.ts';
import { sourcesOf } from '../../architecture/source.ts';
import { findingsOf, lines } from '../example.ts';

/** What cannot be broken without breaking another requirement or a rule. */
const ALSO = new Map([
  ['A0-1', ['R1']],
  ['A0-5', ['R9']],
  ['A1-1', ['A1-2']],
  ['A1-3', ['A1-4']],
  ['A2-1', ['A2-3', 'A2-5']],
  ['A3-2', ['A3-5']],
  ['A4-3', ['A4-1']],
]);

const cards = codeFamilies.flatMap(({ cards: some }) => some);
const named = (list: readonly CodeCard[]): [string, CodeCard][] =>
  list.map((card) => [card.code, card]);
const ofText = cards.filter(({ code }) => /^[YSXD]/.test(code));
const ofLevels = cards.filter(({ code }) => /^A\d/.test(code));
const general = cards.filter(({ code }) => code.startsWith('AX'));

async function autonomyOf(example: Example) {
  const files = typeof example === 'string' ? { 'workflow.awp.yaml': example } : example;
  const single = typeof example === 'string' ? { file: 'workflow.awp.yaml' } : {};
  const { workflow } = await parseWorkflow(memoryFiles(files, 'news-digest'), single);
  return checkAutonomy(workflow);
}

const errors = (found: readonly Diagnostic[], allowed: readonly string[]): string[] =>
  lines(found.filter(({ severity, rule }) => severity === 'error' && !allowed.includes(rule)));

describe('the cards', () => {
  it('have each code once, with a title and a reason', () => {
    expect(new Set(cards.map(({ code }) => code)).size).toBe(cards.length);
    for (const { code, title, why } of cards) {
      expect(title.length, code).toBeGreaterThan(8);
      expect(why.length, code).toBeGreaterThan(20);
      expect(why, code).not.toMatch(/^\s/);
    }
  });

  it('have both examples or none, and none only where no text can break them', () => {
    const without = cards
      .filter(({ code, bad }) => bad === undefined && !code.startsWith('P'))
      .map(({ code }) => code);
    expect(without).toEqual(['A0-6', 'A1-6', 'A2-2', 'A2-4', 'A3-3', 'A4-2']);
    for (const { code, bad, good } of cards)
      expect(good === undefined, code).toBe(bad === undefined);
  });
});

describe('the codes in the program', () => {
  const literals = sourcesOf(resolve(import.meta.dirname, '../../..'))
    // Hostile programs have numbers of their own.
    .filter(({ path }) => !/^(?:validator\/codes|sandboxes\/hostile)\//.test(path))
    .flatMap(({ nodes }) =>
      nodes.flatMap(({ type, value }) => (type === 'Literal' ? [value] : [])),
    );
  const used = literals.filter(
    (text): text is string =>
      typeof text === 'string' && /^(?:[YSXDPR]\d{1,2}|CT\d{2}|A[\dX]-\d{1,2})$/.test(text),
  );

  it('all have a card, and every card is a code that occurs', () => {
    expect([...new Set(used)].sort()).toEqual(cards.map(({ code }) => code).sort());
  });
});

describe.each(named(ofText))('%s', (code, { severity, bad = '', good = '' }) => {
  it('finds what is wrong in its bad example, and no error besides', async () => {
    const found = await findingsOf(bad);
    const own = found.filter(({ rule }) => rule === code);
    expect(own.length, lines(found).join('\n')).toBeGreaterThan(0);
    expect(own.map((one) => one.severity)).toContain(severity);
    expect(errors(found, [code])).toEqual([]);
    for (const one of found) expect(one.help, one.message).not.toBe('');
  });

  it('is content with its good example, in which nothing else is wrong', async () => {
    const found = await findingsOf(good);
    const wrong = found.filter((one) => one.rule === code || one.severity !== 'info');
    expect(lines(wrong)).toEqual([]);
  });
});

describe.each(named(ofLevels.filter(({ bad }) => bad)))(
  '%s',
  (code, { severity, bad = '', good = '' }) => {
    const level = LEVELS.find((one) => code.startsWith(one));

    it('is broken by its bad example, and nothing besides that could hold', async () => {
      const found = autonomyDiagnostics(await autonomyOf(bad), level);
      expect(new Set(found.map(({ rule }) => rule)), lines(found).join('\n')).toEqual(
        new Set([code, ...(ALSO.get(code) ?? []).filter((other) => other.startsWith('A'))]),
      );
      expect(found.map((one) => one.severity)).toContain(severity);
      for (const one of found) expect(one.help).not.toBe('');
      expect(errors(await findingsOf(bad), ALSO.get(code) ?? [])).toEqual([]);
    });

    it('is met by its good example, which reaches its level', async () => {
      const report = await autonomyOf(good);
      expect(lines(autonomyDiagnostics(report, level))).toEqual([]);
      expect(lines((await findingsOf(good)).filter((one) => one.severity !== 'info'))).toEqual([]);
    });
  },
);

describe.each(named(general))('%s', (code, { bad = '', good = '' }) => {
  it('tells its two examples apart', async () => {
    const statusOf = async (example: Example) =>
      (await autonomyOf(example)).crossCutting.find(({ id }) => id === code)?.status;
    expect([await statusOf(bad), await statusOf(good)]).toEqual(['WARN', 'PASS']);
    expect(errors(await findingsOf(bad), [])).toEqual([]);
    expect(errors(await findingsOf(good), [])).toEqual([]);
  });
});
