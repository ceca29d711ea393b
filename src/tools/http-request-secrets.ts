import { AwpError } from '../base/errors.ts';
import { hostAndPort } from '../base/hosts.ts';
import { fillTokens } from '../base/secret-tokens.ts';
import type { ToolContext } from '../ports/tool.ts';
import type { RequestHeaders } from './http-request-headers.ts';

/** A request as the model wants it. */
export interface WantedRequest {
  url: string;
  method: string;
  headers: RequestHeaders;
  body: string | undefined;
}

/** Headers with the values of secrets in them, and these values. */
export interface FilledHeaders {
  headers: RequestHeaders;
  secrets: readonly string[];
}

/** Anything that wants to be a token, however it is written. */
const ANY_TOKEN = /secret:\/\//i;
const BASIC = /^(basic\s+)(\S.*)$/i;
const CODED = /^[A-Za-z0-9+/]+={0,2}$/;
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Headers that follow a redirect to another host, where nobody granted the secret. */
const FOLLOWS = /^(?:accept.*|cache-control|content-.*|if-.*|range|user-agent)$/i;

/**
 * Puts values in the place of `secret://NAME` in the values of headers, also inside of the Basic
 * scheme (decision 32). Throws `network/denied` for a token anywhere else, for a secret that may not
 * go to the host, and when others could read along; what is refused is not sent.
 */
export function fillSecrets(wanted: WantedRequest, context: ToolContext): FilledHeaders {
  const elsewhere = [wanted.url, decodedUrl(wanted.url), wanted.method, wanted.body ?? ''];
  for (const [name] of wanted.headers) elsewhere.push(name);
  if (elsewhere.some((text) => ANY_TOKEN.test(text))) {
    throw leak('secret://NAME can only stand in the value of a header');
  }
  const asking = wanted.headers.filter(([, value]) => mentionsToken(value));
  if (asking.length === 0) return { headers: wanted.headers, secrets: [] };
  const url = privateUrl(wanted.url);
  for (const [name] of asking) {
    if (FOLLOWS.test(name)) throw leak(`the header ${name} cannot hold a secret`);
  }
  const values = new Set<string>();
  const fill = (text: string): string => filled(text, hostAndPort(url), { context, values });
  const headers = wanted.headers.map(([name, value]) => [name, fillValue(value, fill)] as const);
  for (const [, value] of headers) {
    if (ANY_TOKEN.test(value)) throw leak('the name behind secret:// is none of a secret');
  }
  return { headers, secrets: [...values] };
}

interface Filling {
  context: ToolContext;
  values: Set<string>;
}

function filled(text: string, host: string, { context, values }: Filling): string {
  return fillTokens(text, (name) => {
    const value = context.secretFor(name, host)?.reveal();
    if (value === undefined) throw leak(`the secret ${name} may not be sent to ${host}`);
    if (!SENDABLE.test(value)) throw leak(`the secret ${name} cannot be sent in a header`);
    values.add(value);
    return value;
  });
}

/** `Basic user:secret://NAME` is encoded here; a pair that the caller has encoded is opened first. */
function fillValue(value: string, fill: (text: string) => string): string {
  const basic = basicPair(value);
  if (!basic || !ANY_TOKEN.test(basic.pair)) return fill(value);
  return basic.scheme + Buffer.from(fill(basic.pair), 'latin1').toString('base64');
}

function basicPair(value: string): { scheme: string; pair: string } | undefined {
  const match = BASIC.exec(value);
  if (!match) return undefined;
  const [, scheme = '', rest = ''] = match;
  const pair = CODED.test(rest) ? Buffer.from(rest, 'base64').toString('latin1') : rest;
  return { scheme, pair };
}

function mentionsToken(value: string): boolean {
  return ANY_TOKEN.test(value) || ANY_TOKEN.test(basicPair(value)?.pair ?? '');
}

/** The address of a request that nobody can read along with: https, or on this machine. */
function privateUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new AwpError('network/denied', 'this is no address');
  if (url.protocol !== 'https:' && !isOnThisMachine(url)) {
    throw leak('a secret is only sent over https', 'use the https:// address');
  }
  return url;
}

function isOnThisMachine({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && (hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname));
}

function decodedUrl(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** A request was refused (`network/denied`) because of a secret that it would have carried. */
export class LeakPrevented extends AwpError {
  constructor(message: string, hint: string | undefined) {
    super('network/denied', message, hint === undefined ? {} : { hint });
  }
}

function leak(message: string, hint?: string): LeakPrevented {
  return new LeakPrevented(message, hint);
}
