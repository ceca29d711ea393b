import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { file, parseInputArgument, resolveInputs } from '../../src/data/inputs.ts';
import { describeBytes } from '../../src/data/table.ts';
import { tableText } from '../../src/data/table-text.ts';
import { nodeFiles } from '../../src/effects/files.ts';
import { temporaryFolder } from '../make.ts';

async function resolved(inputs: Record<string, unknown>, folder: string, maxBytes?: number) {
  const files = nodeFiles();
  return resolveInputs(inputs, { folder, files, ...(maxBytes !== undefined && { maxBytes }) });
}

describe('inputs', () => {
  it.each<[string, unknown, { kind: string; path?: string; text?: string }]>([
    [
      'a column object',
      { month: ['Jan', 'Feb'], revenue: [100, null] },
      { kind: 'table', path: 'x.csv', text: 'month,revenue\nJan,100\nFeb,\n' },
    ],
    [
      'an array of records',
      [
        { a: 1, b: 'x,"y"' },
        { a: 2, c: true },
      ],
      { kind: 'table', path: 'x.csv', text: 'a,b,c\n1,"x,""y""",\n2,,true\n' },
    ],
    [
      'any other object',
      { a: { b: 1 } },
      { kind: 'json', path: 'x.json', text: '{\n  "a": {\n    "b": 1\n  }\n}' },
    ],
    ['a list of numbers', [1, 2], { kind: 'json', path: 'x.json', text: '[\n  1,\n  2\n]' }],
    ['columns of different lengths', { a: [1], b: [1, 2] }, { kind: 'json', path: 'x.json' }],
    ['a short text', 'hello', { kind: 'value' }],
    ['a long text', 'word '.repeat(2000), { kind: 'text', path: 'x.txt' }],
    ['a number', 3, { kind: 'value' }],
    ['nothing', null, { kind: 'value' }],
    ['bytes', new Uint8Array([0, 1, 2]), { kind: 'file', path: 'x.bin' }],
  ])('can be %s', async (_, value, wanted) => {
    using folder = temporaryFolder();
    const { inputs } = await resolved({ x: value }, folder.path);
    expect(inputs).toMatchObject([
      { name: 'x', kind: wanted.kind, ...(wanted.path && { path: wanted.path }) },
    ]);
    if (wanted.text !== undefined) {
      expect(readFileSync(join(folder.path, 'inputs', wanted.path ?? ''), 'utf8')).toBe(
        wanted.text,
      );
    }
    for (const { description } of inputs) expect(() => JSON.parse(description)).not.toThrow();
  });

  it('keep their names apart and inside of their folder', async () => {
    using folder = temporaryFolder();
    const names = [
      '../up',
      'a/b',
      'A/B',
      '__proto__',
      'constructor',
      '',
      '.hidden',
      'ünï cödé',
      'x'.repeat(300),
    ];
    const given = Object.fromEntries(names.map((name) => [name, new Uint8Array([1])]));
    const all = Object.defineProperty(given, '__proto__', {
      value: new Uint8Array([1]),
      enumerable: true,
    });
    const { inputs } = await resolved(all, folder.path);
    expect(inputs.map(({ name }) => name).sort()).toEqual([...names].sort());
    const there = readdirSync(join(folder.path, 'inputs'));
    expect(there.sort()).toEqual(inputs.map(({ path }) => path).sort());
    expect(new Set(there.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(readdirSync(folder.path)).toEqual(['inputs']);
  });

  it('are copied when they are files, also when a text is the path of one, which is said', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'sales.csv');
    writeFileSync(path, 'a;b\n1,5;2\n2,5;3\n');
    const { inputs, notes } = await resolved(
      { one: file(path), two: path },
      join(folder.path, 'run'),
    );
    expect(inputs.map(({ kind, path: place }) => [kind, place])).toEqual([
      ['table', 'sales.csv'],
      ['table', 'sales-2.csv'],
    ]);
    expect(JSON.parse(inputs[0]?.description ?? '')).toMatchObject({
      separator: ';',
      decimal: ',',
      rows: 2,
      rows_exact: true,
    });
    expect(notes).toEqual([{ input: 'two', message: expect.stringContaining(path) }]);
  });

  it.each([
    ['there is none', 'source/unreachable', () => {}],
    ['it is a folder', 'source/bad-data', (path: string) => mkdirSync(path)],
    ['it is empty', 'source/bad-data', (path: string) => writeFileSync(path, '')],
    ['it is a pipe', 'source/bad-data', (path: string) => execFileSync('mkfifo', [path])],
    [
      'it has 2 GB',
      'source/too-big',
      (path: string) => {
        writeFileSync(path, 'a');
        truncateSync(path, 2 ** 31);
      },
    ],
  ])('are refused before anything is copied, when %s', async (_, code, make) => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'data.csv');
    make(path);
    const run = join(folder.path, 'run');
    await expect(resolved({ data: file(path) }, run)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('data'),
    });
    expect(readdirSync(join(run, 'inputs'))).toEqual([]);
  });

  it('are refused when they refer to themselves', async () => {
    using folder = temporaryFolder();
    const ring: { self?: unknown; deep: object } = { deep: {} };
    ring.self = ring;
    await expect(resolved({ ring }, folder.path)).rejects.toMatchObject({
      code: 'source/bad-data',
    });
  });
});

describe('an input on the command line', () => {
  it.each([
    ['sales.csv', ['sales', file('sales.csv')]],
    ['./a/b=c.csv', ['b_c', file('./a/b=c.csv')]],
    ['data=@x.csv', ['data', file('x.csv')]],
    ['n=3', ['n', 3]],
    ['list=[1,2]', ['list', [1, 2]]],
    ['text=hello world', ['text', 'hello world']],
    ['empty=', ['empty', '']],
  ])('%s', (text, wanted) => {
    expect(parseInputArgument(text)).toEqual(wanted);
  });

  it('is refused when it is nothing', () => {
    expect(() => parseInputArgument('  ')).toThrow(
      expect.objectContaining({ code: 'usage/bad-argument' }),
    );
  });
});

describe('tables', () => {
  it('come back from their text as they were', () => {
    const cell = fc.oneof(fc.string(), fc.integer().map(String), fc.constant('a,"b"\nc'));
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: cell, b: cell }), { minLength: 1, maxLength: 20 }),
        (rows) => {
          const { data } = Papa.parse<string[]>(tableText(rows), { newline: '\n', delimiter: ',' });
          expect(data.slice(1, rows.length + 1)).toEqual(rows.map(({ a, b }) => [a, b]));
        },
      ),
    );
  });

  it('are described whatever the bytes are, in a bounded text', () => {
    const names = fc.constantFrom('a.csv', 'a.tsv', 'a.json', 'a.txt', 'a', 'a.png');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.string({ maxLength: 2000 }).map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(names, bytes, (name, content) => {
        const { text } = describeBytes({ name, bytes: content, size: content.length });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(6600);
        JSON.parse(text);
      }),
    );
  });

  it.each([
    [
      '500 columns',
      `${Array.from({ length: 500 }, (_, n) => `column ${n}`).join(',')}\n${'1,'.repeat(499)}1\n`,
    ],
    ['a cell of a megabyte', `a,b\n${'x'.repeat(1_000_000)},1\n2,3\n`],
    ['control characters', `a,b\n\u0007\u001b[31m,1\n2,\u202e3\n`],
  ])('with %s have a short description', (_, text) => {
    const bytes = new Uint8Array(Buffer.from(text));
    const described = describeBytes({ name: 'a.csv', bytes, size: bytes.length });
    expect(described.kind).toBe('table');
    expect(Buffer.byteLength(described.text)).toBeLessThanOrEqual(6600);
  });

  const separators = [',', ';', '\t', '|'] as const;
  const encodings = ['utf8', 'utf8 with mark', 'utf16le', 'latin1'] as const;
  it.each(
    separators.flatMap((separator) => encodings.map((encoding) => [separator, encoding] as const)),
  )('are understood with the separator %j in %s', (separator, encoding) => {
    const rows = [
      ['Stadt', 'größe', 'n'],
      ...Array.from({ length: 30 }, (_, n) => [`Köln ${n}`, String(n * 2), String(n)]),
    ];
    const text = `${rows.map((row) => row.join(separator)).join('\r\n')}\r\n`;
    const bytes =
      encoding === 'utf8 with mark'
        ? Buffer.from(`\ufeff${text}`)
        : encoding === 'utf16le'
          ? Buffer.from(`\ufeff${text}`, 'utf16le')
          : Buffer.from(text, encoding);
    const { text: described } = describeBytes({
      name: 'a.csv',
      bytes: new Uint8Array(bytes),
      size: bytes.length,
    });
    expect(JSON.parse(described)).toMatchObject({
      separator,
      rows: 30,
      rows_exact: true,
      columns: [
        { name: 'Stadt', type: 'text' },
        { name: 'größe', type: 'integer' },
        { name: 'n', type: 'integer' },
      ],
    });
  });
});
