import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { matchesGlob } from '../../src/tools/glob.ts';
import { type Bench, makeBench } from './bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => {
  bench.clear();
});

const utf16 = (text: string): Uint8Array =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

describe('file.read', () => {
  it.each([
    ['UTF-8', Buffer.from('größe;日本'), 'größe;日本'],
    ['UTF-8 with a mark', Buffer.from('\ufeffa,b'), 'a,b'],
    ['Latin-1', Buffer.from('größe und maß', 'latin1'), 'größe und maß'],
    ['UTF-16', utf16('a\t日'), 'a\t日'],
    ['nothing', Buffer.alloc(0), ''],
  ])('reads a file of %s', async (_, bytes, content) => {
    bench.put('inputs/a.csv', bytes);
    expect(await bench.call('file.read', { path: 'inputs/a.csv' })).toEqual({
      ok: true,
      status: 200,
      data: {
        path: 'inputs/a.csv',
        content,
        size: content.length,
        bytes: bytes.length,
        truncated: false,
      },
    });
  });

  it('takes the encoding that was asked for', async () => {
    bench.put('inputs/a.txt', Buffer.from('ä'));
    const { data } = await bench.call('file.read', { path: 'inputs/a.txt', encoding: 'latin1' });
    expect(data).toMatchObject({ content: 'Ã¤' });
  });

  it.each(['x', '日', '😀'])(
    'cuts a long file of %s after 100,000 characters at most',
    async (sign) => {
      bench.put('inputs/long.txt', `a${sign.repeat(120_000)}`);
      const { data } = await bench.call('file.read', { path: 'inputs/long.txt' });
      const { content, truncated } = data as { content: string; truncated: boolean };
      expect(truncated).toBe(true);
      expect(content.length).toBeGreaterThan(99_990);
      expect(content.length).toBeLessThanOrEqual(100_000);
      expect(content.isWellFormed()).toBe(true);
    },
  );

  it.each([
    ['a.png', Buffer.from('text in truth')],
    ['a.dat', Buffer.from([1, 2, 0, 4])],
    ['b.dat', Buffer.from(Array.from({ length: 100 }, (_, index) => 128 + index))],
  ])('says that %s is binary', async (name, bytes) => {
    bench.put(`inputs/${name}`, bytes);
    const result = await bench.call('file.read', { path: `inputs/${name}` });
    expect(result).toMatchObject({
      ok: false,
      status: 415,
      data: { path: `inputs/${name}`, ext: name.split('.')[1], size_bytes: bytes.length },
      error: expect.stringContaining('code.execute'),
    });
  });

  it('names the files that exist when one does not', async () => {
    bench.put('inputs/sales.csv', 'a');
    const result = await bench.call('file.read', { path: 'inputs/sale.csv' });
    expect(result).toMatchObject({ ok: false, status: 404 });
    expect(result.error).toContain('inputs/sales.csv');
  });

  it('passes on what the workspace denies', async () => {
    await expect(bench.call('file.read', { path: '/etc/passwd' })).rejects.toMatchObject({
      code: 'tool/denied',
    });
  });
});

describe('file.write', () => {
  it.each([
    ['output/a/report.md', 'output/a/report.md'],
    ['report.md', 'output/report.md'],
    ['./output//report.md', 'output/report.md'],
  ])('writes %s', async (path, wanted) => {
    const result = await bench.call('file.write', { path, content: 'größe' });
    expect(result).toEqual({ ok: true, status: 200, data: { path: wanted, size: 7 } });
    expect((await bench.call('file.read', { path: wanted })).data).toMatchObject({
      content: 'größe',
    });
  });

  it('appends to what is there, and to nothing', async () => {
    for (const content of ['a', 'b']) {
      await bench.call('file.write', { path: 'output/x.txt', content, mode: 'append' });
    }
    expect((await bench.call('file.read', { path: 'output/x.txt' })).data).toMatchObject({
      content: 'ab',
    });
  });

  it('does not append to an input of the same name', async () => {
    bench.put('inputs/x.txt', 'input');
    await bench.call('file.write', { path: 'x.txt', content: 'b', mode: 'append' });
    expect((await bench.call('file.read', { path: 'output/x.txt' })).data).toMatchObject({
      content: 'b',
    });
  });

  it.each([
    'inputs/a',
    'shared/a',
    '../a',
    'output/../../a',
    '/etc/a',
    'output',
    'C:/a',
    'a\\b',
    'output/',
  ])('refuses %s', async (path) => {
    const result = await bench.call('file.write', { path, content: 'x' });
    expect(result).toMatchObject({ ok: false, status: 403, error: expect.stringContaining(path) });
  });

  it('refuses a file that is larger than a program might write', async () => {
    const content = 'x'.repeat(600_000);
    const first = await bench.call('file.write', { path: 'a', content, mode: 'append' });
    const second = await bench.call('file.write', { path: 'a', content, mode: 'append' });
    expect([first.status, second.status]).toEqual([200, 400]);
  });
});

describe('file.list', () => {
  beforeEach(() => {
    for (const path of [
      'inputs/a.csv',
      'inputs/b.txt',
      'shared/c.csv',
      'output/d/e.csv',
      'output/f.csv',
    ]) {
      bench.put(path, 'x');
    }
  });

  it.each([
    [{}, 'inputs/a.csv inputs/b.txt output/f.csv shared/c.csv'],
    [{ recursive: true }, 'inputs/a.csv inputs/b.txt output/d/e.csv output/f.csv shared/c.csv'],
    [{ path: 'inputs' }, 'inputs/a.csv inputs/b.txt'],
    [{ path: './output/' }, 'output/f.csv'],
    [{ path: 'output/d' }, 'output/d/e.csv'],
    [{ path: 'output', recursive: true }, 'output/d/e.csv output/f.csv'],
    [{ pattern: '*.csv' }, 'inputs/a.csv output/f.csv shared/c.csv'],
    [{ pattern: '**/*.csv' }, 'inputs/a.csv output/d/e.csv output/f.csv shared/c.csv'],
    [{ pattern: '?.txt' }, 'inputs/b.txt'],
    [{ pattern: 'none' }, ''],
  ])('lists %j', async (args, wanted) => {
    const files = wanted === '' ? [] : wanted.split(' ');
    expect(await bench.call('file.list', args)).toEqual({
      ok: true,
      status: 200,
      data: { files, count: files.length },
    });
  });

  it('says that a folder is not there', async () => {
    expect(await bench.call('file.list', { path: 'output/none' })).toMatchObject({ status: 404 });
  });

  it('says when there are more names than it returns', async () => {
    for (let index = 0; index < 1001; index++) bench.put(`shared/m/${index}`, '');
    const { data } = await bench.call('file.list', { path: 'shared/m' });
    expect(data).toMatchObject({ count: 1001, truncated: true });
    expect((data as { files: string[] }).files).toHaveLength(1000);
  });
});

describe('name patterns', () => {
  it('match like a regular expression would', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 });
    fc.assert(
      fc.property(part, name, (pattern, text) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('?', '.').replace(/\*+/g, '.*');
        expect(matchesGlob(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('do not hang on a pattern made to be slow', () => {
    expect(matchesGlob(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
  });
});
