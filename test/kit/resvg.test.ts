import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildKit, KIT_CACHE } from '../../scripts/kit.ts';
import { temporaryFolder } from '../make.ts';
import { decodePng } from './png.ts';

let renderPng: (svg: unknown, options?: { width?: unknown }) => Promise<Uint8Array>;

beforeAll(async () => {
  await buildKit();
  ({ renderPng } = await import(pathToFileURL(join(KIT_CACHE, 'resvg.mjs')).href));
});

const svg = (width: number | string, height: number | string, inside = ''): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
  `width="${width}" height="${height}">${inside}</svg>`;
const RED = '<rect width="100%" height="100%" fill="red"/>';

/** A PNG that says it is of this size and has no pixels for it. */
function hollowPng(side: number): string {
  const chunk = (kind: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 6], 8);
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc(99)))];
  const magic = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([magic, ...parts, chunk('IEND', Buffer.alloc(0))]).toString('base64');
}

const image = (address: string): string => `<image width="10" height="10" href="${address}"/>`;
const uses = (levels: number): string =>
  Array.from({ length: levels }, (_, level) => {
    const one = `<use xlink:href="#g${level}"/>`.repeat(10);
    return `<g id="g${level + 1}">${one}</g>`;
  }).join('');
const entities = Array.from(
  { length: 9 },
  (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`,
).join('');

describe('a PNG of an SVG', () => {
  it.each<[string, string, number | undefined, number, number]>([
    ['twice the size of the drawing', svg(300, 200, RED), undefined, 600, 400],
    ['the width that is asked for', svg(300, 200, RED), 150, 150, 100],
    ['at most 4,096 pixels a side', svg(300, 200, RED), 9000, 4096, 2731],
    ['at most 4,096 pixels a side, also upright', svg(60, 60_000, RED), undefined, 4, 4096],
    [
      'at most 4,096 pixels a side of a canvas of 60,000',
      svg(60_000, 60_000, RED),
      1e6,
      4096,
      4096,
    ],
    [
      'at most 4,096 pixels a side of a canvas without end',
      svg('1e30', '1e30'),
      undefined,
      4096,
      4096,
    ],
  ])('has %s', async (_, text, width, wide, high) => {
    const picture = decodePng(await renderPng(text, width === undefined ? {} : { width }));
    expect([picture.width, picture.height]).toEqual([wide, high]);
    // Large ones are counted nowhere: that takes longer than to draw them.
    if (wide < 1000) expect(picture.count(255, 0, 0)).toBe(wide * high);
  });

  it.each(['Arial', 'sans-serif', 'Times New Roman', 'monospace', 'no such font'])(
    'has letters where the text asks for %s',
    async (family) => {
      const words = (weight: string): string =>
        `<text y="40" font-size="40" font-family="${family}" font-weight="${weight}">äΩЖ</text>`;
      const inked = async (weight: string): Promise<number> =>
        decodePng(await renderPng(svg(120, 60, words(weight)))).count(0, 0, 0);
      const [normal, bold] = [await inked('normal'), await inked('bold')];
      expect(normal).toBeGreaterThan(500);
      expect(bold).toBeGreaterThan(normal * 1.2);
    },
  );

  it('is without pictures from files and addresses', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'red.svg');
    writeFileSync(file, svg(10, 10, RED));
    const addresses = [file, pathToFileURL(file).href, 'red.svg', 'http://127.0.0.1:9/red.png'];
    for (const address of addresses) {
      const picture = decodePng(await renderPng(svg(10, 10, image(address))));
      expect([picture.width, picture.count(255, 0, 0)]).toEqual([20, 0]);
    }
  });

  it('has a picture that is inside of the SVG', async () => {
    const inner = Buffer.from(svg(10, 10, RED)).toString('base64');
    const text = svg(10, 10, image(`data:image/svg+xml;base64,${inner}`));
    expect(decodePng(await renderPng(text)).count(255, 0, 0)).toBe(400);
  });

  it.each<[string, string, RegExp]>([
    ['what is no SVG', 'text', /unknown token/],
    ['no size', svg(0, 0), /invalid size/],
    ['a size beyond numbers', svg('1e300', 1), /invalid size/],
    [
      'a drawing that is used ten to the ninth times',
      svg(9, 9, `<g id="g0">${RED}</g>${uses(9)}`),
      /limit/,
    ],
    ['groups in groups', svg(9, 9, '<g>'.repeat(99_999) + '</g>'.repeat(99_999)), /limit/],
    [
      'entities in entities',
      `<!DOCTYPE a [<!ENTITY e0 "e">${entities}]>${svg(9, 9, '<text>&e9;</text>')}`,
      /entity/,
    ],
    [
      'an entity from a file',
      `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>${svg(9, 9, '<text>&e;</text>')}`,
      /entity/,
    ],
  ])('is refused for %s', async (_, text, message) => {
    await expect(renderPng(text)).rejects.toThrow(message);
    expect((await renderPng(svg(1, 1, RED))).length).toBeGreaterThan(50);
  });

  it('is drawn again after one that broke the renderer', async () => {
    const bomb = svg(10, 10, image(`data:image/png;base64,${hollowPng(30_000)}`));
    const before = await renderPng(svg(20, 20, RED));
    for (const _ of [1, 2]) {
      const error: { cause?: object } = await renderPng(bomb).then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      expect(error.cause?.constructor.name).toBe('RuntimeError');
    }
    expect(await renderPng(svg(20, 20, RED))).toEqual(before);
  });

  it.each([
    [{ width: 0 }, 'the width of a PNG is a number of pixels from 1 up'],
    [{ width: Number.NaN }, 'the width of a PNG is a number of pixels from 1 up'],
    [{ width: '100' }, 'the width of a PNG is a number of pixels from 1 up'],
  ])('is refused for %j', async (options, message) => {
    await expect(renderPng(svg(1, 1), options)).rejects.toThrow(message);
  });

  it('is refused for bytes, and for a text that is too long', async () => {
    await expect(renderPng(new Uint8Array(3))).rejects.toThrow('the SVG is no text');
    await expect(renderPng(' '.repeat(2 ** 24 + 1))).rejects.toThrow('at most 16777216 characters');
  });
});
