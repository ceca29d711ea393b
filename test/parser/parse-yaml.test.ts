import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as libraryParse } from 'yaml';
import { nodeAt, plainValue, type YamlNode } from '../../src/base/yaml-node.ts';
import { parseYaml } from '../../src/parser/parse-yaml.ts';

describe('a text that is YAML', () => {
  it.each<[string, string, unknown]>([
    ['booleans and null of the core schema', '[true, False, NULL, ~, ]', [true, false, null, null]],
    ['words of YAML 1.1 as texts', '[yes, no, on, off, y]', ['yes', 'no', 'on', 'off', 'y']],
    ['numbers', '[1, -2, 0x1f, 0o17, 1e3, .5, -0.25]', [1, -2, 31, 15, 1000, 0.5, -0.25]],
    ['what looks like a number of YAML 1.1 as a text', '[1_000, 12:30:45]', ['1_000', '12:30:45']],
    ['dates as texts', 'day: 2026-01-02', { day: '2026-01-02' }],
    ['what is quoted as texts', `["1", 'true', "null"]`, ['1', 'true', 'null']],
    ['escapes in double quotes', '"\\u00e9\\n\\x41"', 'é\nA'],
    ['a block that keeps its lines', 'a: |\n  one\n  two\n', { a: 'one\ntwo\n' }],
    ['a folded block', 'a: >-\n  one\n  two\n', { a: 'one two' }],
    ['a key without a value', 'a:\nb: 1', { a: null, b: 1 }],
    ['keys that are no texts by their spelling', '{1: a, true: b, 0x10: c}', expect.anything()],
    ['an explicit key', '? a\n: 1', { a: 1 }],
    ['tags of the core schema', '[!!str 1, !!int "2", !!seq [a]]', ['1', 2, ['a']]],
    ['a text of JSON', '{"a": [1, {"b": null}], "c": "d"}', { a: [1, { b: null }], c: 'd' }],
    ['the mark of a document', '---\na: 1\n...\n', { a: 1 }],
    ['a directive', '%YAML 1.2\n---\na: 1', { a: 1 }],
  ])('is read: %s', (_, text, value) => {
    const { tree, diagnostics } = parseYaml(text, 'x.yaml');
    expect(diagnostics).toEqual([]);
    expect(tree && plainValue(tree)).toEqual(value);
  });

  it('may begin with a byte order mark, end its lines with CRLF and have tabs in its texts', () => {
    const bytes = new TextEncoder().encode('\uFEFFa: "x\ty"\r\nb:\r\n  - 1\r\n');
    const { tree, diagnostics } = parseYaml(bytes, 'x.yaml');
    expect(diagnostics).toEqual([]);
    expect(tree && plainValue(tree)).toEqual({ a: 'x\ty', b: [1] });
    expect(written(nodeAt(tree, 'b', 0))).toBe('1');
  });

  it('says where each value is written, and its path', () => {
    const text = 'graph:\n  - id: one\n    depends_on: [ "two" ]\n';
    const { tree } = parseYaml(text, 'x.yaml');
    const node = nodeAt(tree, 'graph', 0, 'depends_on', 0);
    expect(written(node)).toBe('"two"');
    expect(node?.path).toBe('graph[0].depends_on[0]');
    expect(node).toMatchObject({ kind: 'scalar', plain: false });
    const entry = tree?.kind === 'map' ? tree.entries.get('graph') : undefined;
    expect(entry && text.slice(entry.keyPlace.from, entry.keyPlace.to)).toBe('graph');
  });

  it('has no tree when there is nothing in it', () => {
    for (const text of ['', '\n\n', '# only words\n', '---\n', '\uFEFF']) {
      const { tree, diagnostics } = parseYaml(text, 'x.yaml');
      expect(diagnostics).toEqual([]);
      expect(tree === undefined || plainValue(tree) === null).toBe(true);
    }
  });

  it('is what the library reads, for any JSON', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'small' }), (text) => {
        fc.pre(!/__proto__|constructor|prototype/.test(text));
        const { tree, diagnostics } = parseYaml(text, 'x.json');
        fc.pre(diagnostics.every(({ rule }) => rule !== 'Y11' && rule !== 'Y5' && rule !== 'Y12'));
        expect(diagnostics).toEqual([]);
        expect(tree && plainValue(tree)).toEqual(libraryParse(text));
      }),
    );
  });
});

describe('aliases', () => {
  it('stand for a copy with places of the original and paths of their own', () => {
    const { tree, diagnostics } = parseYaml('a: &x { k: 1 }\nb: *x\n', 'x.yaml');
    expect(diagnostics).toEqual([]);
    const copy = nodeAt(tree, 'b', 'k');
    expect(copy).toMatchObject({ value: 1, path: 'b.k' });
    expect(written(copy)).toBe('1');
  });

  it('keep what they stood for when the anchor is set again', () => {
    const { tree } = parseYaml('a: &x 1\nb: &y [*x]\nc: &x 2\nd: *y\ne: *x', 'x.yaml');
    expect(tree && plainValue(tree)).toEqual({ a: 1, b: [1], c: 2, d: [1], e: 2 });
  });

  it('may stand for a key, and an anchor at a key may be used', () => {
    const { tree, diagnostics } = parseYaml('&k name: 1\nother: *k\n', 'x.yaml');
    expect(diagnostics).toEqual([]);
    expect(tree && plainValue(tree)).toEqual({ name: 1, other: 'name' });
    const second = parseYaml('a: &k name\n*k : 2\n', 'x.yaml');
    expect(second.diagnostics).toEqual([]);
    expect(second.tree && plainValue(second.tree)).toEqual({ a: 'name', name: 2 });
  });
});

describe('merge keys', () => {
  it.each<[string, string, unknown]>([
    [
      'own keys count, wherever they stand',
      'b: &b { x: 1, y: 2 }\nc: { <<: *b, x: 3 }',
      { x: 3, y: 2 },
    ],
    [
      'the first of several maps counts',
      'a: &a { x: 1 }\nb: &b { x: 2, y: 2 }\nc: { <<: [*a, *b] }',
      { x: 1, y: 2 },
    ],
    ['a map may stand there itself', 'c: { <<: { x: 1 } }', { x: 1 }],
    ['in quotes it is a key like any other', 'c: { "<<": 1 }', { '<<': 1 }],
  ])('%s', (_, text, value) => {
    const { tree, diagnostics } = parseYaml(text, 'x.yaml');
    expect(diagnostics).toEqual([]);
    const merged = nodeAt(tree, 'c');
    expect(merged && plainValue(merged)).toEqual(value);
  });
});

/** The text that a node stands for. */
function written(node: YamlNode | undefined): string | undefined {
  return node?.source.text.slice(node.from, node.to);
}
