import { describe, expect, it } from 'vitest';
import { reasoningIn, textsIn } from '../../src/runtime/wire-text.ts';

const STREAM = [
  'data: {"choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Let me "}}]}',
  '',
  'data: {"choices":[{"index":0,"delta":{"reasoning_content":"see."}}]}',
  ': a comment',
  'data: {"choices":[{"index":0,"delta":{"content":"It is "}}]}',
  'data: {"choices":[{"index":0,"delta":{"content":"March."}}]}',
  'data: {"broken',
  'data: [DONE]',
].join('\n');

describe('the texts of an answer on the wire', () => {
  it('are put together from the pieces of a stream', () => {
    const texts = textsIn(STREAM);
    expect(texts.get('choices.0.delta.content')).toBe('It is March.');
    expect(texts.get('choices.0.delta.reasoning_content')).toBe('Let me see.');
  });

  it('are those of one JSON document, over several lines as well', () => {
    expect(textsIn('{\n "message": {"content": "a"}\n}').get('message.content')).toBe('a');
  });

  it('are none of what is no JSON', () => {
    expect(textsIn('<html>busy</html>').size).toBe(0);
  });
});

describe('the reasoning of an answer on the wire', () => {
  it.each([
    ['deltas of a compatible service', STREAM, 'Let me see.'],
    ['a field of a message', '{"choices":[{"message":{"reasoning":"so","content":"x"}}]}', 'so'],
    [
      'events of a thinking block, without its signature',
      [
        'event: content_block_start',
        'data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}',
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}',
        'data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"xyz"}}',
      ].join('\n'),
      'hm',
    ],
    ['lines of JSON', '{"message":{"thinking":"a"}}\n{"message":{"thinking":"b"}}\n', 'ab'],
    [
      'nothing, although there is a reason for its end',
      '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"stop_reason":"end"}',
      '',
    ],
  ])('is found in %s', (_, raw, thought) => {
    expect(reasoningIn(raw).trim()).toBe(thought);
  });
});
