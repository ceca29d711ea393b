import { AwpError } from '../base/errors.ts';
import { hostAndPort } from '../base/hosts.ts';
import { isObject, type JsonObject } from '../base/json.ts';
import { secretPattern } from '../base/secret-pattern.ts';
import { asksSecret, fillHeader } from '../base/secret-tokens.ts';
import type { Effects, GuardedResponse, ProxyRecord } from '../ports/effects.ts';
import type { BoxToolReply, SandboxJob } from '../ports/sandbox.ts';
import type { AnswerMessage } from './calls.ts';

/** Requests of boxes that have no network, not even a proxy: they come as messages of the call channel. */
export interface FetchChannel {
  /**
   * Answers `{ fetch: { url, method?, headers?, body? } }`, the body in base64, with `data` of
   * `{ url, status, headers, body }`. Other messages are not for it.
   */
  answer: AnswerMessage;
  /** What was asked since the last time, refused requests too; the first 200. */
  requests(): Promise<readonly ProxyRecord[]>;
}

/** Bytes of an answer: with its base64 it has to fit into one message of the channel. */
const MAX_BYTES = 720 * 1024;
/** Longest wait for an answer, in milliseconds. */
const LONGEST_MS = 60_000;
const MOST_RECORDS = 200;
const MARK = '[secret]';
/** Shorter values would blot out ordinary words. */
const SHORTEST = 4;
/** Addresses of this machine and of private networks, as `URL` writes them. */
const PRIVATE =
  /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|\[::1\]$|\[f[cd]|\[fe[89ab])/;

interface Wanted {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
}

interface Filled {
  headers: Record<string, string>;
  secrets: readonly string[];
}

/** The host's end for one box. Requests go through the guarded client, to the hosts of the policy. */
export function fetchChannel({ network, clock }: Pick<Effects, 'network' | 'clock'>): FetchChannel {
  let records: ProxyRecord[] = [];
  const ask = async (wanted: Wanted, job: SandboxJob, signal: AbortSignal): Promise<JsonObject> => {
    const entry: ProxyRecord = { method: wanted.method, host: wanted.url, bytes: 0, ms: 0 };
    if (records.length < MOST_RECORDS) records.push(entry);
    const start = clock.monotonic();
    try {
      const target = targetOf(wanted, job);
      entry.host = hostAndPort(target);
      const { headers, secrets } = fillSecrets(wanted.headers, target, job);
      const answer = await network.request({
        ...{ url: target.href, method: wanted.method, headers, hosts: job.policy.hosts },
        ...{ timeoutMs: Math.min(job.timeoutMs, LONGEST_MS), maxBytes: MAX_BYTES, signal },
        ...(wanted.body && { body: wanted.body }),
      });
      entry.status = answer.status;
      entry.bytes = answer.body.length;
      return dataOf(answer, secrets);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      entry.problem = error instanceof AwpError ? `${error.code}: ${said}` : said;
      throw error;
    } finally {
      entry.ms = clock.monotonic() - start;
    }
  };
  return {
    answer: (message, job, signal) => {
      if (!('fetch' in message)) return undefined;
      return reply(message.fetch, (wanted) => ask(wanted, job, signal));
    },
    requests: async () => {
      const told = records;
      records = [];
      return told;
    },
  };
}

async function reply(
  asked: unknown,
  ask: (wanted: Wanted) => Promise<JsonObject>,
): Promise<BoxToolReply> {
  const wanted = readWanted(asked);
  if (!wanted) return failed(400, 'a request needs an address, and texts in its headers');
  try {
    return { ok: true, status: 200, data: await ask(wanted) };
  } catch (error) {
    if (!(error instanceof AwpError)) return failed(502, String(error));
    return failed(error.code === 'network/denied' ? 403 : 502, error.message);
  }
}

function failed(status: number, error: string): BoxToolReply {
  return { ok: false, status, data: {}, error };
}

function readWanted(asked: unknown): Wanted | undefined {
  if (!isObject(asked) || typeof asked.url !== 'string') return undefined;
  const { url, method = 'GET', headers = {}, body } = asked;
  if (typeof method !== 'string' || !isObject(headers)) return undefined;
  const pairs = Object.entries(headers);
  if (!pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')) {
    return undefined;
  }
  if (body !== undefined && typeof body !== 'string') return undefined;
  const bytes = body === undefined ? undefined : Buffer.from(body, 'base64');
  return { url, method, headers: Object.fromEntries(pairs), body: bytes };
}

/**
 * Where a request goes: one with a secret by HTTPS, whatever it says (decision 32). Only a private
 * address is asked in plain: it has no certificate.
 */
function targetOf({ url, headers }: Wanted, { secrets }: SandboxJob): URL {
  const target = URL.parse(url);
  if (!target) throw new AwpError('network/denied', 'the request has no address that can be read');
  const hides = secrets !== undefined && Object.values(headers).some(asksSecret);
  if (hides && target.protocol === 'http:' && !PRIVATE.test(target.hostname)) {
    target.protocol = 'https:';
  }
  return target;
}

function fillSecrets(
  headers: Readonly<Record<string, string>>,
  url: URL,
  { secrets }: SandboxJob,
): Filled {
  if (!secrets) return { headers: { ...headers }, secrets: [] };
  const host = hostAndPort(url);
  const used = new Set<string>();
  const reveal = (name: string): string => {
    const value = secrets.valueFor(name, host);
    if (value === undefined) {
      throw new AwpError('network/denied', `the secret ${name} may not be sent to ${host}`);
    }
    used.add(value);
    return value;
  };
  const filled = Object.entries(headers).map(([name, given]): [string, string] => {
    const { value, pair } = fillHeader(given, reveal);
    if (pair !== undefined) used.add(pair);
    return [name, value];
  });
  return { headers: Object.fromEntries(filled), secrets: [...used] };
}

/** The answer as JSON, without the values that a server has repeated. */
function dataOf(answer: GuardedResponse, secrets: readonly string[]): JsonObject {
  const pattern = secretPattern(secrets, SHORTEST);
  const masked = (text: string): string => (pattern ? text.replace(pattern, MARK) : text);
  const { url, status, headers } = answer;
  const body = Buffer.from(masked(Buffer.from(answer.body).toString('latin1')), 'latin1');
  const shown = Object.entries(headers).map(([name, value]) => [name, masked(value)]);
  const text = body.toString('base64');
  return { url: masked(url), status, headers: Object.fromEntries(shown), body: text };
}
