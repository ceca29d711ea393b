/** A text that no workflow should have, and the code that says so first. */
export interface HostileText {
  name: string;
  text: string | Uint8Array;
  code: string;
  /** Line and column of the first finding, counted from 1. */
  at: readonly [number, number];
}

const MIB = 1024 * 1024;

/** As many copies as one file can have. */
function full(fragment: string, before = '', after = ''): string {
  const bytes = new TextEncoder().encode(fragment).length;
  const room = MIB - before.length - after.length;
  return before + fragment.repeat(Math.floor(room / bytes)) + after;
}

function bytes(...parts: readonly (string | readonly number[])[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...encoder.encode(part)] : [...part])),
  );
}

const shape = (
  name: string,
  text: string | Uint8Array,
  code: string,
  ...at: [number, number]
): HostileText => ({ name, text, code, at });

/** Aliases of aliases: ten times as many values with each line. */
const LAUGHS = Array.from({ length: 12 }, (_, level) =>
  level === 0
    ? 'l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]'
    : `l${level}: &l${level} [${Array.from({ length: 10 }, () => `*l${level - 1}`).join(', ')}]`,
).join('\n');

/** Nesting by aliases: no line of it is deep. */
const STAIRS = Array.from({ length: 80 }, (_, level) =>
  level === 0 ? 's0: &s0 []' : `s${level}: &s${level} [*s${level - 1}]`,
).join('\n');

export const DEPTH: readonly HostileText[] = [
  shape('900 brackets', '['.repeat(900), 'Y3', 1, 67),
  shape('a megabyte of brackets', full('['), 'Y3', 1, 67),
  shape('a megabyte of braces', full('{'), 'Y3', 1, 67),
  shape('a megabyte of maps in maps on a line', full('{a: '), 'Y3', 1, 262),
  shape('a megabyte of lists in lists on a line', full('- '), 'Y3', 1, 132),
  shape('a megabyte of keys in keys', full('? '), 'Y3', 1, 132),
  shape('65 levels', `${'['.repeat(65)}1${']'.repeat(65)}`, 'Y3', 1, 66),
  shape(
    'steps of one space each',
    Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    'Y3',
    66,
    67,
  ),
  shape('levels that aliases add', STAIRS, 'Y3', 65, 12),
];

export const SIZE: readonly HostileText[] = [
  shape('more than a megabyte', 'a'.repeat(MIB + 1), 'Y2', 1, 1),
  shape('more than a megabyte of bytes', new Uint8Array(MIB + 1).fill(97), 'Y2', 1, 1),
  shape('fewer letters, but more bytes', 'é'.repeat(MIB / 2 + 1), 'Y2', 1, 1),
  shape('half a million numbers', full('1,', 'a: [', ']'), 'Y2', 1, 400001),
  shape('half a million texts', full('""', 'a: '), 'Y2', 1, 400004),
  shape('half a million anchors', full('&a ', 'a: '), 'Y2', 1, 600003),
  shape('a billion laughs', LAUGHS, 'Y4', 5, 25),
  shape(
    'one map merged into 2,000 others',
    `b: &b { ${Array.from({ length: 100 }, (_, i) => `k${i}: ${i}`).join(', ')} }\n${Array.from({ length: 2000 }, (_, i) => `m${i}: { <<: *b }`).join('\n')}`,
    'Y4',
    497,
    9,
  ),
  shape('a key of 2,000 letters', `? ${'k'.repeat(2000)}\n: 1\n`, 'Y12', 1, 3),
];

export const KEYS: readonly HostileText[] = [
  shape('a key that stands twice', 'a: 1\nb: 2\na: 3\n', 'Y5', 3, 1),
  shape('a key twice in two spellings', 'a: 1\n"a": 2\n', 'Y5', 2, 1),
  shape('350,000 equal keys', full('a:\n').slice(0, 500_000), 'Y5', 2, 1),
  shape('__proto__', 'workflow:\n  __proto__: { admin: true }\n', 'Y7', 2, 3),
  shape('constructor', 'inputs: { constructor: {} }', 'Y7', 1, 11),
  shape('prototype', '"prototype": 1', 'Y7', 1, 1),
  shape('__proto__ by an escape', '"\\x5f_proto__": 1', 'Y7', 1, 1),
  shape('__proto__ by an alias', 'a: &p __proto__\n*p : 1', 'Y7', 2, 1),
  shape('__proto__ inside of a merge', 'a: { <<: { __proto__: 1 } }', 'Y7', 1, 12),
  shape('a list as a key', '? [a, b]\n: 1\n', 'Y12', 1, 3),
  shape('a map as a key', '{ {a: 1}: 2 }', 'Y12', 1, 3),
  shape('null as a key', '~: 1', 'Y12', 1, 1),
  shape('no key', ': 1', 'Y12', 1, 1),
  shape('a merge of what is no map', 'a: { <<: 1 }', 'Y1', 1, 10),
];

export const NUMBERS: readonly HostileText[] = [
  shape('infinity', 'a: .inf', 'Y11', 1, 4),
  shape('minus infinity', 'a: -.INF', 'Y11', 1, 4),
  shape('no number', 'a: .nan', 'Y11', 1, 4),
  shape('more than a double holds', 'a: 1e400', 'Y11', 1, 4),
  shape('2^53 + 1', 'a: 9007199254740993', 'Y11', 1, 4),
  shape('a long hexadecimal number', 'a: 0xFFFFFFFFFFFFFFFFFF', 'Y11', 1, 4),
  shape('a megabyte of digits', full('9', 'a: '), 'Y11', 1, 4),
];

export const ENCODINGS: readonly HostileText[] = [
  shape('bytes that are no UTF-8', bytes('a: 1\nb: ', [0xff, 0xfe]), 'Y9', 2, 4),
  shape('half a character at the end', bytes('a: ', [0xe2, 0x82]), 'Y9', 1, 4),
  shape('an overlong slash', bytes('a: ', [0xc0, 0xaf]), 'Y9', 1, 4),
  shape('half a pair of surrogates in UTF-8', bytes('a: ', [0xed, 0xa0, 0x80]), 'Y9', 1, 4),
  shape('UTF-16', bytes([0xff, 0xfe, 0x61, 0, 0x3a, 0]), 'Y9', 1, 1),
  shape('a program', bytes([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), 'Y9', 1, 1),
  shape('NUL', 'a: 1\nb: x\0y\n', 'Y9', 2, 5),
  shape('an escape of the terminal', 'a: \u001b[2J', 'Y9', 1, 4),
  shape('DEL', 'a: \u007f', 'Y9', 1, 4),
  shape('a form feed', 'a: 1\f', 'Y9', 1, 5),
];

export const SYNTAX: readonly HostileText[] = [
  shape('a tab that indents', 'a:\n\tb: 1\n', 'Y1', 2, 1),
  shape('a bracket that is not closed', 'a: [1, 2\n', 'Y1', 2, 1),
  shape('a quote that is not closed', 'a: "text\nb: 1\n', 'Y1', 3, 1),
  shape('a map on the line of its key', 'a: b: c\n', 'Y1', 1, 4),
  shape('a text that starts with @', 'a: @name\n', 'Y1', 1, 4),
  shape('a text that starts with a back-tick', 'a: `x`\n', 'Y1', 1, 4),
  shape('an escape that there is not', 'a: "\\q"\n', 'Y1', 1, 5),
  shape('an alias of nothing', 'a: *nobody\n', 'Y1', 1, 4),
  shape('an alias before its anchor', 'a: *x\nb: &x 1\n', 'Y1', 1, 4),
  shape('markdown', '# Title\n\nSome *text* here: and `code`\n- a\n', 'Y1', 4, 1),
  shape('a megabyte of anchors of two', full('&a &b\n').slice(0, 300_000), 'Y1', 1, 4),
  shape('a megabyte of directives', full('%A b\n'), 'Y1', 1, 1),
  shape('another version of YAML', '%YAML 3.0\n---\na: 1', 'Y1', 1, 7),
  shape('two documents', 'a: 1\n---\nb: 2\n', 'Y8', 3, 1),
  shape('a quarter of a million documents', full('---\n'), 'Y8', 2, 4),
  shape('a second document that is no YAML', 'a: 1\n---\n@\n', 'Y1', 3, 1),
];

export const TAGS: readonly HostileText[] = [
  shape('a function of JavaScript', 'a: !!js/function "function(){}"', 'Y6', 1, 4),
  shape('an object of Python', 'a: !!python/object/apply:os.system ["id"]', 'Y6', 1, 4),
  shape('a tag of one’s own', 'a: !secret x', 'Y6', 1, 4),
  shape('bytes', 'a: !!binary aGk=', 'Y6', 1, 4),
  shape('a set', 'a: !!set { b }', 'Y6', 1, 4),
  shape('pairs', 'a: !!omap [b: 1]', 'Y6', 1, 4),
  shape('a tag that does not fit', 'a: !!int x', 'Y6', 1, 4),
  shape('a tag by a prefix', '%TAG !e! tag:example.com,2000:\n---\na: !e!x 1', 'Y6', 3, 4),
];

export const CYCLES: readonly HostileText[] = [
  shape('a list in itself', 'a: &a [*a]', 'Y10', 1, 8),
  shape('a map in itself', 'a: &a { b: { c: *a } }', 'Y10', 1, 17),
  shape('a map merged into itself', 'a: &a { <<: *a }', 'Y10', 1, 13),
];
