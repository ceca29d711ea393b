import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame, FrameReader } from '../../src/sandboxes/frames.ts';

const LIMITS = { bytes: 1000, frames: 20 };
const aFrame = fc.record({
  kind: fc.constantFrom('F', 'N', 'D'),
  name: fc.string({ unit: 'grapheme', maxLength: 20 }),
  payload: fc.uint8Array({ maxLength: 40 }),
});

describe('the channel of a box', () => {
  it('gives the frames that were sent, however their bytes arrive', () => {
    fc.assert(
      fc.property(
        fc.array(aFrame, { maxLength: 8 }),
        fc.integer({ min: 1, max: 30 }),
        (sent, step) => {
          const bytes = Buffer.concat(sent.map(encodeFrame));
          const reader = new FrameReader(LIMITS);
          const got: Frame[] = [];
          for (let at = 0; at < bytes.length; at += step) {
            got.push(...(reader.add(bytes.subarray(at, at + step)) ?? []));
          }
          const plain = (frame: Frame) => ({ ...frame, payload: [...frame.payload] });
          expect(got.map(plain)).toEqual(sent.map(plain));
        },
      ),
    );
  });

  it.for([
    ['a payload that is too large', { kind: 'F', name: 'a', payload: new Uint8Array(1001) }],
    ['a name that is too long', { kind: 'F', name: 'a'.repeat(9000), payload: new Uint8Array() }],
  ] as const)('refuses %s before it has arrived', ([, frame]) => {
    const reader = new FrameReader(LIMITS);
    expect(reader.add(encodeFrame(frame).subarray(0, 9))).toBeUndefined();
  });

  it('refuses more frames than were agreed', () => {
    const note = encodeFrame({ kind: 'N', name: 'x', payload: new Uint8Array() });
    const reader = new FrameReader(LIMITS);
    for (let count = 0; count < 20; count++) expect(reader.add(note)).toHaveLength(1);
    expect(reader.add(note)).toBeUndefined();
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const frames = new FrameReader(LIMITS).add(bytes);
        expect(frames === undefined || frames.length <= 20).toBe(true);
      }),
    );
  });
});
