import { describe, expect, it } from 'vitest';
import { pngSize, svgSize } from '../../../src/tools/chart/picture.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const head = Buffer.from('89504e470d0a1a0a0000000d4948445200000140000000f0', 'hex');

describe('the size of a picture', () => {
  it('stands in the head of a PNG, wherever it lies in memory', () => {
    expect(pngSize(head)).toEqual({ width: 320, height: 240 });
    expect(pngSize(Buffer.concat([Buffer.from('xyz'), head]).subarray(3))).toEqual({
      ...{ width: 320, height: 240 },
    });
  });

  it.each([
    ['<svg xmlns="x" width="12.5" height="7">', { width: 12.5, height: 7 }],
    [
      '<?xml version="1.0"?>\n<svg class="a" width="10" height="20" viewBox="0 0 1 1"/>',
      { width: 10, height: 20 },
    ],
    ['<svg viewBox="0 0 1 1">', undefined],
    ['<svg data-width="1" data-height="2">', undefined],
    ['<html>', undefined],
    ['', undefined],
  ])('stands in the first tag of an SVG: %s', (text, size) => {
    expect(svgSize(bytes(text))).toEqual(size);
  });

  it.each([['', '89504e47', 'GIF89a and so on, which is long enough to be looked at']])(
    'is unknown for what is no PNG',
    (text) => {
      expect(pngSize(bytes(text))).toBeUndefined();
    },
  );
});
