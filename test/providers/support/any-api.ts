import { compatible } from '../conformance/chat-completions.ts';
import { bedrock } from '../conformance/converse.ts';
import { google } from '../conformance/generate-content.ts';
import { anthropic } from '../conformance/messages.ts';
import { ollama } from '../conformance/ollama-chat.ts';
import { openai } from '../conformance/responses.ts';
import { json, type Wire, type WireAnswer } from '../conformance/wire.ts';

/** The API that an address belongs to. */
export function wireOf(url: string): Wire {
  const { pathname } = new URL(url);
  if (pathname.endsWith('/responses')) return openai;
  if (pathname.endsWith('/messages')) return anthropic;
  if (pathname.startsWith('/api/chat')) return ollama;
  if (/generatecontent$/i.test(pathname)) return google;
  return pathname.endsWith('/converse') ? bedrock : compatible;
}

/** What any service would answer with one word. */
export function yes(url: string, stream: boolean): WireAnswer {
  if (url.endsWith('/api/show')) return json({ error: 'not found' }, 404);
  return wireOf(url).answer({ text: ['yes'], usage: { input: 3, output: 1 } }, stream);
}

/** Headers that may hold a key. */
const KEY_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** The key in some headers. */
export function keyIn(headers: Headers): string | undefined {
  const found = KEY_HEADERS.map((name) => headers.get(name)).find((value) => value !== null);
  return found?.replace('Bearer ', '');
}
