import { describe, expect, it } from 'vitest';
import type { CodeLanguage } from '../../../../src/events/creation.ts';
import { sourceCheck } from '../../../../src/tools/created/checks/source.ts';
import { contextFor, draftOf, placeWith } from './checking.ts';

const look = async (language: CodeLanguage, code: string) =>
  await sourceCheck.check(draftOf(language, code), placeWith(), contextFor());

describe('the text of a draft is refused with', () => {
  it.each<[string, CodeLanguage, string, string]>([
    ['nothing in it', 'python', ' \n\t', 'the code is empty'],
    ['NUL', 'python', 'a = 1\nb = "\0"', 'line 2, column 6: U+0000'],
    ['a byte order mark', 'javascript', '\ufeffa', 'line 1, column 1: U+FEFF is a byte order mark'],
    ['an escape of terminals', 'python', 'a = "\u001b[2J"', 'line 1, column 6: U+001B'],
    ['a vertical tab', 'python', 'a\v', 'line 1, column 2: U+000B'],
    ['a mark of direction', 'python', 'a\r\nif "\u202e":', 'line 2, column 5: U+202E'],
    ['an isolated direction', 'javascript', '/* \u2067 */', 'line 1, column 4: U+2067'],
    ['no width', 'javascript', 'ab\u200bc', 'line 1, column 3: U+200B'],
    ['a hidden end of a line', 'javascript', '// a\u2028eval()', 'line 1, column 5: U+2028'],
    ['a hidden letter', 'python', '# 😀\u{e0041}', 'line 1, column 4: U+E0041'],
    ['half of a character', 'python', 'a = "\ud800"', 'line 1, column 6: U+D800 is half'],
    ['another coding', 'python', '# -*- coding: utf-7 -*-\na = 1', 'line 1: the code says'],
    ['another coding below', 'python', '#!x\n#vim:fileencoding=latin-1', 'line 2: the code says'],
    ['too many bytes', 'python', '# é\n'.repeat(14_000), 'more than 64 KiB'],
    ['2 MB in a line', 'python', `x = ${'1+'.repeat(1_000_000)}1`, 'more than 64 KiB'],
    ['a long line', 'python', `a = 1\nx = "${'a'.repeat(20_000)}"`, 'line 2 has more than 20000'],
    ['10,000 parentheses', 'python', '('.repeat(10_000), 'line 1, column 101: more than 100'],
    ['10,000 brackets of lists', 'typescript', '[\n'.repeat(10_000), 'line 101, column 1: more'],
    [
      'letters of another shape',
      'python',
      '𝓮𝓿𝓪𝓵("1")',
      'U+1D4EE in a name looks like another letter; the name reads "eval"',
    ],
    ['a wide letter', 'python', 'object.__ｓubclasses__', 'line 1, column 10: U+FF53'],
    [
      'a Cyrillic letter',
      'javascript',
      'const evаl = 1',
      'line 1, column 9: U+0430 is a Cyrillic letter',
    ],
  ])('%s (%s, %#)', async (_, language, code, error) => {
    const problem = await look(language, code);
    expect(problem).toMatchObject({
      ...{ stage: 'source', status: 400, category: 'validation', repairable: true },
      error: expect.stringContaining(error),
    });
    expect(problem?.hint).not.toBe('');
    expect(problem?.error).not.toMatch(/[^\n\x20-\u{2fff}]/u);
  });
});

describe('the text of a draft may have', () => {
  it.each<[string, CodeLanguage, string]>([
    ['a plain cookie', 'python', '# -*- coding: UTF-8 -*-\na = 1'],
    ['letters of other shapes in text', 'python', 'a = "𝓮𝓿𝓪𝓵 ①"  # ﬁne'],
    ['letters of other shapes in long text', 'python', 'a = """\n𝓮\'"𝓪\n""" + \'𝓵\\\'𝓵\''],
    ['letters of other shapes in a template', 'javascript', 'const a = `①\n"`; // ②\n/* ③ */'],
    [
      'letters of other shapes in a pattern',
      'javascript',
      'const a = x.replace(/[ａ-ｚ"/]/gu, "")',
    ],
    ['names of one alphabet', 'python', 'größe = 1\nимя = σ_max = 名前 = Δx = 2'],
    ['brackets in text', 'python', `a = "${'('.repeat(500)}"  # ${'['.repeat(500)}`],
    ['brackets that are closed', 'javascript', '[]()'.repeat(4000)],
    ['families', 'python', 'a = "👩‍👩‍👧 می‌خواهم"'],
    ['tabs and ends of lines of all kinds', 'python', 'if a:\r\n\tb\rc\n'],
    ['slashes that divide', 'javascript', 'const a = b / c / (d) / e; const f = g[0] / 2'],
  ])('%s (%s)', async (_, language, code) => {
    expect(await look(language, code)).toBeUndefined();
  });
});
