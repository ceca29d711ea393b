import { isObject, parseJson } from '../base/json.ts';
import type { Effects } from '../ports/effects.ts';
import type { Endpoint } from './endpoint.ts';
import { readBounded } from './read-bounded.ts';

/** What the service says of one of its models; null is not known. */
export interface OllamaFacts {
  /** Tokens of the longest window. */
  window: number | null;
  tools: boolean | null;
  thinks: boolean | null;
  vision: boolean | null;
}

/** A service that does not answer in this time is asked without knowing. */
const PATIENCE_MS = 5000;
/** Bytes of its answer that are read: it lists every tensor. */
const LONGEST = 8 * 1024 * 1024;

/** What is known of a model that the service did not tell about. */
export const NO_FACTS: OllamaFacts = { window: null, tools: null, thinks: null, vision: null };

/** Where the service listens when OLLAMA_HOST does not say. */
const PORT = 11_434;

/** Asks `/api/show` about a model. `NO_FACTS` when there is no answer: the question itself will say why. */
export async function askOllama(
  { baseUrl, key }: Pick<Endpoint, 'baseUrl' | 'key'>,
  model: string,
  { network, clock, signal }: Pick<Effects, 'network' | 'clock'> & { signal?: AbortSignal },
): Promise<OllamaFacts> {
  const stop = new AbortController();
  const cancel = clock.timer(PATIENCE_MS, () => stop.abort());
  try {
    const response = await network.fetch(`${baseUrl}/api/show`, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        ...(key && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({ model }),
      signal: signal ? AbortSignal.any([stop.signal, signal]) : stop.signal,
    });
    return response.ok ? readFacts(await readBounded(response, LONGEST)) : NO_FACTS;
  } catch {
    return NO_FACTS;
  } finally {
    cancel();
    stop.abort();
  }
}

function readFacts(text: string): OllamaFacts {
  const answer = parseJson(text);
  if (!isObject(answer)) return NO_FACTS;
  const info = isObject(answer.model_info) ? answer.model_info : {};
  const window = Object.entries(info).find(([name]) => name.endsWith('.context_length'))?.[1];
  const can = Array.isArray(answer.capabilities) ? answer.capabilities : undefined;
  const has = (word: string): boolean | null => (can ? can.includes(word) : null);
  return {
    window: typeof window === 'number' && window > 0 ? window : null,
    tools: has('tools'),
    thinks: has('thinking'),
    vision: has('vision'),
  };
}

/**
 * Where Ollama is: OLLAMA_HOST as its own program reads it (`host`, `host:port`, `:port`, or an
 * address with a scheme), else this machine. What listens everywhere is reached on this machine.
 */
export function ollamaUrl(host: string | undefined): string {
  const said = host?.trim().replace(/\/+$/, '') ?? '';
  if (said === '') return `http://localhost:${PORT}`;
  const text = said.startsWith(':') ? `localhost${said}` : said;
  const whole = /^https?:\/\//.test(text) ? text : `http://${withPort(text)}`;
  if (!URL.canParse(whole)) return `http://localhost:${PORT}`;
  return whole.replace(/^(https?:\/\/)(0\.0\.0\.0|\[::\])/, '$1127.0.0.1');
}

function withPort(text: string): string {
  return /:\d+(\/|$)/.test(text) ? text : text.replace(/^[^/]+/, (name) => `${name}:${PORT}`);
}
