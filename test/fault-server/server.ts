import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { say } from './answers.ts';

/** One question that the server got. */
export interface RecordedRequest {
  /** From 0. */
  index: number;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON body; its text when it is no JSON. */
  body: ChatBody;
  /** Milliseconds since 1970. */
  at: number;
  /** Tokens of an answer that was sent to its end, as its usage said. */
  served: { input: number; output: number };
  /** Resolves when the exchange is over: whole, or with the connection cut by either side. */
  over: Promise<'whole' | 'cut'>;
}

/** The parts of a chat completion request that tests look at. */
export interface ChatBody {
  model: string;
  stream?: boolean;
  max_tokens?: number;
  temperature?: number;
  messages: {
    role: string;
    content: string | null;
    tool_calls?: { id: string; function: { name: string; arguments: string } }[];
    tool_call_id?: string;
  }[];
  tools?: { function: { name: string; description: string; parameters: unknown } }[];
  tool_choice?: string;
  [field: string]: unknown;
}

/** What an answer works with. */
export interface Exchange {
  request: RecordedRequest;
  response: ServerResponse;
  /** Waits; ends at once when the server is closed. */
  sleep(ms: number): Promise<void>;
}

/** Sends one answer, or a fault in place of one. */
export type Answer = (exchange: Exchange) => void | Promise<void>;

/** Decides what a question is answered with; a string is an ordinary answer of that text. */
export type Handler = (request: RecordedRequest) => Answer | string | Promise<Answer | string>;

/** A server that runs. */
export interface FaultServer {
  /** Where the API begins, for LLM_BASE_URL. */
  url: string;
  /** All questions so far, in the order they came in. */
  requests: RecordedRequest[];
  /** Tokens of all answers that were sent to their end. */
  served(): { input: number; output: number };
  /** Ends it with all its connections and timers. */
  close(): Promise<void>;
}

/** Starts an OpenAI-compatible server on loopback that answers, or fails, as `handler` says. */
export async function startFaultServer(handler: Handler): Promise<FaultServer> {
  const requests: RecordedRequest[] = [];
  const closing = new AbortController();
  const server = createServer((incoming, response) => {
    if (incoming.method === 'GET' && incoming.url === '/requests') {
      response.end(JSON.stringify(requests));
      return;
    }
    answer(incoming, response).catch((error: unknown) => {
      // A fault in the test's own handler: seen as status 500 with its text.
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const request: RecordedRequest = {
      index: requests.length,
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: parsed(body),
      at: Date.now(),
      served: { input: 0, output: 0 },
      over: new Promise((resolve) => {
        response.on('close', () => resolve(response.writableFinished ? 'whole' : 'cut'));
      }),
    };
    requests.push(request);
    const chosen = await handler(request);
    const send = typeof chosen === 'string' ? say(chosen) : chosen;
    await send({ request, response, sleep: (ms) => sleep(ms, closing.signal) });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    served: () => sum(requests),
    async close() {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sum(requests: readonly RecordedRequest[]): { input: number; output: number } {
  const total = { input: 0, output: 0 };
  for (const { served } of requests) {
    total.input += served.input;
    total.output += served.output;
  }
  return total;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): ChatBody {
  try {
    return JSON.parse(text);
  } catch {
    return { model: '', messages: [{ role: 'broken', content: text }] };
  }
}

function sleep(ms: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      closing.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    closing.addEventListener('abort', done);
  });
}
