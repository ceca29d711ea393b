import { createHash, timingSafeEqual } from 'node:crypto';
import { bareHost } from '../base/hosts.ts';

/** What is asked of every request before anything is done with it. */
export interface GuardOptions {
  /** The port that is listened at. */
  port: number;
  /** The host that is listened at, as the user named it. */
  host: string;
  token: string;
}

/** The headers that are looked at; names in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Why a request is refused. */
export interface Refusal {
  status: 401 | 403;
  message: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

/** Whether only programs of this machine can connect to an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(bareHost(host)) || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Checks a request (threat T11): its Host is ours, with the right port; no page of another origin
 * sends it; it has the token. A name that leads here by a trick of the name service is no host of
 * ours, an address always is.
 */
export function refusalOf(headers: Headers, options: GuardOptions): Refusal | undefined {
  const host = single(headers.host);
  if (host === undefined || !isOurs(host, options)) {
    return { status: 403, message: 'this server has another name: use the address it has printed' };
  }
  const origin = headers.origin;
  if (origin !== undefined && single(origin) !== `http://${host}`) {
    return { status: 403, message: 'web pages may not use this server' };
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return { status: 403, message: 'web pages may not use this server' };
  }
  if (sameText(single(headers.authorization) ?? '', `Bearer ${options.token}`)) return undefined;
  return { status: 401, message: 'the token is missing or wrong: Authorization: Bearer TOKEN' };
}

function isOurs(header: string, { host, port }: GuardOptions): boolean {
  const url = URL.parse(`http://${header}/`);
  // A header with more than a host in it (`a@b`, `a/b`) does not come back as it was.
  if (url === null || url.host !== header.toLowerCase().replace(/:80$/, '')) return false;
  if (Number(url.port === '' ? '80' : url.port) !== port) return false;
  const name = bareHost(url.hostname);
  if (LOOPBACK.has(name) || name === bareHost(host)) return true;
  // `URL` has brought addresses into one form.
  return !isLoopback(host) && (name.includes(':') || /^\d+(?:\.\d+){3}$/.test(name));
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Compares without telling by its time how much of it is right. */
function sameText(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
