import type { Answer, Exchange } from './server.ts';

/** A tool call on the wire: `arguments` may be broken on purpose. */
export interface WireCall {
  id?: string;
  name: string;
  arguments: string | object;
}

/** An ordinary answer, or one with odd parts. */
export interface AnswerParts {
  text?: string;
  toolCalls?: readonly WireCall[];
  /** Default `stop`, or `tool_calls` when there are some; null leaves it out. */
  finish?: string | null;
  /** Default: estimated at four characters a token; null leaves it out; anything else goes as is. */
  usage?: unknown;
  /** Default: the model that was asked for. */
  model?: string;
  /** Before the head of the answer is sent, in milliseconds. */
  delayMs?: number;
  /** Streams cut the text into pieces of this many characters. Default 8. */
  pieceLength?: number;
  /** Between the pieces of a stream, in milliseconds. */
  pauseMs?: number;
}

/** An ordinary answer: JSON or a stream, as the request asks. */
export function say(parts: string | AnswerParts): Answer {
  const answer = typeof parts === 'string' ? { text: parts } : parts;
  return async (exchange) => {
    if (answer.delayMs) await exchange.sleep(answer.delayMs);
    if (exchange.request.body.stream) await stream(exchange, answer);
    else sendJson(exchange, completion(exchange, answer));
    if (!exchange.response.destroyed) count(exchange, usageOf(exchange, answer));
  };
}

/** A status with a body, and headers such as Retry-After. */
export function status(
  code: number,
  body: unknown = '',
  headers: Record<string, string> = {},
): Answer {
  return ({ response }) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/html' : 'application/json';
    response.writeHead(code, { 'content-type': type, ...headers }).end(text);
  };
}

/** An error as OpenAI shapes it. */
export function apiError(code: number, message: string, headers: Record<string, string> = {}) {
  return status(code, { error: { message, type: 'error', code: null } }, headers);
}

/** Refuses the key and echoes it, in every spelling. */
export function echoKey(): Answer {
  return (exchange) => {
    const sent = String(exchange.request.headers.authorization ?? '').replace('Bearer ', '');
    const bytes = Buffer.from(sent);
    const spellings = [
      sent,
      encodeURIComponent(sent),
      bytes.toString('hex').replace(/../g, '%$&'),
      bytes.toString('hex').toUpperCase(),
      bytes.toString('base64'),
      Buffer.from(`Bearer ${sent}`).toString('base64url'),
    ];
    return apiError(401, `wrong key: ${spellings.join(' | ')}`)(exchange);
  };
}

/** Sends the client elsewhere. */
export function redirect(to: string): Answer {
  return status(307, '', { location: to });
}

/** 200 with an error inside and no answer. */
export function errorInside(error: unknown): Answer {
  return ({ response }) => {
    response.writeHead(200, JSON_HEAD).end(JSON.stringify({ error }));
  };
}

/** Any body with status 200: a proxy's page, broken JSON, a shape of its own. */
export function raw(body: string, type = 'application/json'): Answer {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': type }).end(body);
  };
}

/** Takes the question and never says a word. */
export function silentHead(): Answer {
  return () => {};
}

/** Sends the head, and a piece of text if there is one, then says nothing more. */
export function silentStream(text = ''): Answer {
  return (exchange) => {
    exchange.response.writeHead(200, headFor(exchange)).flushHeaders();
    if (text) exchange.response.write(event({ delta: { content: text } }));
  };
}

/** A stream of `count` pieces, `everyMs` apart, and a proper end. */
export function drip(count: number, everyMs: number): Answer {
  return say({ text: '.'.repeat(count), pieceLength: 1, pauseMs: everyMs });
}

/** Pieces without end, as fast as the client takes them. */
export function endless(): Answer {
  return async ({ response, request, sleep }) => {
    let over = false;
    void request.over.then(() => {
      over = true;
    });
    response.writeHead(200, STREAM_HEAD);
    const piece = event({ delta: { content: 'x'.repeat(16_384) } });
    while (!over) {
      if (!response.write(piece)) await Promise.race([drained(response), request.over]);
      await sleep(0);
    }
  };
}

/** A JSON answer whose text has this many bytes. */
export function huge(bytes: number): Answer {
  return say({ text: 'x'.repeat(bytes), usage: null });
}

/** Cuts the connection in mid-answer. */
export function cut(text = 'half an ans'): Answer {
  return async (exchange) => {
    const { response, request, sleep } = exchange;
    response.writeHead(200, headFor(exchange));
    response.write(
      request.body.stream ? event({ delta: { content: text } }) : '{"choices":[{"message":{',
    );
    await sleep(5);
    response.destroy();
  };
}

/** A stream of these data lines, as they are, and nothing else. */
export function lines(...data: (string | object)[]): Answer {
  return ({ response }) => {
    response.writeHead(200, STREAM_HEAD);
    for (const line of data) {
      response.write(`data: ${typeof line === 'string' ? line : JSON.stringify(line)}\n\n`);
    }
    response.end();
  };
}

/** A data line of a stream. */
export function chunk(choice: object, more: object = {}): object {
  return { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }], ...more };
}

const JSON_HEAD = { 'content-type': 'application/json' };
const STREAM_HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

function headFor({ request }: Exchange): Record<string, string> {
  return request.body.stream ? STREAM_HEAD : JSON_HEAD;
}

function event(choice: object): string {
  return `data: ${JSON.stringify(chunk(choice))}\n\n`;
}

function drained(response: Exchange['response']): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
  });
}

function sendJson({ response }: Exchange, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { ...JSON_HEAD, 'content-length': Buffer.byteLength(text) }).end(text);
}

function completion(exchange: Exchange, answer: AnswerParts): object {
  const usage = usageOf(exchange, answer);
  const finish = finishOf(answer);
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: answer.model ?? exchange.request.body.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.text ?? null,
          ...(answer.toolCalls ? { tool_calls: answer.toolCalls.map(wireCall) } : {}),
        },
        ...(finish === null ? {} : { finish_reason: finish }),
      },
    ],
    ...(usage === null ? {} : { usage }),
  };
}

async function stream(exchange: Exchange, answer: AnswerParts): Promise<void> {
  const { response, request, sleep } = exchange;
  const model = answer.model ?? request.body.model;
  const write = (choice: object, more: object = {}) =>
    response.write(`data: ${JSON.stringify(chunk(choice, { model, ...more }))}\n\n`);
  response.writeHead(200, STREAM_HEAD);
  write({ delta: { role: 'assistant', content: '' } });
  for (const piece of piecesOf(answer)) {
    write({ delta: { content: piece } });
    if (answer.pauseMs) await sleep(answer.pauseMs);
    if (response.destroyed) return;
  }
  for (const [index, call] of (answer.toolCalls ?? []).entries()) {
    const { id, function: wanted } = wireCall(call, index);
    const half = Math.floor(wanted.arguments.length / 2);
    const [head, tail] = [wanted.arguments.slice(0, half), wanted.arguments.slice(half)];
    const start = { index, id, type: 'function', function: { ...wanted, arguments: head } };
    write({ delta: { tool_calls: [start] } });
    write({ delta: { tool_calls: [{ index, function: { arguments: tail } }] } });
  }
  const finish = finishOf(answer);
  if (finish !== null) write({ delta: {}, finish_reason: finish });
  const usage = usageOf(exchange, answer);
  if (usage !== null) {
    response.write(`data: ${JSON.stringify({ id: 'c', model, choices: [], usage })}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}

function piecesOf({ text = '', pieceLength = 8 }: AnswerParts): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; from += pieceLength) {
    pieces.push(text.slice(from, from + pieceLength));
  }
  return pieces;
}

function finishOf({ finish, toolCalls }: AnswerParts): string | null {
  return finish === undefined ? (toolCalls ? 'tool_calls' : 'stop') : finish;
}

function wireCall({ id, name, arguments: args }: WireCall, index: number) {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  return { id: id ?? `call_${index}`, type: 'function', function: { name, arguments: text } };
}

function usageOf({ request }: Exchange, { usage, text = '', toolCalls }: AnswerParts): unknown {
  if (usage !== undefined) return usage;
  const asked = JSON.stringify(request.body.messages).length;
  const said = text.length + (toolCalls ? JSON.stringify(toolCalls).length : 0);
  const [input, output] = [Math.ceil(asked / 4), Math.max(1, Math.ceil(said / 4))];
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function count({ request }: Exchange, usage: unknown): void {
  const figures = (usage ?? {}) as { prompt_tokens?: unknown; completion_tokens?: unknown };
  request.served.input = Number(figures.prompt_tokens ?? 0) || 0;
  request.served.output = Number(figures.completion_tokens ?? 0) || 0;
}
