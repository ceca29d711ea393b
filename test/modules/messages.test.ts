import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { encodeMessage, MessageReader } from '../../src/modules/messages.ts';

describe('messages between processes', () => {
  it('arrive whole, however their bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 40 }), (texts, size) => {
        const sent: JsonObject[] = texts.map((text, id) => ({ id, text }));
        const bytes = Buffer.concat(sent.map(encodeMessage));
        const reader = new MessageReader();
        const got: (JsonObject | undefined)[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          got.push(...(reader.add(bytes.subarray(at, at + size)) ?? [undefined]));
        }
        expect(got).toEqual(sent);
      }),
    );
  });

  it.each<[string, Uint8Array]>([
    ['too long', Buffer.from([255, 0, 0, 0])],
    ['no JSON', Buffer.from('\0\0\0\u0003abc')],
    ['no object', Buffer.from('\0\0\0\u0002[]')],
    ['nested without end', encodeRaw(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`)],
  ])('one that is %s is refused', (_, bytes) => {
    expect(new MessageReader().add(bytes)).toBeUndefined();
  });
});

function encodeRaw(text: string): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(text.length);
  return Buffer.concat([head, Buffer.from(text)]);
}
