import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/** All of IPv6 that is given out to be reached from everywhere; the rest is for special purposes. */
const GLOBAL_SIX = ipaddr.IPv6.parseCIDR('2000::/3');

/** Names of ranges that a reader may know; every other one is said in general words. */
const KINDS: Readonly<Record<string, string>> = {
  loopback: 'an address of this machine',
  private: 'a private address',
  uniqueLocal: 'a private address',
  carrierGradeNat: 'a private address',
  linkLocal: 'a link-local address',
};

/**
 * Why an address may not be connected to unless it is listed, as the end of a sentence; undefined
 * for one of the public internet. Everything in the registries of special-purpose addresses is
 * refused, IPv4 inside of IPv6 included, and so are the addresses that this machine has itself.
 */
export function addressProblem(
  address: string,
  own: readonly string[] = ownAddresses(),
): string | undefined {
  if (!ipaddr.isValid(address)) return 'no address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  const isGlobal = parsed.kind() === 'ipv4' || parsed.match(GLOBAL_SIX);
  if (range !== 'unicast' || !isGlobal) {
    return KINDS[range] ?? 'no address of the public internet';
  }
  return own.some((one) => sameAddress(one, parsed)) ? KINDS.loopback : undefined;
}

function sameAddress(text: string, other: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return ipaddr.isValid(text) && ipaddr.parse(text).toString() === other.toString();
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address));
}
