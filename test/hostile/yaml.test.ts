import { afterEach, describe, expect, it } from 'vitest';
import { type Diagnostic, sortDiagnostics } from '../../src/base/diagnostic.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';
import {
  CYCLES,
  DEPTH,
  ENCODINGS,
  type HostileText,
  KEYS,
  NUMBERS,
  SIZE,
  SYNTAX,
  TAGS,
} from './yaml-shapes.ts';

const CLASSES: readonly (readonly [string, readonly HostileText[]])[] = [
  ['nested too deep', DEPTH],
  ['too large', SIZE],
  ['with keys that cannot be', KEYS],
  ['with numbers that cannot be', NUMBERS],
  ['in other encodings', ENCODINGS],
  ['with broken syntax', SYNTAX],
  ['with tags', TAGS],
  ['with cycles', CYCLES],
];

/** What any program would notice if a text had changed it. */
const prototypeKeys = Reflect.ownKeys(Object.prototype).length;

afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toHaveLength(prototypeKeys);
});

describe.each(CLASSES)('a text %s', (_, shapes) => {
  it.each(shapes)('is refused with code and place: $name', ({ text, code, at }) => {
    const { diagnostics, source } = parseYaml(text, 'workflow.awp.yaml');
    const [first] = sortDiagnostics(diagnostics);
    expect(place(first)).toEqual([code, ...at]);
    expect(first?.severity).toBe('error');
    // Few enough to be read, each with help, each inside of the text.
    expect(diagnostics.length).toBeLessThanOrEqual(250);
    for (const { help, message, range } of diagnostics) {
      expect(help).not.toBe('');
      expect(message.length).toBeLessThan(300);
      expect(range.end.line).toBeLessThanOrEqual(source.lineStarts.length);
    }
  });
});

describe('the hostile texts', () => {
  it('can be read five times in one process', () => {
    const small = CLASSES.flatMap(([, shapes]) => shapes).filter(({ text }) => text.length < 5000);
    for (let round = 0; round < 5; round++) {
      for (const { text, code } of small) {
        const [first] = sortDiagnostics(parseYaml(text, 'x.yaml').diagnostics);
        expect(first?.rule).toBe(code);
      }
      // 900 brackets, twice in one process, end a process that composes them.
      expect(parseYaml('[{'.repeat(20_000), 'x.yaml').diagnostics[0]?.rule).toBe('Y3');
    }
  });

  it('leave the traces of other errors alone', () => {
    const before = Error.stackTraceLimit;
    parseYaml('a: "', 'x.yaml');
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe('a text at a limit', () => {
  it.each<[string, string]>([
    ['64 levels', `${'['.repeat(64)}1${']'.repeat(64)}`],
    ['64 levels of keys', Array.from({ length: 64 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['a megabyte in one text', `a: "${'x'.repeat(1024 * 1024 - 5)}"`],
    ['a megabyte of comments', '#\n'.repeat(512 * 1024)],
    ['20,000 keys', Array.from({ length: 20_000 }, (_, at) => `k${at}: ${at}`).join('\n')],
    ['the largest exact number', 'a: 9007199254740991'],
    ['a key of 1,024 letters', `? ${'k'.repeat(1024)}\n: 1`],
    [
      '40,000 values by aliases',
      `a: &a [${'1,'.repeat(399)}]\nb: [${Array.from({ length: 100 }, () => '*a').join(',')}]`,
    ],
  ])('is read: %s', (_, text) => {
    expect(parseYaml(text, 'x.yaml').diagnostics).toEqual([]);
  });
});

describe('all problems of a text', () => {
  it('are told in one pass, with the first of two equal keys beside the second', () => {
    const { diagnostics } = parseYaml(
      'a: .inf\nb: !x 1\nc: *d\n__proto__: 1\na: 2\n? []\n: 1\n',
      'x.yaml',
    );
    expect(diagnostics.map(({ rule }) => rule).sort()).toEqual(
      ['Y1', 'Y11', 'Y12', 'Y5', 'Y6', 'Y7'].sort(),
    );
    const duplicate = diagnostics.find(({ rule }) => rule === 'Y5');
    expect(duplicate?.related[0]?.range.start).toEqual({ line: 1, column: 1 });
  });

  it('leave out what follows from the first syntax errors', () => {
    const { diagnostics } = parseYaml('a: @\n'.repeat(1000), 'x.yaml');
    expect(diagnostics.filter(({ rule }) => rule === 'Y1').length).toBeLessThanOrEqual(20);
  });
});

function place(found: Diagnostic | undefined): unknown[] {
  return [found?.rule, found?.range.start.line, found?.range.start.column];
}
