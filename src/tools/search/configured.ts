import { AwpError } from '../../base/errors.ts';
import { bareHost } from '../../base/hosts.ts';
import type { Secrets } from '../../ports/effects.ts';
import { brave } from './brave.ts';
import { searxng } from './searxng.ts';
import type { SearchService } from './service.ts';
import { tavily } from './tavily.ts';

/** The services, in the order in which they are looked for: a new one is a file and a line. */
const SERVICES: readonly SearchService[] = [brave, tavily, searxng];

/** Addresses that a server of the user's own may have (base/hosts.ts). */
const OWN_NETWORK = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['[::1]', 'fc00::/7'],
];

/** A service as the user's settings have it. */
export interface ConfiguredSearch {
  service: SearchService;
  /** Without a slash at its end. */
  address: string;
  /** Hosts that its requests may reach. */
  hosts: readonly string[];
  headers: Readonly<Record<string, string>>;
}

/**
 * The first service that is configured. Throws `tool/not-configured` when none is, or when a setting
 * cannot be used.
 */
export function configuredSearch(secrets: Secrets): ConfiguredSearch {
  const service = SERVICES.find((one) => secrets.get(switchOf(one)) !== undefined);
  if (service) return configured(service, secrets);
  throw new AwpError('tool/not-configured', 'no search service is configured', {
    hint: `the user can set one of ${SERVICES.map(switchOf).join(', ')}`,
  });
}

/** The variable that a service is not used without. */
function switchOf({ key, address }: SearchService): string {
  return key ?? address.variable;
}

function configured(service: SearchService, secrets: Secrets): ConfiguredSearch {
  const { variable, usual } = service.address;
  const given = secrets.get(variable);
  const url = URL.parse(given ?? usual ?? '');
  if (url === null || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw wrong(variable, 'is no address such as https://search.example.com');
  }
  const key = service.key === undefined ? '' : (secrets.get(service.key) ?? '').trim();
  if (service.key !== undefined) {
    if (!/^[\x21-\x7e]+$/.test(key)) throw wrong(service.key, 'is no key: it has odd characters');
    if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
      throw wrong(variable, 'must begin with https://, or the key could be read on the way');
    }
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  // Only an address of the user may be a private one; redirects are not followed at all.
  const hosts = [`${bracketed(url.hostname)}:${port}`, ...(given === undefined ? [] : OWN_NETWORK)];
  const address = (url.origin + url.pathname).replace(/\/+$/, '');
  return { service, address, hosts, headers: service.keyHeaders(key) };
}

function wrong(variable: string, what: string): AwpError {
  return new AwpError('tool/not-configured', `${variable} ${what}`, {
    hint: 'whoever starts the run can set it right',
  });
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(hostname);
}

function bracketed(hostname: string): string {
  const host = bareHost(hostname);
  return host.includes(':') ? `[${host}]` : host;
}
