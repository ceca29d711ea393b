import { gzipSync } from 'node:zlib';
import {
  apiError,
  chunk,
  echoKey,
  errorInside,
  lines,
  raw,
  redirect,
  say,
  silentHead,
  silentStream,
  status,
} from '../../fault-server/answers.ts';
import type { Answer } from '../../fault-server/server.ts';
import {
  bomb,
  chunked,
  forever,
  GOOD_JSON,
  GOOD_STREAM,
  goodAs,
  head,
  JSON_TYPE,
  packed,
  STREAM_TYPE,
  wire,
} from './wire.ts';

/** What a failed call is charged: nothing, the reservation since nobody knows, or what was said. */
export type Charged = 'nothing' | 'reserved' | { input: number; output: number };

/** One fault, and all that is to come of it. */
export interface Fault {
  name: string;
  answer: Answer;
  /** Left out: the answer is whole and counts. */
  code?: string;
  message?: RegExp;
  /** Requests in all when the service never does better. */
  attempts: 1 | 5;
  charged: Charged;
  /** Only asked for in this way; left out: both ways. */
  only?: 'stream' | 'one piece';
  /** Says nothing more after the request came in: the time has to pass. */
  silent?: true;
}

const half = chunk({ delta: { content: 'half' } });
const stop = chunk({ delta: {}, finish_reason: 'stop' });
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const usage = { prompt_tokens: 10, completion_tokens: 2 };
const SAID = { input: 10, output: 2 };

/** No success, by status: what it becomes, whether it is tried again, and what is charged. */
const STATUSES: readonly (readonly [number, string, 1 | 5, Charged])[] = [
  [300, 'model/redirected', 1, 'nothing'],
  [400, 'model/bad-request', 1, 'nothing'],
  [401, 'model/auth', 1, 'nothing'],
  [402, 'model/payment', 1, 'nothing'],
  [403, 'model/auth', 1, 'nothing'],
  [404, 'model/unknown', 1, 'nothing'],
  [405, 'model/bad-request', 1, 'nothing'],
  [408, 'model/timeout', 5, 'reserved'],
  [409, 'model/overloaded', 5, 'nothing'],
  [410, 'model/unknown', 1, 'nothing'],
  [413, 'model/bad-request', 1, 'nothing'],
  [415, 'model/bad-request', 1, 'nothing'],
  [422, 'model/bad-request', 1, 'nothing'],
  [425, 'model/overloaded', 5, 'nothing'],
  [429, 'model/rate-limited', 5, 'nothing'],
  [451, 'model/bad-request', 1, 'nothing'],
  [498, 'model/overloaded', 5, 'nothing'],
  [500, 'model/server-error', 5, 'reserved'],
  [501, 'model/server-error', 5, 'nothing'],
  [502, 'model/server-error', 5, 'reserved'],
  [503, 'model/overloaded', 5, 'nothing'],
  [504, 'model/timeout', 5, 'reserved'],
  [524, 'model/server-error', 5, 'nothing'],
  [529, 'model/overloaded', 5, 'nothing'],
];

const byStatus: Fault[] = STATUSES.map(([number, code, attempts, charged]) => ({
  name: `status ${number}`,
  answer: apiError(number, 'because'),
  ...{ code, attempts, charged },
  message: new RegExp(`status ${number}: because`),
}));

const refused: Fault[] = [
  {
    name: 'a refused key that is echoed',
    answer: echoKey(),
    ...{ code: 'model/auth', attempts: 1, charged: 'nothing' },
  },
  {
    name: 'a used-up account that calls itself a rate limit',
    answer: status(429, { error: { message: 'no quota', code: 'insufficient_quota' } }),
    ...{ code: 'model/payment', attempts: 1, charged: 'nothing' },
  },
  {
    name: 'a page of a proxy with status 502',
    answer: status(502, '<html><h1>Bad Gateway</h1></html>'),
    message: /status 502: Bad Gateway$/,
    ...{ code: 'model/server-error', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'an error of 50 MB',
    answer: forever(head(JSON_TYPE).replace('200 OK', '500 No'), 'x'.repeat(1 << 20)),
    ...{ code: 'model/server-error', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'an error whose body is cut off',
    answer: wire(
      `${head(JSON_TYPE, 'content-length: 900').replace('200 OK', '500 No')}{"error":`,
      'reset',
    ),
    message: /status 500/,
    ...{ code: 'model/server-error', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a refused key in an alphabet of its own',
    answer: wire(
      Buffer.from(`${head('connection: close').replace('200 OK', '401 No')}cl\u00e9`, 'latin1'),
    ),
    message: /status 401: cl/,
    ...{ code: 'model/auth', attempts: 1, charged: 'nothing' },
  },
  {
    name: 'a refused key whose body is cut off',
    answer: wire(
      `${head(JSON_TYPE, 'content-length: 900').replace('200 OK', '401 No')}{"error":`,
      'reset',
    ),
    message: /status 401/,
    ...{ code: 'model/auth', attempts: 1, charged: 'nothing' },
  },
  {
    name: 'a refused key whose body is packed in an unknown way',
    answer: wire(
      `${head('content-encoding: lzma', 'content-length: 1').replace('200 OK', '401 No')}x`,
    ),
    message: /status 401/,
    ...{ code: 'model/auth', attempts: 1, charged: 'nothing' },
  },
  ...['', 'no credi'].map(
    (start): Fault => ({
      name: `an empty account that falls silent after '${start}'`,
      answer: wire(`${head('content-length: 900').replace('200 OK', '402 No')}${start}`, 'hold'),
      message: new RegExp(`status 402(: ${start})?$`),
      ...{ code: 'model/payment', attempts: 1, charged: 'nothing', silent: true },
    }),
  ),
  {
    name: 'a redirect to another host',
    answer: redirect('http://elsewhere.test/v1/chat/completions'),
    ...{ code: 'model/redirected', attempts: 1, charged: 'nothing' },
  },
];

const broken: Fault[] = [
  ...(['end', 'reset'] as const).flatMap((then): Fault[] => [
    {
      name: `nothing, and the connection is gone (${then})`,
      answer: wire('', then),
      ...{ code: 'model/unreachable', attempts: 5, charged: 'reserved' },
    },
    {
      name: `half a status line (${then})`,
      answer: wire('HTTP/1.', then),
      ...{ code: 'model/unreachable', attempts: 5, charged: 'reserved' },
    },
    {
      name: `half a head (${then})`,
      answer: wire('HTTP/1.1 200 OK\r\ncontent-ty', then),
      ...{ code: 'model/unreachable', attempts: 5, charged: 'reserved' },
    },
    {
      name: `a head and no body (${then})`,
      answer: goodAs(({ type }) => head(type, 'content-length: 500')),
      ...{ code: 'model/truncated', attempts: 5, charged: 'reserved' },
    },
    {
      name: `half of a body of known length (${then})`,
      answer: (exchange) =>
        wire(`${head(JSON_TYPE, 'content-length: 500')}${GOOD_JSON.slice(0, 40)}`, then)(exchange),
      ...{ code: 'model/truncated', attempts: 5, charged: 'reserved' },
    },
    {
      name: `a chunked body without its end (${then})`,
      answer: (exchange) =>
        wire(
          head(JSON_TYPE, 'transfer-encoding: chunked') + chunked(GOOD_JSON, false),
          then,
        )(exchange),
      ...{ code: 'model/truncated', attempts: 5, charged: 'reserved' },
    },
    {
      name: `a stream that breaks after half an answer (${then})`,
      answer: wire(
        head(STREAM_TYPE, 'transfer-encoding: chunked') +
          chunked(`data: ${JSON.stringify(half)}\n\n`, false),
        then,
      ),
      ...{ code: 'model/truncated', attempts: 5, charged: 'reserved', only: 'stream' },
    },
  ]),
  {
    name: 'an old answer whose end is that of the connection, too early',
    answer: wire(`HTTP/1.0 200 OK\r\n${JSON_TYPE}\r\n\r\n${GOOD_JSON.slice(0, 60)}`),
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'an old stream whose end is that of the connection, too early',
    answer: wire(`HTTP/1.0 200 OK\r\n${STREAM_TYPE}\r\n\r\ndata: ${JSON.stringify(half)}\n\n`),
    ...{ code: 'model/truncated', attempts: 5, charged: 'reserved', only: 'stream' },
  },
  {
    name: 'something that is no HTTP',
    answer: wire('SSH-2.0-OpenSSH_9.9\r\n'),
    message: /no proper HTTP/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a status that is none',
    answer: wire('HTTP/1.1 777 Jackpot\r\ncontent-length: 0\r\n\r\n'),
    message: /status 777/,
    ...{ code: 'model/unreachable', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'another protocol in place of an answer',
    answer: wire('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ...{ code: 'model/unreachable', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'headers without end',
    answer: forever('HTTP/1.1 200 OK\r\n', `x-a: ${'x'.repeat(1000)}\r\n`),
    message: /no proper HTTP/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'two lengths',
    answer: wire(head(JSON_TYPE, 'content-length: 5', 'content-length: 9')),
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a length that is none',
    answer: wire(head(JSON_TYPE, 'content-length: -5')),
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a chunk whose length is none',
    answer: wire(`${head(JSON_TYPE, 'transfer-encoding: chunked')}zz\r\n{}\r\n`),
    ...{ code: 'model/truncated', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a header that holds a zero byte',
    answer: wire(head('x-a: a\0b', 'content-length: 0')),
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a packed answer that is broken',
    answer: goodAs(({ type }) => packed(type, 'gzip', Buffer.from('no gzip at all'))),
    message: /compressed answer that is broken/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a packed answer that is cut off',
    answer: goodAs(({ type, text }) => packed(type, 'gzip', gzipSync(text).subarray(0, 40))),
    ...{ code: 'model/truncated', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'an answer packed in an unknown way',
    answer: goodAs(({ type, text }) => packed(type, 'lzma', Buffer.from(text))),
    message: /cannot be read: lzma/,
    ...{ code: 'model/unreachable', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'a few kilobytes that become 64 MB',
    answer: goodAs(({ type }) => bomb(type)),
    message: /more than 8,388,608 bytes/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'an answer without end',
    answer: forever(head(JSON_TYPE), 'x'.repeat(1 << 20)),
    message: /more than 8,388,608 bytes/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'comments without end',
    answer: forever(head(STREAM_TYPE), ': still there\n\n'.repeat(10_000)),
    message: /more than 8,388,608 bytes/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved', only: 'stream' },
  },
  {
    name: 'one line without end',
    answer: forever(`${head(STREAM_TYPE)}data: `, 'x'.repeat(1 << 20)),
    message: /more than 8,388,608 bytes/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved', only: 'stream' },
  },
];

const silent: Fault[] = [
  {
    name: 'silence',
    answer: silentHead(),
    message: /did not begin to answer within 300 s/,
  },
  {
    name: 'a head, then silence',
    answer: silentStream(),
    message: /did not begin to answer within 300 s/,
  },
  {
    name: 'a head that never ends',
    answer: wire('HTTP/1.1 200 OK\r\nx-a: ', 'hold'),
    message: /did not begin to answer within 300 s/,
  },
  {
    name: 'a promise to go on, and silence',
    answer: wire('HTTP/1.1 100 Continue\r\n\r\n', 'hold'),
    message: /did not begin to answer within 300 s/,
  },
  {
    name: 'half an answer in one piece, then silence',
    answer: wire(`${head(JSON_TYPE, 'content-length: 500')}{"choices"`, 'hold'),
    message: /fell silent for 30 s in mid-answer/,
    only: 'one piece' as const,
  },
  {
    name: 'half a stream, then silence',
    answer: silentStream('half'),
    message: /fell silent for 30 s in mid-answer/,
    only: 'stream' as const,
  },
].map((fault) => ({
  ...{ code: 'model/timeout', attempts: 5, charged: 'reserved', silent: true },
  ...fault,
}));

const noAnswer: Fault[] = [
  ...[
    ['no body', ''],
    ['nothing', 'null'],
    ['a number', '5'],
    ['a text', '"whole"'],
    ['a list', '[]'],
    ['JSON of something else', '{"hello":"world"}'],
    ['no choices', '{"choices":[]}'],
    ['choices that are nothing', '{"choices":null}'],
    ['choices that are a text', '{"choices":"many"}'],
    ['a choice that is nothing', '{"choices":[null]}'],
    ['a choice without a message', '{"choices":[{"index":0,"finish_reason":"stop"}]}'],
    ['a message that is nothing', '{"choices":[{"message":null,"finish_reason":"stop"}]}'],
    ['JSON that breaks off', GOOD_JSON.slice(0, -20)],
    ['two answers', GOOD_JSON + GOOD_JSON],
    ['JSON in a language of its own', "{'choices': None}"],
    ['a nest of a hundred thousand levels', `{"choices":${deep}}`],
  ].map(
    ([name = '', body = '']): Fault => ({
      name,
      answer: raw(body),
      ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
    }),
  ),
  {
    name: 'an empty answer',
    answer: say({ text: '', usage }),
    ...{ code: 'model/bad-answer', attempts: 5, charged: SAID },
  },
  {
    name: 'a blank answer',
    answer: say({ text: ' \n\t ', usage }),
    ...{ code: 'model/bad-answer', attempts: 5, charged: SAID },
  },
  {
    name: 'an answer that grew too long',
    answer: say({ text: 'half', finish: 'length', usage }),
    ...{ code: 'model/truncated', attempts: 5, charged: SAID },
  },
  {
    name: 'an answer that a filter stopped',
    answer: say({ text: 'half', finish: 'content_filter', usage }),
    ...{ code: 'model/refused', attempts: 5, charged: SAID },
  },
  {
    name: 'an end that nobody knows',
    answer: say({ text: 'half', finish: 'gave_up', usage }),
    ...{ code: 'model/bad-answer', attempts: 5, charged: SAID },
  },
  {
    name: 'a page of a portal',
    answer: raw('<html><body>Welcome to the hotel</body></html>', 'text/html'),
    message: /web page in place of an answer: Welcome to the hotel/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'no content at all',
    answer: status(204),
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  {
    name: 'text that is not UTF-8',
    answer: goodAs(({ type, text }) =>
      Buffer.concat([
        Buffer.from(head(type, 'connection: close')),
        Buffer.from(text.replaceAll('who', 'w\u00f8o'), 'latin1'),
      ]),
    ),
    message: /not UTF-8/,
    ...{ code: 'model/bad-answer', attempts: 5, charged: 'reserved' },
  },
  ...(
    [
      ['with a status', { message: 'busy', code: 529 }, 'model/overloaded', 5],
      ['that is a rate limit', { message: 'slow', code: 429 }, 'model/rate-limited', 5],
      ['that is about the key', { message: 'no', type: 'authentication_error' }, 'model/auth', 1],
      ['that is about the request', { message: 'no', code: 400 }, 'model/bad-request', 1],
      ['that is a text', 'it went wrong', 'model/truncated', 5],
      ['that says nothing', {}, 'model/truncated', 5],
    ] as const
  ).map(
    ([name, error, code, attempts]): Fault => ({
      name: `an error ${name} in place of an answer`,
      answer: errorInside(error),
      ...{ code, attempts, charged: 'reserved' },
    }),
  ),
];

const badStreams: Fault[] = (
  [
    ['nothing in it', lines(), 'model/truncated'],
    ['only its end mark', lines('[DONE]'), 'model/truncated'],
    ['no end mark', lines(half), 'model/truncated'],
    ['the mark of the API, but none of the answer', lines(half, '[DONE]'), 'model/truncated'],
    [
      'an error in its middle',
      lines(half, { error: { message: 'x', code: 500 } }, stop),
      'model/server-error',
    ],
    ['a broken line in its middle', lines(half, '{"choices":[{"del', stop), 'model/bad-answer'],
    ['a line of another shape', lines(half, { choices: 'many' }, stop), 'model/bad-answer'],
    ['a line that is a number', lines(half, '7', stop), 'model/bad-answer'],
    ['a nest in its middle', lines(half, `{"choices":${deep}}`, stop), 'model/bad-answer'],
    ['half a tool call', lines(halfCall()), 'model/truncated'],
    ['an answer in one piece', raw(GOOD_JSON), 'model/bad-answer'],
    ['the type of JSON and no JSON', raw(`data: ${JSON.stringify(half)}\n\n`), 'model/bad-answer'],
  ] as const
).map(([name, answer, code]) => ({
  name: `a stream with ${name}`,
  ...{ answer, code, attempts: 5, charged: 'reserved', only: 'stream' },
}));

function halfCall(): object {
  return chunk({
    delta: { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"a":' } }] },
  });
}

/** Odd, but whole: it counts, and its usage is what was said, or the reservation when that is none. */
const odd: Fault[] = [
  ...[
    ['missing', null],
    ['negative', { prompt_tokens: -5, completion_tokens: 3 }],
    ['huge', { prompt_tokens: 1e15, completion_tokens: 3 }],
    ['in words', { prompt_tokens: 'ten', completion_tokens: 3 }],
    ['in texts', { prompt_tokens: '10', completion_tokens: '2' }],
    ['in fractions', { prompt_tokens: 1.5, completion_tokens: 3 }],
    ['a list', [1, 2]],
    ['zero', { prompt_tokens: 0, completion_tokens: 0 }],
  ].map(
    ([name, figures]): Fault => ({
      name: `usage that is ${name}`,
      answer: say({ text: 'whole', usage: figures }),
      ...{ attempts: 1, charged: 'reserved' },
    }),
  ),
  {
    name: 'another kind of answer on the way',
    answer: goodAs(
      ({ type, text }) =>
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${head(type, 'connection: close', `content-length: ${Buffer.byteLength(text)}`)}${text}`,
    ),
    ...{ attempts: 1, charged: SAID },
  },
  {
    name: 'an old answer that ends with its connection',
    answer: goodAs(({ type, text }) => `HTTP/1.0 200 OK\r\n${type}\r\n\r\n${text}`),
    ...{ attempts: 1, charged: SAID },
  },
  {
    name: 'a packed answer',
    answer: goodAs(({ type, text }) => packed(type, 'gzip', gzipSync(text))),
    ...{ attempts: 1, charged: SAID },
  },
  {
    name: 'a mark of the order of bytes before the JSON',
    answer: raw(`\ufeff${GOOD_JSON}`),
    ...{ attempts: 1, charged: SAID, only: 'one piece' },
  },
  {
    name: 'the type of a text for JSON',
    answer: raw(GOOD_JSON, 'text/plain'),
    ...{ attempts: 1, charged: SAID, only: 'one piece' },
  },
  {
    name: 'no end reason in whole JSON',
    answer: say({ text: 'whole', finish: null, usage }),
    ...{ attempts: 1, charged: SAID, only: 'one piece' },
  },
  {
    name: 'a stream that stays open behind its end mark',
    answer: wire(head(STREAM_TYPE) + GOOD_STREAM, 'hold'),
    ...{ attempts: 1, charged: SAID, only: 'stream', silent: true },
  },
  {
    name: 'a stream that breaks behind its end mark',
    answer: wire(head(STREAM_TYPE, 'transfer-encoding: chunked') + chunked(GOOD_STREAM, false)),
    ...{ attempts: 1, charged: SAID, only: 'stream' },
  },
  {
    name: 'a stream of single letters and comments',
    answer: (exchange) =>
      wire(
        `${head(STREAM_TYPE, 'connection: close')}: hello\n\n${[...'whole']
          .map((letter) => `data: ${JSON.stringify(chunk({ delta: { content: letter } }))}\n\n: \n`)
          .join(
            '',
          )}data: ${JSON.stringify(stop)}\r\n\r\ndata: ${JSON.stringify({ choices: [], usage })}\n\n`,
      )(exchange),
    ...{ attempts: 1, charged: SAID, only: 'stream' },
  },
];

/** Every fault. */
export const FAULTS: readonly Fault[] = [
  ...byStatus,
  ...refused,
  ...broken,
  ...silent,
  ...noAnswer,
  ...badStreams,
  ...odd,
] as Fault[];
