import { bareHost } from '../../base/hosts.ts';
import { checkHost } from './connect.ts';
import { denied } from './failures.ts';

/** An address that may be asked for. */
export interface Target {
  /** Without user, password, fragment and trailing dot. */
  url: URL;
  /** Lower case, without brackets. */
  host: string;
  port: number;
}

const MAX_URL = 16_384;

/**
 * Reads an address once, as the connection will use it, so that no other reader can see another
 * host in it. Throws `network/denied` for anything but http and https.
 */
export function readTarget(text: string): Target {
  const url = text.length > MAX_URL ? null : URL.parse(text);
  if (url === null) throw denied(`this is no address: ${text.slice(0, 200)}`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw denied(`only http and https can be asked for, not ${url.protocol.slice(0, 40)}`);
  }
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  url.hash = '';
  return { url, host: bareHost(url.hostname), port: portOf(url) };
}

/** Like `readTarget`, and holds it against a list of hosts. Throws `network/denied`. */
export function allowedTarget(text: string, hosts: readonly string[]): Target {
  const target = readTarget(text);
  checkHost(hosts, target.host, target.port);
  if (target.url.username !== '' || target.url.password !== '') {
    throw denied(
      `the address of ${target.host} has a user or a password in it`,
      'send them in a header',
    );
  }
  return target;
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}
