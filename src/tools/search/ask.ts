import { AwpError } from '../../base/errors.ts';
import { parseJson } from '../../base/json.ts';
import type { GuardedResponse, Network } from '../../ports/effects.ts';
import type { ConfiguredSearch } from './configured.ts';
import { resultsIn, type SearchResult } from './results.ts';
import type { Search } from './service.ts';

/** Bytes of one page of results. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_DEPTH = 64;
/** Milliseconds for one page (spec, capabilities 1.5). */
const PAGE_MS = 15_000;

/** How services say no: to a key, or to an account. */
const NOT_ALLOWED = new Set([401, 402, 403, 432, 433]);

/** What a search has found. */
export interface Found {
  results: readonly SearchResult[];
  /** Why there are fewer results than there could be. */
  note?: string;
}

/** Where and how long it is asked. */
export interface Asking {
  network: Network;
  configured: ConfiguredSearch;
  signal: AbortSignal;
  /** Milliseconds for all pages together. */
  timeoutMs: number;
}

/**
 * Asks for pages of results until there are enough, a page has nothing new, or the service has no
 * more. A later page that fails leaves the results of those before. Throws `tool/not-configured`
 * for a key that is refused, `tool/unavailable`, `tool/rate-limited`, `network/...`.
 */
export async function findResults(asking: Asking, search: Search): Promise<Found> {
  const { pages } = asking.configured.service;
  const found = new Map<string, SearchResult>();
  for (let page = 0; page < pages && found.size < search.most; page++) {
    const before = found.size;
    try {
      for (const one of await pageOf(asking, search, page)) {
        if (!found.has(one.url)) found.set(one.url, one);
      }
    } catch (error) {
      if (page === 0 || !(error instanceof AwpError)) throw error;
      return { results: firstOf(found, search), note: `no further results: ${error.message}` };
    }
    if (found.size === before) break;
  }
  return { results: firstOf(found, search) };
}

function firstOf(found: ReadonlyMap<string, SearchResult>, { most }: Search): SearchResult[] {
  return [...found.values()].slice(0, most);
}

async function pageOf(asking: Asking, search: Search, page: number): Promise<SearchResult[]> {
  const { configured, network, signal, timeoutMs } = asking;
  const { service, address, hosts, headers } = configured;
  const { path, parameters = {}, body } = service.page(search, page);
  const asked = new URLSearchParams(parameters).toString();
  const answer = await network.request({
    url: address + path + (asked === '' ? '' : `?${asked}`),
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: new TextEncoder().encode(JSON.stringify(body)) }),
    hosts,
    timeoutMs: Math.min(PAGE_MS, timeoutMs),
    maxBytes: MOST_BYTES,
    maxRedirects: 0,
    signal,
  });
  if (answer.status !== 200) throw refusal(configured, answer.status);
  return readPage(configured, answer);
}

function readPage({ service }: ConfiguredSearch, { body }: GuardedResponse): SearchResult[] {
  const text = new TextDecoder().decode(body);
  const answer = parseJson(text, { maxLength: MOST_BYTES, maxDepth: MOST_DEPTH });
  const results = answer === undefined ? undefined : resultsIn(answer, service.fields);
  if (results !== undefined) return results;
  throw new AwpError('tool/unavailable', `${service.name} sent what is no list of results`);
}

/** Nothing of the answer itself: services repeat keys in their errors. */
function refusal({ service }: ConfiguredSearch, status: number): AwpError {
  const { name, key, address } = service;
  if (status === 429) {
    return new AwpError('tool/rate-limited', `${name} had too many requests`, {
      hint: 'wait, or ask for fewer results',
    });
  }
  if (!NOT_ALLOWED.has(status)) {
    return new AwpError('tool/unavailable', `${name} answered with status ${status}`);
  }
  const hint =
    key === undefined
      ? `json must be among search.formats of the server at ${address.variable}`
      : `the user can check ${key} and its account`;
  return new AwpError('tool/not-configured', `${name} refused the search (${status})`, { hint });
}
