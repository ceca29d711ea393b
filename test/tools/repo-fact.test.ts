import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { ToolResult } from '../../src/ports/tool.ts';
import { type Bench, makeBench } from './bench.ts';

interface Fact {
  path: string;
  offset: number;
  snippet: string;
  score: number;
}

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => {
  bench.clear();
});

const ask = (query: string, more: JsonObject = {}): Promise<ToolResult> =>
  bench.call('repo.fact', { query, ...more });
const facts = async (query: string, more: JsonObject = {}): Promise<Fact[]> =>
  (await ask(query, more)).data as unknown as Fact[];
const rounded = (score: number): number => Math.round(score * 10_000) / 10_000;

describe('repo.fact', () => {
  it('ranks paragraphs by how often they have rare words', async () => {
    const text = 'The cat sat.\n\nThe dog and the dog.\n\n\nA bird.\n';
    bench.put('inputs/a.md', text);
    bench.put('inputs/sub/b.txt', 'Another cat.');
    // N is 4 paragraphs; cat is in 2 of them, dog in 1.
    const cat = Math.log(5 / 3) + 1;
    const dog = (1 + Math.log(2)) * (Math.log(5 / 2) + 1);
    expect(await facts('Cat or DOG?', { max_snippets: 10 })).toEqual([
      {
        path: 'inputs/a.md',
        offset: text.indexOf('The dog'),
        snippet: 'The dog and the dog.',
        score: rounded(dog),
      },
      { path: 'inputs/a.md', offset: 0, snippet: 'The cat sat.', score: rounded(cat) },
      { path: 'inputs/sub/b.txt', offset: 0, snippet: 'Another cat.', score: rounded(cat) },
    ]);
  });

  it('gives three snippets when nothing is said, of equals the first', async () => {
    for (const name of ['c', 'a', 'b', 'd']) bench.put(`inputs/${name}.txt`, 'x one\n\nx two');
    const found = await facts('x');
    expect(found.map(({ path, offset }) => [path, offset])).toEqual([
      ['inputs/a.txt', 0],
      ['inputs/a.txt', 7],
      ['inputs/b.txt', 0],
    ]);
    expect(await facts('x', { max_snippets: 20 })).toHaveLength(8);
  });

  it('takes no long text for better because it repeats a common word', async () => {
    bench.put('inputs/a.txt', `${'common '.repeat(50)}\n\ncommon rare\n\ncommon`);
    expect((await facts('common rare', { max_snippets: 1 }))[0]?.offset).toBe(0);
    expect((await facts('rare'))[0]?.snippet).toBe('common rare');
  });

  it('finds words in any script, in whatever form they are written', async () => {
    bench.put('inputs/a.txt', 'Über Café\n\n日本 の 天気\n\nпогода');
    expect((await facts('ÜBER'))[0]?.snippet).toBe('Über Café');
    expect((await facts('cafe\u0301'))[0]?.snippet).toBe('Über Café');
    expect((await facts('天気'))[0]?.snippet).toBe('日本 の 天気');
    expect(await facts('Café')).toHaveLength(1);
  });

  it('shows a long paragraph where its rarest word is', async () => {
    const filler = 'common words '.repeat(200);
    const text = `first.\n\n${filler}needle 😀 ${filler}`;
    bench.put('inputs/a.txt', text);
    bench.put('inputs/b.txt', 'common');
    const [best] = await facts('common needle');
    expect(best?.snippet).toContain('needle');
    expect(best?.snippet.length).toBeLessThanOrEqual(400);
    expect(best?.snippet.isWellFormed()).toBe(true);
    const offset = best?.offset ?? 0;
    expect(text.slice(offset).startsWith(best?.snippet ?? '?')).toBe(true);
    expect(text.slice(offset - 1)).toMatch(/^\s\S/);
  });

  it.each([
    ['\n\nfirst\r\n\r\nneedle here\r\n \t\r\nlast\n', 'needle here'],
    ['  \n \n  needle', 'needle'],
    ['a\nneedle\nb', 'a\nneedle\nb'],
  ])('separates paragraphs by empty lines: %j', async (text, snippet) => {
    bench.put('inputs/a.txt', text);
    expect(await facts('needle')).toMatchObject([{ offset: text.indexOf(snippet), snippet }]);
  });

  it('looks only into text files below inputs/', async () => {
    const suffixes = 'md markdown txt rst py json yaml yml csv ini cfg'.split(' ');
    for (const suffix of suffixes) bench.put(`inputs/a.${suffix}`, 'needle');
    for (const path of [
      'inputs/a.html',
      'inputs/a',
      'inputs/a.png',
      'shared/b.md',
      'output/c.md',
    ]) {
      bench.put(path, 'needle');
    }
    bench.put('inputs/binary.txt', Buffer.from('needle\0\0'));
    const paths = (await facts('needle', { max_snippets: 20 })).map(({ path }) => path);
    expect(paths).toEqual(suffixes.map((suffix) => `inputs/a.${suffix}`).sort());
  });

  it('leaves files of more than 2 MiB out, and says so', async () => {
    bench.put('inputs/large.txt', `needle ${'x'.repeat(2 * 1024 * 1024)}`);
    bench.put('inputs/small.txt', `needle ${'x'.repeat(2 * 1024 * 1024 - 7)}`);
    const result = await ask('needle');
    expect(result.data).toMatchObject([{ path: 'inputs/small.txt' }]);
    expect(result.log).toContain('1 file');
  });

  it('writes nothing', async () => {
    bench.put('inputs/a.txt', 'needle');
    await ask('needle');
    expect((await bench.call('file.list', { recursive: true })).data).toMatchObject({ count: 1 });
  });

  it('finds nothing where there is nothing', async () => {
    expect(await ask('needle')).toEqual({ ok: true, status: 200, data: [] });
    bench.put('inputs/a.txt', '');
    bench.put('inputs/b.txt', ' \n\n \n');
    expect(await facts('needle')).toEqual([]);
  });

  it('refuses a question without a word', async () => {
    expect(await ask('?! …')).toMatchObject({ ok: false, status: 400 });
  });

  it('ends between two files when the call is cancelled', async () => {
    bench.put('inputs/a.txt', 'needle');
    const cancelled = AbortSignal.abort(new Error('cancelled'));
    const call = bench.call('repo.fact', { query: 'needle' }, { signal: cancelled });
    await expect(call).rejects.toThrow('cancelled');
  });

  it('does not hang on texts that are made to be slow', async () => {
    const size = 2 * 1024 * 1024;
    const shapes = ['\n', ' ', '\r', '\n ', '\r\n\t', 'a\n\n', 'needle\n\n', 'a ', '\u0301'];
    for (const [index, shape] of shapes.entries()) {
      bench.put(`inputs/${index}.txt`, shape.repeat(size / shape.length).slice(0, size - 1000));
    }
    expect(await facts('needle a')).toHaveLength(3);
  });
});
