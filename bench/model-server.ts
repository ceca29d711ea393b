/**
 * A service of the usual form on loopback, in a process of its own: `node bench/model-server.ts MS`
 * answers each question after MS milliseconds, in one piece or as a hundred pieces, one a turn of
 * its event loop. Prints its address; lives until its stdin ends.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PIECES = 100;
const PIECE = 'a word, '.repeat(2);
const USAGE = { prompt_tokens: 400, completion_tokens: 400, total_tokens: 800 };

const whole = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: PIECE.repeat(PIECES) },
      finish_reason: 'stop',
    },
  ],
  usage: USAGE,
});
const event = (choices: object[], more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices, ...more })}\n\n`;
const piece = event([{ index: 0, delta: { content: PIECE } }]);
const end = `${event([{ index: 0, delta: {}, finish_reason: 'stop' }])}${event([], { usage: USAGE })}data: [DONE]\n\n`;

function answer(response: ServerResponse, stream: boolean): void {
  if (!stream) {
    const head = { 'content-type': 'application/json', 'content-length': whole.length };
    response.writeHead(200, head).end(whole);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const next = (): void => {
    if (sent++ === PIECES) {
      response.end(end);
      return;
    }
    response.write(piece);
    setImmediate(next);
  };
  next();
}

const delay = Number(process.argv[2] ?? 0);
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (text) => {
    body += text;
  });
  request.on('end', () => {
    const stream = body.includes('"stream":true');
    if (delay === 0) answer(response, stream);
    else setTimeout(() => answer(response, stream), delay);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 }, () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1\n`);
});
process.stdin.resume();
process.stdin.on('end', () => {
  server.closeAllConnections();
  server.close();
});
