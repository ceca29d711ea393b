/** Where a request wants to go. */
export interface HostTarget {
  /** A name or an address as `URL` gives it; brackets and one trailing dot may be there. */
  host: string;
  port: number;
}

/**
 * What a list says of a target. `listed`: an address that stands there itself, so that it may be
 * private. `if-public`: allowed, if the address that is connected to is public or listed as well.
 */
export type HostVerdict = 'listed' | 'if-public' | undefined;

interface Address {
  /** Bits of its kind: 32 or 128. */
  width: 32 | 128;
  value: bigint;
}

type Entry =
  | { kind: 'any' | 'name' | 'below'; name: string; port?: number }
  | { kind: 'address'; address: Address; bits: number; port?: number };

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Wider ranges would be a list of the whole internet. */
const WIDEST = { 32: 8, 128: 7 } as const;
const WEB_PORTS: readonly number[] = [80, 443];

/**
 * Why a text is no entry of a list of hosts, as a sentence; undefined when it is one. Entries:
 * `api.example.com` (ports 80 and 443), `host:8443`, `*.example.com` (any depth below, not the name
 * itself), `*` (every public host), and addresses or ranges that may be private: `10.0.0.5`,
 * `127.0.0.1:8080`, `[::1]:80`, `10.0.0.0/8`. Upper case, a trailing dot and other alphabets are
 * brought into one form.
 */
export function hostProblem(entry: string): string | undefined {
  const read = readEntry(entry);
  return typeof read === 'string' ? read : undefined;
}

/** Whether a list allows a target, and on what condition. An entry that is none allows nothing. */
export function matchHost(hosts: readonly string[], target: HostTarget): HostVerdict {
  const { port } = target;
  const host = bareHost(target.host);
  const address = readAddress(host);
  const entries = hosts.map(readEntry).filter((entry) => typeof entry !== 'string');
  const matching = entries.filter((entry) => {
    if (!(entry.port === undefined ? WEB_PORTS.includes(port) : entry.port === port)) return false;
    return address ? holdsAddress(entry, address) : holdsName(entry, host);
  });
  if (matching.some(({ kind }) => kind === 'address')) return 'listed';
  return matching.length > 0 ? 'if-public' : undefined;
}

/**
 * Whether a list has an address itself, or a range around it: then a name that leads there may be
 * used although the address is private. An entry with a port counts for that port alone.
 */
export function listsAddress(hosts: readonly string[], { host, port }: HostTarget): boolean {
  const address = readAddress(bareHost(host));
  if (!address) return false;
  return hosts.map(readEntry).some((entry) => {
    if (typeof entry === 'string' || entry.kind !== 'address') return false;
    return (entry.port ?? port) === port && inRange(address, entry.address, entry.bits);
  });
}

/** `host:port` of an address, with the port of its scheme when it names none. */
export function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** A host without the brackets of an IPv6 address and without one trailing dot, in lower case. */
export function bareHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function holdsName(entry: Entry, host: string): boolean {
  if (host.length > 253 || !host.split('.').every((label) => LABEL.test(label))) return false;
  if (entry.kind === 'any') return true;
  if (entry.kind === 'name') return entry.name === host;
  return entry.kind === 'below' && host.endsWith(`.${entry.name}`);
}

function holdsAddress(entry: Entry, address: Address): boolean {
  if (entry.kind === 'any') return true;
  return entry.kind === 'address' && inRange(address, entry.address, entry.bits);
}

function inRange(address: Address, range: Address, bits: number): boolean {
  if (address.width !== range.width) return false;
  const rest = BigInt(range.width - bits);
  return address.value >> rest === range.value >> rest;
}

/** An entry, or why it is none. */
function readEntry(text: string): Entry | string {
  const strange = strangeCharacters(text);
  if (strange !== undefined) return strange;
  if (text.includes('/')) return readRange(text);
  const { host, port } = splitPort(text);
  if (typeof port === 'string') return port;
  const ported = port === undefined ? {} : { port };
  const address = readAddress(host.replace(/^\[(.*)\]$/, '$1'));
  if (address) return { kind: 'address', address, bits: address.width, ...ported };
  if (host === '*') return { kind: 'any', name: '', ...ported };
  const below = host.startsWith('*.');
  const name = readName(below ? host.slice(2) : host);
  if ('problem' in name) return name.problem;
  if (below && !name.name.includes('.')) {
    return `${text} would allow a whole top-level domain; name at least *.example.com`;
  }
  return { kind: below ? 'below' : 'name', name: name.name, ...ported };
}

function strangeCharacters(text: string): string | undefined {
  if (text === '') return 'it is empty; name a host such as api.example.com';
  if (text.length > 300) return 'it is longer than a host can be';
  if (/[\s\p{C}]/u.test(text)) return 'a host has no spaces or invisible characters in it';
  if (text.includes('://')) return `${text} is an address of a page; name only the host`;
  if (/[\\?#@%]/.test(text)) return `${text} has characters that no host has`;
  return undefined;
}

function readRange(text: string): Entry | string {
  const [, start = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = readAddress(start);
  if (!address) return `${text} is no host and no range such as 10.0.0.0/8; leave paths out`;
  const bits = Number(length);
  if (bits > address.width) return `a range of this kind has at most /${address.width}: ${text}`;
  if (bits < WIDEST[address.width]) {
    return `${text} is too wide; a range is /${WIDEST[address.width]} or narrower`;
  }
  const rest = BigInt(address.width - bits);
  if ((address.value >> rest) << rest !== address.value) {
    return `${text} does not start where a range of /${bits} starts`;
  }
  return { kind: 'address', address, bits };
}

function splitPort(text: string): { host: string; port?: number | string } {
  const match = /^(\[[^\]]*\]|[^:]*):([^:]*)$/.exec(text);
  if (!match) return { host: text };
  const [, host = '', digits = ''] = match;
  const port = Number(digits);
  if (!/^[1-9]\d{0,4}$/.test(digits) || port > 65_535) {
    return { host, port: `${text} has no port from 1 to 65535 behind the colon` };
  }
  return { host, port };
}

function readName(text: string): { name: string } | { problem: string } {
  if (text.includes('*')) {
    return { problem: 'the star stands alone or in front of a dot: *.example.com' };
  }
  const name = canonicalName(text);
  if (name === undefined) return { problem: `${text} is no name of a host and no address` };
  if (readAddress(name)) return { problem: `${text} is an address in disguise; write ${name}` };
  if (name.length > 253 || !name.split('.').every((label) => LABEL.test(label))) {
    return { problem: `${text} is no name of a host` };
  }
  return { name };
}

/** A name as a request to it would be sent: lower case, other alphabets as `xn--`. */
function canonicalName(text: string): string | undefined {
  if (/[:[\]]/.test(text)) return undefined;
  const url = URL.parse(`http://${text}/`);
  return url === null ? undefined : bareHost(url.hostname);
}

function readAddress(text: string): Address | undefined {
  return text.includes(':') ? readSix(text) : readFour(text);
}

function readFour(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const bytes = parts.map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return { width: 32, value: join(bytes, 8) };
}

function readSix(text: string): Address | undefined {
  const url = /^[\da-f:.]+$/i.test(text) ? URL.parse(`http://[${text}]/`) : null;
  if (url === null) return undefined;
  const [head = '', tail] = url.hostname.slice(1, -1).split('::');
  const groups = (half: string): number[] =>
    half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));
  const [front, back] = [groups(head), groups(tail ?? '')];
  const zeros = new Array<number>(8 - front.length - back.length).fill(0);
  return { width: 128, value: join([...front, ...zeros, ...back], 16) };
}

function join(parts: readonly number[], bits: number): bigint {
  return parts.reduce((value, part) => (value << BigInt(bits)) | BigInt(part), 0n);
}

/** Whether a host of a URL is this machine itself: `localhost` and below, 127.0.0.0/8, `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
