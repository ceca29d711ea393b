import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextCapture } from '../../src/sandboxes/text-capture.ts';

const capture = (limit: number, ...pieces: (string | Uint8Array)[]): string => {
  const text = new TextCapture(limit);
  for (const piece of pieces) text.add(typeof piece === 'string' ? Buffer.from(piece) : piece);
  return text.end();
};

describe('what is kept of an endless text', () => {
  it('is all of a short one, however it is cut into pieces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), fc.nat(80), (text, at) => {
        const bytes = Buffer.from(text);
        expect(capture(200, bytes.subarray(0, at), bytes.subarray(at))).toBe(text);
      }),
    );
  });

  it('is the beginning and the end of a long one, with the number of what is left out', () => {
    expect(capture(10, 'abcdefghij', 'klmnopqrstuvwxyz')).toBe(
      'abcde\n[... 16 characters left out ...]\nvwxyz',
    );
    const long = capture(10, ...Array.from({ length: 40 }, () => 'x'.repeat(10_000)), 'end');
    expect(long).toBe('xxxxx\n[... 399,993 characters left out ...]\nxxend');
  });

  it('holds a mark for bytes that are no text', () => {
    expect(capture(20, Uint8Array.of(0x61, 0xff, 0x62), Uint8Array.of(0xe2))).toBe(
      'a\ufffdb\ufffd',
    );
  });
});
