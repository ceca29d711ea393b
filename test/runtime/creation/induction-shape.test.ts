import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodeLanguage } from '../../../src/events/creation.ts';
import { shapeOf } from '../../../src/runtime/creation/induction/shape.ts';

const PYTHON = `import json
from math import sqrt as root

LIMIT = 5


class Row:
    """What a line is."""

    def __init__(self, name, *, score=0):
        self.name = name
        self.score = score


def keep(rows, least=LIMIT):
    # only good ones
    for index, (name, score) in enumerate(rows):
        if (size := len(name)) > 3 and score >= least:
            yield Row(name, score=score)


with open("inputs/rows.json") as source:
    rows = json.load(source)
kept = list(keep(rows, least=3))
total = sum(row.score for row in kept)
pairs = {key: value for key, value in zip("ab", [1, 2.5])}
double = lambda given: given * 2
total += double(given=1)
print(f"{total} of {len(rows)!r:>{LIMIT}}: {root(total):.2f}", r"a\\d" "b", True)
`;

const SCRIPT = `import { readFileSync } from 'node:fs';
'use strict';
const limit = 5, names = new Map([['a', 1]]);
class Row {
  constructor(name, score) {
    this.name = name; this.score = score;
  }
  better(other) { return this.score > other.score; }
}
// only good ones
async function* keep(rows, least = limit) {
  for (const { name: called, score } of rows) {
    if (called.length > 3 && score >= least) yield new Row(called, score);
  }
}
const source = readFileSync('inputs/rows.json', 'utf8');
let total = 0;
try {
  for await (const row of keep(JSON.parse(source), 3)) total += row.score / 2;
} catch (problem) {
  console.log(problem?.message ?? 'none');
}
const big = [1, 2].map((value) => value > 1 ? "big" : "small");
console.log(\`\${total} of \${big.length}: \`, /a"[/]b/g.test(source), { total, limit: 7 });
`;

const TYPED = SCRIPT.replace(
  '(rows, least = limit)',
  '(rows: any[], least: number = limit)',
).replace('let total = 0', 'let total: number = 0');

/** Names that the programs give themselves, and that may have other ones. */
const OWN: Readonly<Record<CodeLanguage, readonly string[]>> = {
  python: ['LIMIT', 'Row', 'keep', 'index', 'size', 'root', 'source', 'kept', 'pairs', 'double'],
  javascript: ['names', 'Row', 'keep', 'least', 'rows', 'called', 'row', 'problem', 'big', 'other'],
  typescript: ['names', 'Row', 'keep', 'least', 'rows', 'called', 'row', 'problem', 'big', 'other'],
};
const PROGRAMS: readonly (readonly [CodeLanguage, string])[] = [
  ['python', PYTHON],
  ['javascript', SCRIPT],
  ['typescript', TYPED],
];
const INDENTED = /^( +)/gm;

function shaped(language: CodeLanguage, code: string): string | undefined {
  return shapeOf(code, language)?.shape;
}

function renamed(code: string, names: readonly string[], by: (name: string) => string): string {
  const words = new RegExp(`(?<![.\\w])(${names.join('|')})(?!\\w)`, 'g');
  return code.replaceAll(words, (name) => by(name));
}

describe('the shape of a program', () => {
  it.each(PROGRAMS)('is there, and names a place for each value: %s', (language, code) => {
    const found = shapeOf(code, language);
    expect(found?.shape).toMatch(/^[0-9a-f]{16}$/);
    expect(found?.template.match(/[⟦⦃]/g)).toHaveLength(found?.literals.length ?? 0);
    expect(found?.template.replaceAll(/[⟦⟧⦃⦄]/g, '')).toBe(code);
  });

  it.each(PROGRAMS)('is the same with other names of its own: %s', (language, code) => {
    const other = fc.stringMatching(/^[a-z]{1,8}$/).map((name) => `z_${name}`);
    fc.assert(
      fc.property(fc.uniqueArray(other, { minLength: 10, maxLength: 10 }), (names) => {
        const own = OWN[language];
        const changed = renamed(code, own, (name) => names[own.indexOf(name)] ?? name);
        expect(shaped(language, changed)).toBe(shaped(language, code));
      }),
      { numRuns: 20 },
    );
  });

  it.each(PROGRAMS)('is the same with other values: %s', (language, code) => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ]{0,9}$/), fc.nat(), (text, number) => {
        const changed = code
          .replaceAll('inputs/rows.json', text)
          .replaceAll(' 3', ` ${number}`)
          .replaceAll('= 5', `= ${number}.5`)
          .replaceAll(/\} of ([{$])/g, `} ${text} of $1`);
        expect(shaped(language, changed)).toBe(shaped(language, code));
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['python', 'remarks', PYTHON.replaceAll('\n\n', '\n# a remark\n\n')],
    ['python', 'other steps', PYTHON.replaceAll(INDENTED, '$1$1')],
    ['python', 'tabs', PYTHON.replaceAll('    ', '\t')],
    ['python', 'other ends of lines', PYTHON.replaceAll('\n', '\r\n')],
    ['python', 'brackets over lines', PYTHON.replace('[1, 2.5]', '[\n  1,\n  2.5,\n]')],
    [
      'python',
      'other quotes',
      PYTHON.replaceAll('"ab"', "'ab'").replace('r"a\\\\d" "b"', '"""x"""'),
    ],
    ['javascript', 'remarks', SCRIPT.replaceAll('\n', ' /* a * remark */ // and\n')],
    ['javascript', 'other steps', SCRIPT.replaceAll(INDENTED, '$1$1')],
    ['javascript', 'no semicolons', SCRIPT.replaceAll(';\n', '\n').replace("'use strict'\n", '')],
    ['javascript', 'last commas', SCRIPT.replace('[1, 2]', '[1, 2,]')],
    ['javascript', 'other quotes', SCRIPT.replace('"big"', "'big'")],
  ] as const)('is the same in %s with %s', (language, _, code) => {
    expect(shaped(language, code)).toBe(shaped(language, language === 'python' ? PYTHON : SCRIPT));
  });

  it.each([
    ['python', 'another operator', PYTHON.replace('>= least', '> least')],
    ['python', 'another function', PYTHON.replace('sum(', 'max(')],
    ['python', 'another field', PYTHON.replace('row.score for', 'row.name for')],
    ['python', 'another argument of others', PYTHON.replace('given=1', 'least=1')],
    ['python', 'another block', PYTHON.replace('    rows = json', 'rows = json')],
    ['python', 'another module', PYTHON.replace('import json', 'import math')],
    ['python', 'a value in the place of a name', PYTHON.replace('least=LIMIT', 'least=9')],
    ['python', 'a tuple of one', PYTHON.replace('double(given=1)', 'double((1,))')],
    ['python', 'another way to show', PYTHON.replace('.2f', '.3f')],
    ['python', 'names put the other way', PYTHON.replace('Row(name, score=', 'Row(score, score=')],
    ['javascript', 'another operator', SCRIPT.replace('>= least', '> least')],
    ['javascript', 'another module', SCRIPT.replace('node:fs', 'node:path')],
    ['javascript', 'another key', SCRIPT.replace('limit: 7', 'most: 7')],
    ['javascript', 'another expression', SCRIPT.replace('a"[/]b', 'a"[/]c')],
    ['javascript', 'a value of another kind', SCRIPT.replace('"big"', 'true')],
  ] as const)('is another one in %s with %s', (language, _, code) => {
    const whole = language === 'python' ? PYTHON : SCRIPT;
    expect(code).not.toBe(whole);
    expect(shaped(language, code)).toMatch(/^[0-9a-f]{16}$/);
    expect(shaped(language, code)).not.toBe(shaped(language, whole));
  });

  it('is another one in another language', () => {
    expect(shaped('typescript', SCRIPT)).not.toBe(shaped('javascript', SCRIPT));
  });
});

const LONG = 'value = 1\n'.repeat(12);

describe('a program that has no shape', () => {
  it.each<readonly [string, CodeLanguage, string]>([
    ['is trivial', 'python', 'print(1 + 1)'],
    ['is longer than 16 KiB', 'python', LONG.repeat(200)],
    ['cannot be read', 'python', `${LONG}x = ((1)`],
    ['closes what is not open', 'python', `${LONG}x = (1]`],
    ['has a text that does not end', 'python', `${LONG}x = "abc`],
    ['goes back to no block', 'python', `${LONG}if value:\n        x = 1\n    y = 2\n`],
    ['is in another language', 'python', SCRIPT],
    ['has marks of ours', 'python', `${LONG}x = "⟦"`],
    ['has half of a character', 'python', `${LONG}x = "\uD800"`],
    ['calls tools', 'python', `${LONG}tools.call("a.b")`],
    ['uses the sdk', 'python', `${LONG}sdk.a.b()`],
    ['shares its variables', 'python', `${LONG}def f():\n    global value\n    value = 2\n`],
    ['takes all of a module', 'python', `${LONG}from math import *\n`],
    ['ends its process', 'javascript', `${'let a = 1;\n'.repeat(9)}process.exit(0)`],
    ['hands something out', 'javascript', `${'let a = 1;\n'.repeat(9)}export { a }`],
    [
      'has a remark that does not end',
      'javascript',
      `${'let a = 1;\n'.repeat(9)}/*${'/*'.repeat(4000)}`,
    ],
  ])('%s', (_, language, code) => {
    expect(shapeOf(code, language)).toBeUndefined();
  });

  it('never fails, whatever the text is', () => {
    const word = fc.constantFrom(
      ...['"', "'", '"""', '`', '${', '{', '}', '(', ')', '[', ']', '\\', '\n', '    ', '/', '/*'],
      ...['f"', 'def ', 'f', '(', 'lambda ', ': ', '=', 'for ', ' in ', '#', '\t', '.', '1e', '!r'],
      ...[
        'const ',
        '=>',
        '...',
        ',',
        'case ',
        '0x',
        '\0',
        '\uFEFF',
        '⟦',
        '\r',
        '??',
        '?.',
        'import ',
      ],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(word, { maxLength: 80 }).map((words) => words.join('')),
    );
    const language = fc.constantFrom<CodeLanguage>('python', 'javascript', 'typescript');
    fc.assert(
      fc.property(text, language, (some, one) => {
        for (const code of [some, `${LONG}${some}`]) {
          const found = shapeOf(code, one);
          expect(found?.literals.length).toBe(
            found?.template.match(/[⟦⦃]/g)?.length ?? (found && 0),
          );
        }
      }),
      { numRuns: 1500 },
    );
  });
});
