import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { Board, BoardNote } from '../../src/ports/tool.ts';
import { type Bench, makeBench } from './bench.ts';

let bench: Bench;
beforeAll(() => {
  bench = makeBench();
});
afterAll(() => bench.clear());

const START = Date.UTC(2026, 10, 22, 8);

function noteOf(number: number, more: Partial<BoardNote> = {}): BoardNote {
  const at = START + number * 1000;
  return { id: `b${number}`, topic: 'finding', worker: 'a', payload: { number }, at, ...more };
}

function boardOf(entries: readonly BoardNote[]): Board & { posted: [string, JsonObject][] } {
  const posted: [string, JsonObject][] = [];
  return {
    posted,
    entries: () => entries,
    post: (topic, payload) => posted.push([topic, payload]),
  };
}

async function read(entries: readonly BoardNote[], args: JsonObject): Promise<JsonObject> {
  const { ok, data } = await bench.call('board.read', args, { board: boardOf(entries) });
  expect(ok).toBe(true);
  return data as JsonObject;
}

const idsOf = ({ entries }: JsonObject): unknown[] => (entries as JsonObject[]).map(({ id }) => id);

describe('board.post', () => {
  it.each([
    ['Data Quality!', 'data-quality'],
    ['a.b_c-d', 'a.b_c-d'],
    ['  Ümlaut & Co  ', 'ümlaut-co'],
  ])('posts under one spelling of a topic: %s', async (topic, slug) => {
    const board = boardOf([]);
    const { ok } = await bench.call('board.post', { topic, payload: { a: 1 } }, { board });
    expect(ok).toBe(true);
    expect(board.posted).toEqual([[slug, { a: 1 }]]);
  });

  it.each([
    ['a topic without a letter', { topic: '!!!', payload: {} }, 400],
    ['a payload of more than 4 KB', { topic: 'a', payload: { text: 'x'.repeat(4096) } }, 413],
    ['more bytes than characters', { topic: 'a', payload: { text: 'é'.repeat(2048) } }, 413],
  ])('refuses %s', async (_, args, status) => {
    const board = boardOf([]);
    const result = await bench.call('board.post', args, { board });
    expect(result).toMatchObject({ ok: false, status });
    expect(board.posted).toEqual([]);
  });

  it.each(['board.post', 'board.read'])('says that there is no board: %s', async (name) => {
    const args = name === 'board.post' ? { topic: 'a', payload: {} } : {};
    expect(await bench.call(name, args)).toMatchObject({ ok: false, status: 503 });
  });
});

describe('board.read', () => {
  it('returns entries with who wrote them and when', async () => {
    expect(await read([noteOf(1)], {})).toEqual({
      entries: [
        {
          ...{ id: 'b1', at: '2026-11-22T08:00:01.000Z', topic: 'finding', worker: 'a' },
          payload: { number: 1 },
        },
      ],
    });
  });

  it('returns those of a topic, however it is spelled', async () => {
    const entries = [noteOf(1), noteOf(2, { topic: 'data-quality' })];
    expect(idsOf(await read(entries, { topic: 'Data Quality' }))).toEqual(['b2']);
  });

  it.each([
    ['an id', 'b2', ['b3', 'b4']],
    ['an id that is still to come', 'b9', []],
    ['a time', '2026-11-22T08:00:03.000Z', ['b4']],
    ['a time before all', '2026-11-22', ['b1', 'b2', 'b3', 'b4']],
  ])('returns what is strictly newer than %s', async (_, since, ids) => {
    expect(
      idsOf(
        await read(
          [1, 2, 3, 4].map((number) => noteOf(number)),
          { since },
        ),
      ),
    ).toEqual(ids);
  });

  it('refuses a since that is neither', async () => {
    const result = await bench.call('board.read', { since: 'x7' }, { board: boardOf([]) });
    expect(result).toMatchObject({ ok: false, status: 400 });
  });

  it('shows the newest entries of a large board, and the rest page by page', async () => {
    const entries = Array.from({ length: 1000 }, (_, index) =>
      noteOf(index + 1, { payload: { text: 'x'.repeat(3000) } }),
    );
    const newest = await read(entries, {});
    expect(idsOf(newest).at(-1)).toBe('b1000');
    expect(newest.left_out).toBe(1000 - idsOf(newest).length);
    expect(JSON.stringify(newest).length).toBeLessThan(30_000);
    expect(idsOf(await read(entries, { since: 'b0' }))[0]).toBe('b1');
  });

  it('hands out every entry once to whoever reads on from the last one that it knows', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sizes, async (chars) => {
        const entries = chars.map((size, index) =>
          noteOf(index + 1, { payload: { text: 'x'.repeat(size) } }),
        );
        const seen: unknown[] = [];
        for (let since = 'b0'; ; since = String(seen.at(-1))) {
          const ids = idsOf(await read(entries, { since }));
          if (ids.length === 0) break;
          seen.push(...ids);
        }
        expect(seen).toEqual(entries.map(({ id }) => id));
      }),
    );
  });
});

describe('digest.fetch', () => {
  const known = 'ab'.repeat(32);
  const digest = (sha: string): JsonObject | undefined =>
    sha === known ? { goal: 'x' } : undefined;

  it.each([
    ['returns a digest', known, { ok: true, status: 200, data: { goal: 'x' } }],
    ['takes capitals for small letters', known.toUpperCase(), { ok: true, status: 200 }],
    ['knows no other one', 'cd'.repeat(32), { ok: false, status: 404 }],
  ])('%s', async (_, sha, result) => {
    expect(await bench.call('digest.fetch', { sha }, { digest })).toMatchObject(result);
  });

  it('says that no digests are made', async () => {
    expect(await bench.call('digest.fetch', { sha: known })).toMatchObject({ status: 503 });
  });
});
