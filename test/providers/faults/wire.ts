import { gzipSync } from 'node:zlib';
import { chunk } from '../../fault-server/answers.ts';
import type { Answer, Exchange } from '../../fault-server/server.ts';

/** What happens to the connection after the bytes: an orderly end, a reset, or nothing at all. */
export type Then = 'end' | 'reset' | 'hold';

/** Bytes on the connection as they are, head and all, and then what is said. */
export function wire(bytes: string | Buffer, then: Then = 'end'): Answer {
  return async ({ response, sleep }) => {
    const { socket } = response;
    if (!socket) return;
    socket.write(bytes);
    if (then === 'hold') return;
    // The bytes are to arrive before the connection goes.
    await sleep(2);
    if (then === 'end') socket.end();
    else socket.resetAndDestroy();
  };
}

/** The head of a good answer, with these lines in place of its length. */
export const head = (...lines: string[]): string =>
  ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');

export const JSON_TYPE = 'content-type: application/json';
export const STREAM_TYPE = 'content-type: text/event-stream';

/** A good answer in one piece. */
export const GOOD_JSON = JSON.stringify({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});

/** A good answer as a stream. */
export const GOOD_STREAM = [
  chunk({ delta: { role: 'assistant', content: 'who' } }),
  chunk({ delta: { content: 'le' } }),
  chunk({ delta: {}, finish_reason: 'stop' }),
  { id: 'c', choices: [], usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 } },
]
  .map((event) => `data: ${JSON.stringify(event)}\n\n`)
  .concat('data: [DONE]\n\n')
  .join('');

/** The good answer that the request asks for, with its type. */
export function good({ request }: Exchange): { type: string; text: string } {
  return request.body.stream
    ? { type: STREAM_TYPE, text: GOOD_STREAM }
    : { type: JSON_TYPE, text: GOOD_JSON };
}

/** The good answer, made into bytes of another kind. */
export function goodAs(make: (answer: { type: string; text: string }) => string | Buffer): Answer {
  return (exchange) => wire(make(good(exchange)))(exchange);
}

/** A body in the chunked form; `whole` says whether it has its end. */
export function chunked(text: string, whole = true): string {
  const length = Buffer.byteLength(text).toString(16);
  return `${length}\r\n${text}\r\n${whole ? '0\r\n\r\n' : ''}`;
}

/** Head and packed body. */
export function packed(type: string, coding: string, body: Buffer): Buffer {
  const fields = [`content-encoding: ${coding}`, `content-length: ${body.length}`];
  return Buffer.concat([Buffer.from(head(type, ...fields, 'connection: close')), body]);
}

/** A few thousand bytes that become 64 MB. */
export function bomb(type: string): Buffer {
  return packed(type, 'gzip', gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')));
}

/** Pieces of the same bytes for ever, as fast as they are taken, until the client goes. */
export function forever(first: string, piece: string): Answer {
  return async ({ response, request, sleep }) => {
    const { socket } = response;
    let over = false;
    void request.over.then(() => {
      over = true;
    });
    socket?.write(first);
    while (!over && socket && !socket.destroyed) {
      if (!socket.write(piece)) await Promise.race([drained(socket), request.over]);
      await sleep(0);
    }
  };
}

function drained(socket: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
  });
}
