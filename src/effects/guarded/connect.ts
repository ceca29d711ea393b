import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { bareHost, listsAddress, matchHost } from '../../base/hosts.ts';
import { addressProblem } from './addresses.ts';
import { denied, unreachable } from './failures.ts';

/** Gives all addresses of a name; rejects when there are none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Which hosts may be reached, and how their names are looked up. */
export interface Guard {
  /** In the grammar of `base/hosts.ts`. */
  hosts: readonly string[];
  resolve: Resolve;
}

/** How long a connection may take to come about, in milliseconds. */
const CONNECT_MS = 15_000;
/** Bytes of all headers of an answer. */
const HEADER_BYTES = 32 * 1024;
/** Entries of a list that a message names. */
const NAMED = 5;

/** Looks names up as the machine does. */
export const systemResolve: Resolve = async (name) => {
  const found = await lookup(name, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
};

/**
 * Throws `network/denied` unless a host may be asked for. A name passes without being looked up:
 * where it leads is checked when it is connected to.
 */
export function checkHost(hosts: readonly string[], host: string, port: number): void {
  const verdict = matchHost(hosts, { host, port });
  if (verdict === undefined) {
    throw denied(`${host}:${port} is not on the list of hosts: ${named(hosts)}`, ALLOW_HINT);
  }
  const literal = bareHost(host);
  if (verdict === 'listed' || isIP(literal) === 0) return;
  const problem = addressProblem(literal);
  if (problem !== undefined) throw privateAddress(literal, problem);
}

const ALLOW_HINT = 'whoever wrote the workflow can allow it there';

function named(hosts: readonly string[]): string {
  if (hosts.length === 0) return 'it is empty';
  const more = hosts.length > NAMED ? `, and ${hosts.length - NAMED} more` : '';
  return hosts.slice(0, NAMED).join(', ') + more;
}

function privateAddress(what: string, problem: string): Error {
  return denied(`${what} is ${problem}, and not on the list of hosts itself`, ALLOW_HINT);
}

/**
 * The one place where connections are made. The host is held against the list, its name is looked
 * up once, every address that comes back is checked, and one of these is connected to: a second
 * look-up, which could say something else, never happens.
 */
export function guardedConnector({ hosts, resolve }: Guard): buildConnector.connector {
  return (target, callback) => {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    try {
      checkHost(hosts, target.hostname, port);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    const connect = buildConnector({
      allowH2: false,
      timeout: CONNECT_MS,
      // Said here, so that no variable of the environment can switch it off.
      rejectUnauthorized: true,
      autoSelectFamily: true,
      lookup: checkedLookup({ hosts, resolve }, port),
    });
    connect(target, callback);
  };
}

function checkedLookup(guard: Guard, port: number): LookupFunction {
  return (name, options, callback) => {
    checkedAddresses(guard, name, port).then(
      (found) => {
        const all = found.map((address) => ({ address, family: isIP(address) }));
        const [first = { address: '', family: 4 }] = all;
        if (options.all === true) callback(null, all);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, '', 0),
    );
  };
}

async function checkedAddresses(
  { hosts, resolve }: Guard,
  name: string,
  port: number,
): Promise<readonly string[]> {
  const found = await resolve(name);
  if (found.length === 0) throw unreachable(`${name} has no address`);
  for (const address of found) {
    if (isIP(address) === 0) throw denied(`${name} leads to something that is no address`);
    if (listsAddress(hosts, { host: address, port })) continue;
    const problem = addressProblem(address);
    if (problem !== undefined) throw privateAddress(`${name} leads to ${address}, which`, problem);
  }
  return found;
}

/** A pool of connections that are all made by the guarded connector. Never reads the environment. */
export function guardedAgent(guard: Guard, idleMs: number): Agent {
  return new Agent({
    connect: guardedConnector(guard),
    connections: 16,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    keepAliveTimeout: 2000,
    keepAliveMaxTimeout: 10_000,
  });
}
