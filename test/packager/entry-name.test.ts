import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameProblem, TakenNames } from '../../src/packager/entry-name.ts';

describe('names in a package', () => {
  it.each([
    'a',
    'workflow.awp.yaml',
    'agents/a b/prompt.md',
    'data/größe.csv',
    '資料/表.csv',
    '.awpignore',
    'a..b',
    '...a',
    'console.md',
    'com10.txt',
    'aux-data/x',
  ])('may be %s', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'empty'],
    ['..', 'leaves'],
    ['a/../b', 'leaves'],
    ['/etc/passwd', 'relative'],
    ['C:/x', 'relative'],
    ['c:x', 'relative'],
    ['a\\b', 'use /'],
    ['a\u0000b', 'control'],
    ['a\nb', 'control'],
    ['a//b', 'empty part'],
    ['a/', 'empty part'],
    ['./a', 'only a dot'],
    ['a/./b', 'only a dot'],
    ['a.', 'dot or a space'],
    ['a /b', 'dot or a space'],
    ['ab:c', 'Windows'],
    ['what?', 'Windows'],
    ['CON', 'device'],
    ['x/nul.txt', 'device'],
    ['Com1', 'device'],
    ['lpt¹.md', 'device'],
    ['conin$', 'device'],
    ['a\u202Eb', 'cannot be seen'],
    ['a\u200Bb', 'cannot be seen'],
    ['\uFEFFa', 'cannot be seen'],
    ['a\uFFFDb', 'cannot be seen'],
    ['a\uD800b', 'cannot be seen'],
    ['x'.repeat(256), '255 bytes'],
    ['ü'.repeat(128), '255 bytes'],
    [`${'x/'.repeat(512)}x`, '1,024'],
    [`${'x/'.repeat(32)}x`, 'folders deep'],
  ])('may not be %j', (name, why) => {
    expect(nameProblem(name)).toContain(why);
  });

  it('never lead out of their folder', () => {
    const part = fc.constantFrom('..', '.', '', 'a', '/', '\\', 'C:', '..\\', '\u0000', ' ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom('/', ''), (parts, glue) => {
        const name = parts.join(glue);
        if (nameProblem(name) !== undefined) return;
        expect(posix.resolve('/root', name)).toBe(`/root/${name}`);
        expect(win32.resolve('C:\\root', name)).toBe(`C:\\root\\${name.replaceAll('/', '\\')}`);
      }),
    );
  });
});

describe('names beside each other', () => {
  type Name = [string, 'file' | 'folder'];
  it.each<[string, Name[]]>([
    [
      'different files',
      [
        ['a', 'file'],
        ['b', 'file'],
      ],
    ],
    [
      'files of one folder',
      [
        ['a/x', 'file'],
        ['a/y', 'file'],
      ],
    ],
    [
      'a folder before its files',
      [
        ['a', 'folder'],
        ['a/x', 'file'],
      ],
    ],
    [
      'a folder behind its files',
      [
        ['a/x', 'file'],
        ['a', 'folder'],
      ],
    ],
  ])('may be %s', (_, names) => {
    const taken = new TakenNames();
    expect(names.map(([name, kind]) => taken.take(name, kind))).toEqual(names.map(() => undefined));
  });

  it.each<[string, Name, Name, string]>([
    ['the same file', ['a', 'file'], ['a', 'file'], 'a'],
    ['the same folder', ['a', 'folder'], ['a', 'folder'], 'a'],
    ['another case', ['README.md', 'file'], ['readme.md', 'file'], 'README.md'],
    ['another case of a folder', ['A/x', 'file'], ['a/y', 'file'], 'A'],
    ['an accent coded otherwise', ['\u00e9', 'file'], ['e\u0301', 'file'], '\u00e9'],
    ['a sharp s', ['straße', 'file'], ['STRASSE', 'file'], 'straße'],
    ['a long s', ['ſ', 'file'], ['s', 'file'], 'ſ'],
    ['a Kelvin sign', ['k', 'file'], ['\u212a', 'file'], 'k'],
    ['a folder where a file is', ['a', 'file'], ['a/x', 'file'], 'a'],
    ['a file where a folder is', ['a/x', 'file'], ['a', 'file'], 'a'],
    ['a folder entry where a file is', ['a', 'file'], ['a', 'folder'], 'a'],
  ])('may not be %s', (_, one, other, clash) => {
    const taken = new TakenNames();
    expect(taken.take(...one)).toBeUndefined();
    expect(taken.take(...other)).toBe(clash);
  });
});
